import type { Between, Churn } from "../fleet/churn/settings.ts";
import { duration, list, plain } from "../format.ts";
import type { Input } from "../provenance.ts";
import { originOf } from "./origin.ts";
import type { GivenScenario } from "./parse.ts";

/** How replicas go, and what of it the user has said; settings left out altogether are listed nowhere. */
export const churnOf = (from: GivenScenario): { readonly churn: Churn; readonly inputs: readonly Input[] } => {
  const { drain, victim, failures, rolling_update: update } = from.scenario;
  const churn: Churn = {
    drain,
    victim,
    ...(failures === undefined ? {} : { failures }),
    ...(update === undefined ? {} : { rolling_update: update }),
  };
  return { churn, inputs: rowsOf(churn).flatMap(({ path, whose, ...row }) => inputsOf(from, path, whose, row)) };
};

interface Row {
  readonly path: string;
  readonly name: string;
  readonly value: string;
  /** Whose default it is; absent: listed only where the user has said it. */
  readonly whose?: string;
}

const inputsOf = (from: GivenScenario, path: string, whose: string | undefined, row: { name: string; value: string }): Input[] =>
  whose === undefined && !from.given.has(path) ? [] : [{ ...row, ...originOf(from, path, whose) }];

const rowsOf = ({ drain, victim, failures, rolling_update: update }: Churn): Row[] => [
  { path: "drain", name: "drain", value: DRAINS[drain.kind] },
  ...(drain.kind === "grace"
    ? [{ path: "drain.grace_period_s", name: "grace period", value: duration(drain.grace_period_s), whose: "Kubernetes' default" }]
    : []),
  { path: "victim", name: "victim", value: victim },
  ...(failures?.gone === undefined
    ? []
    : [{ path: "failures.gone", name: "replicas gone", value: `${failures.gone} from the beginning to the end` }]),
  ...(failures?.replica === undefined ? [] : replicaRows(failures.replica)),
  ...(failures?.node === undefined
    ? []
    : [
        { path: "failures.node", name: "nodes reclaimed", value: timesInWords(failures.node) },
        {
          path: "failures.node.notice_s",
          name: "notice of a reclaim",
          value: duration(failures.node.notice_s),
          whose: "AWS's for spot instances",
        },
      ]),
  ...(update === undefined
    ? []
    : [
        { path: "rolling_update", name: "rolling update", value: `at ${duration(update.at_s)}` },
        { path: "rolling_update.max_surge", name: "max surge", value: String(update.max_surge), whose: "Kubernetes' default" },
        {
          path: "rolling_update.max_unavailable",
          name: "max unavailable",
          value: String(update.max_unavailable),
          whose: "Kubernetes' default",
        },
      ]),
];

const replicaRows = (replica: NonNullable<NonNullable<Churn["failures"]>["replica"]>): Row[] => {
  const { recovery, back_off: backsOff, replace_after_s: after, is_paid: isPaid } = replica;
  return [
    { path: "failures.replica", name: "servers die", value: timesInWords(replica) },
    {
      path: "failures.replica.recovery",
      name: "recovery",
      value: recovery === "replace" ? "a new replica on a new node" : "the container starts again on its node",
      whose: "Kubernetes' restartPolicy",
    },
    recovery === "replace"
      ? {
          path: "failures.replica.replace_after_s",
          name: "replaced after",
          value: duration(after),
          whose: "Kubernetes' toleration of an unreachable node",
        }
      : {
          path: "failures.replica.back_off",
          name: "back-off",
          value: backsOff ? "10 s doubling to 5 min" : "none",
          whose: "the kubelet's",
        },
    { path: "failures.replica.is_paid", name: "paid while failed", value: isPaid ? "yes" : "no", whose: "Ballast's default" },
  ];
};

const DRAINS: Record<Churn["drain"]["kind"], string> = {
  finish: "requests finish, however long it takes",
  grace: "requests are cut off after a grace period",
  "hand-over": "requests go on elsewhere",
};

const timesInWords = ({ between, at_s: at }: { readonly between?: Between | undefined; readonly at_s: readonly number[] }): string =>
  [
    ...(between === undefined ? [] : [betweenInWords(between)]),
    ...(at.length === 0 ? [] : [`at ${list(at.map((time) => duration(time)))}`]),
  ].join("; ");

const betweenInWords = (between: Between): string =>
  between.kind === "exponential"
    ? `exponential, mean ${duration(between.mean_s)} of service`
    : `Weibull, scale ${duration(between.scale_s)} of service, shape ${plain(between.shape)}`;
