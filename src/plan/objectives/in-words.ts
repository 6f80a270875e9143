import { limit, list, plain, quantity } from "../../format.ts";
import type { Input } from "../../provenance.ts";
import { originOf } from "../../scenario/origin.ts";
import type { LatencyMetric, Objectives } from "../../scenario/objectives.ts";
import type { GivenScenario } from "../../scenario/parse.ts";
import { objectivesOf, type LatencyObjective, type Objective, type Scope, type ShareObjective } from "./objectives.ts";

/** As it is written: `ttft.p99<=2s`, `ttft.p99[priority=1]<=30s`, `goodput>=99%`, `scale-events<=2/h`. */
export const textOf = (objective: Objective): string => {
  switch (objective.kind) {
    case "latency": {
      const { metric, share, limit: most, scope } = objective;
      return `${metric}.p${plain(share * 100, 3)}${scopeText(scope)}<=${limit(most).replace(" ", "")}`;
    }
    case "goodput":
      return `goodput${scopeText(objective.scope)}>=${plain(objective.limit * 100, 6)}%`;
    case "rejected":
      return `rejected${scopeText(objective.scope)}<=${plain(objective.limit * 100, 6)}%`;
    default:
      return `${objective.kind}<=${plain(objective.limit, 6)}/h`;
  }
};

const scopeText = (scope: Scope | null): string => (scope === null ? "" : "only" in scope ? `[priority=${scope.only}]` : "[others]");

const scopeInWords = (scope: Scope | null): string =>
  scope === null ? "" : "only" in scope ? ` of priority ${scope.only}` : " of the other priorities";

/** What a percentile or a share is of: "TTFT p99", "goodput of priority 1". */
export const nameInWords = (objective: LatencyObjective | ShareObjective): string => {
  const name = objective.kind === "latency" ? `${METRIC_NAMES[objective.metric]} p${plain(objective.share * 100, 3)}` : objective.kind;
  return `${name}${scopeInWords(objective.scope)}`;
};

/** As a sentence says it: "TTFT p99 ≤ 2 s". */
export const inWords = (objective: Objective): string => {
  switch (objective.kind) {
    case "latency":
      return `${nameInWords(objective)} ≤ ${limit(objective.limit)}`;
    case "goodput":
      return `${nameInWords(objective)} ≥ ${plain(100 * objective.limit)} %`;
    case "rejected":
      return `${nameInWords(objective)} ≤ ${plain(100 * objective.limit)} %`;
    case "scale-events":
      return `${plain(objective.limit, 6)} scale events an hour at most`;
    case "gpu-hours":
      return `${plain(objective.limit, 6)} GPUs on average at most`;
    case "cost":
      return `a cost of ${plain(objective.limit, 6)} an hour at most`;
    default:
      return objective satisfies never;
  }
};

export const METRIC_NAMES: Readonly<Record<LatencyMetric, string>> = { ttft: "TTFT", tpot: "TPOT", itl: "ITL", e2e: "end to end" };

/** All of them as a sentence says them: "TTFT p99 ≤ 2 s and TPOT p99 ≤ 100 ms". */
export const objectivesInWords = (objectives: Objectives): string => {
  return `${list(objectivesOf(objectives).map(inWords))}${conditionsInWords(objectives)}`;
};

/** Under what else they are to hold, to follow them in a sentence: ", also in every 10 s"; nothing where nothing is asked for. */
export const conditionsInWords = ({ window_s: window, survive = 0 }: Pick<Objectives, "window_s" | "survive">): string => {
  const each = window === undefined ? "" : `, also in every ${limit(window)}`;
  return `${each}${survive === 0 ? "" : `, with ${survive} of the replicas gone or lost when it is busiest, and through a rolling update`}`;
};

/** The objectives as inputs of an answer. */
export const objectiveInputs = (from: GivenScenario): Input[] => {
  const { objectives } = from.scenario;
  const row = (name: string, value: string, key: keyof Objectives): Input => ({
    name: `objective, ${name}`,
    value,
    ...originOf(from, `objectives.${key}`),
  });
  return [
    ...objectivesOf(objectives).map((objective) => {
      const [name = "", value = ""] = textOf(objective).split(/(?=[<>]=)/u);
      const isOfClass = "scope" in objective && objective.scope !== null && "only" in objective.scope;
      return row(
        name,
        objective.kind === "latency" ? `≤ ${limit(objective.limit)}` : value.replace("<=", "≤ ").replace(">=", "≥ "),
        isOfClass ? "classes" : objective.key,
      );
    }),
    ...(objectives.window_s === undefined ? [] : [row("window", `every ${limit(objectives.window_s)}`, "window_s")]),
    ...(objectives.survive === undefined || objectives.survive === 0
      ? []
      : [row("survive", `${quantity(objectives.survive, "replica")} gone or lost, and a rolling update`, "survive")]),
  ];
};
