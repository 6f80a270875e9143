import type { Run } from "../fleet/run.ts";
import { count, duration, percent, quantity } from "../format.ts";
import { type Cell, left, right, type Style, table, wrap } from "./layout.ts";

/** From this share of missing requests on, a 99th percentile over all of them lies among those that have no time. */
const BEYOND_P99 = 0.01;

/** How many requests are in none of the latencies; null where all are, or where there are none. */
export const missingOrNull = ({ requests, admission }: Run): string | null => {
  const missing = requests.arrived - requests.finished;
  if (missing === 0 || requests.finished === 0) return null;
  const share = missing / requests.arrived;
  const beyond = share > BEYOND_P99 ? "; were they counted as endless, p99 would be, too" : "";
  const unsent = admission === undefined || admission.not_sent === 0 ? "" : ` ${notSent(admission.not_sent)}`;
  return `Latencies are of the requests that finished, from when each was first sent. ${count(missing)} of ${count(requests.arrived)} (${percent(share)}) did not, and ${missing === 1 ? "is" : "are"} in none of these figures${beyond}.${unsent}`;
};

const notSent = (requests: number): string =>
  `Nor are ${quantity(requests, "request")} that would have followed in sessions, which are not counted as arrived.`;

const REASONS: Readonly<Record<NonNullable<Run["admission"]>["failures"][number]["reason"], string>> = {
  too_long: "longer than a server takes",
  rate_limit: "above the rate limit",
  shed: "shed while the fleet was saturated",
  deadline: "too late by estimate",
  queue_full: "the gateway's queue was full",
  queue_timeout: "too long in the gateway's queue",
  first_token_timeout: "no token when its client gave up",
  answer_timeout: "no whole answer when its client gave up",
  drained: "its replica was drained",
  replica_failed: "its replica failed",
};

export const FAILURE_HEADINGS = ["failed attempts", "because", "attempts", "requests that ended so"] as const;

/** Failed attempts by how and why, and how many requests ended so. */
export const failureRows = ({ admission }: Run): [how: string, why: string, attempts: string, requests: string][] =>
  (admission?.failures ?? []).map(({ state, reason, attempts, requests }) => [
    state.replace("_", " "),
    REASONS[reason],
    count(attempts),
    count(requests),
  ]);

/** How often requests were sent, and held back; none where there is no admission. */
export const admissionSentences = ({ admission, requests, tokens }: Run): string[] => {
  if (admission === undefined) return [];
  const { attempts, retries, deferred_s: deferred } = admission;
  const { abandoned = 0 } = tokens;
  return [
    `${quantity(attempts, "attempt")} at ${quantity(requests.arrived, "request")}, ${retries === 1 ? "1 of them a retry" : `${count(retries)} of them retries`}${abandoned > 0 ? `; ${count(abandoned)} tokens computed for attempts that were given up` : ""}`,
    ...(deferred === null
      ? []
      : [
          `held back ${count(deferred.count)} ${deferred.count === 1 ? "time" : "times"}: ${duration(deferred.mean)} on average, ${duration(deferred.max)} at most; it is in their latency`,
        ]),
  ];
};

/** What happened in front of the fleet, for a terminal. */
export const admissionLines = (run: Run, style: Style): string[] => {
  const [how, why, ...numbers] = FAILURE_HEADINGS;
  const rows = failureRows(run);
  return [
    ...admissionSentences(run).flatMap((line) => wrap(line, "      ", undefined, "    ")),
    ...(rows.length === 0 || run.admission === undefined
      ? []
      : table([left(how), left(why), ...numbers.map(right)], rows as Cell[][], style, "    ")),
  ];
};
