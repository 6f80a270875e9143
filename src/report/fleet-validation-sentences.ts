import { count, duration, limit, list, mean, percent, plain, quantity, tokenRate } from "../format.ts";
import { inWords } from "../plan/objectives/in-words.ts";
import { checkObjectives, onlyWith, type ObjectiveCheck } from "../plan/validated-objectives.ts";
import type { Objectives } from "../scenario/objectives.ts";
import { isReproduced } from "../validation/fleet-rows.ts";
import type { FleetMetricName, FleetRow, FleetValidation } from "../validation/fleet-schema.ts";
import { signedPercent } from "./validation-sentences.ts";

const NAMES: Readonly<Record<FleetMetricName, string>> = {
  ttft: "TTFT",
  tpot: "TPOT",
  itl: "ITL",
  e2e: "end to end",
  running: "running",
  waiting: "waiting",
  replicas: "replicas",
  output_tokens_per_s: "output tokens",
};

const amountOf = (metric: FleetMetricName): ((value: number) => string) => {
  switch (metric) {
    case "output_tokens_per_s":
      return tokenRate;
    case "running":
    case "waiting":
    case "replicas":
      return (value) => mean(Math.round(value * 10) / 10);
    default:
      return duration;
  }
};

/** `TTFT p99` */
export const fleetRowName = ({ metric, statistic }: FleetRow): string => `${NAMES[metric]} ${statistic}`;

const observedWords = ({ metric, observed: { low, high } }: FleetRow): string => {
  if (low === high) return amountOf(metric)(low);
  if (high === null) return `above ${limit(low)}`;
  return low === 0 ? `up to ${limit(high)}` : `${limit(low)} to ${limit(high)}`;
};

/** A figure observed, simulated, the interval of its mean, how far it is off, `+12 % (+3.0 % to +40 %)`, and whether it is reproduced: "with 4" where with that burstiness only. */
export const fleetRow = (row: FleetRow): string[] => {
  const amount = amountOf(row.metric);
  const { cv, mean: value, low, high } = row.simulated[0]!;
  return [
    fleetRowName(row),
    observedWords(row),
    amount(value),
    low === high ? "" : `${amount(low)} to ${amount(high)}`,
    signedPercent(row.error),
    row.error_low === row.error_high ? "" : `${signedPercent(row.error_low)} to ${signedPercent(row.error_high)}`,
    !isReproduced(row) ? "NO" : row.reproduced_with.includes(cv) ? "yes" : `with ${list(row.reproduced_with.map((one) => plain(one)))}`,
  ];
};

/** The outcome in one sentence. */
export const fleetSentence = (validation: FleetValidation): string => {
  const { rows, tolerance, model, device, lasts_s: lasts, begins } = validation;
  const wrong = rows.filter((row) => !isReproduced(row));
  const named =
    wrong.length === 0 ? "" : ` Not reproduced: ${list(wrong.map((row) => `${fleetRowName(row)} (${signedPercent(row.error)})`))}.`;
  return `${model} on ${device}, ${limit(lasts)} from ${begins} on: ${wrong.length === 0 ? "all" : `${rows.length - wrong.length} of`} ${quantity(rows.length, "figure")} are reproduced to within ${percent(tolerance)} of what Prometheus saw.${named}`;
};

/** What the figures hold for. */
export const fleetDraws = ({ seeds, cvs, requests, window_s: window, replayed }: FleetValidation): string => {
  const bursts =
    cvs.length === 1
      ? ""
      : ` with gaps of coefficient of variation ${list(cvs.map((cv) => plain(cv)))} inside the ${limit(window)} between two samples`;
  const fleet = replayed === "observed" ? "replicas as observed" : "replicas as the policy decides";
  return `${count(requests)} requests, ${fleet}; ${quantity(seeds.length * cvs.length, "draw")}: ${quantity(seeds.length, "seed")}${bursts}. Simulated values are means over the seeds${cvs.length === 1 ? "" : ` with ${plain(cvs[0] ?? 1)}`}, ranges their 95 % intervals.${cvs.length === 1 ? "" : " A figure is reproduced where it is with one of these."}`;
};

/** Which burstiness comes closest to what was observed; null where it was not varied. */
export const burstinessSentenceOrNull = ({ rows, cvs }: FleetValidation): string | null => {
  const row = rows.find(({ metric, statistic }) => metric === "ttft" && statistic === "mean");
  if (row === undefined || cvs.length === 1) return null;
  const errors = row.simulated.map(({ mean: value }) => value / row.observed.low - 1);
  const best = errors.reduce((a, error, i) => (Math.abs(error) < Math.abs(errors[a]!) ? i : a), 0);
  return `No metric shows the bursts between two samples; of those tried, gaps of coefficient of variation ${plain(cvs[best]!)} come closest to the observed mean TTFT: ${list(cvs.map((cv, i) => `${signedPercent(errors[i]!)} with ${plain(cv)}`))}. The traffic's cv says which a plan takes.`;
};

const uncheckedBecause = (objective: ObjectiveCheck["objective"]): string => {
  if (objective.kind !== "latency") return "no figure is about it";
  return objective.scope === null ? "there is no such percentile to compare" : "no metric tells priorities apart";
};

const againstWords = (row: FleetRow): string => {
  const { cv, mean: value } = row.simulated[0]!;
  return `${fleetRowName(row)} is simulated as ${amountOf(row.metric)(value)}, observed ${observedWords(row)}${onlyWith(row.reproduced_with, cv)}`;
};

/** `TTFT p99 ≤ 2 s` and what came of it. */
const objectiveCheckWords = ({ objective, outcome, cvs, against }: ObjectiveCheck, own: number): readonly [string, string] => {
  switch (outcome) {
    case "reproduced":
      return [inWords(objective), `${outcome}${onlyWith(cvs, own)}`];
    case "not reproduced":
      return [inWords(objective), `${outcome}: ${list(against.map(againstWords))}`];
    case "not checked":
      return [inWords(objective), `${outcome}: ${uncheckedBecause(objective)}`];
    default:
      return outcome satisfies never;
  }
};

export const objectiveChecks = (validation: FleetValidation, objectives: Objectives): (readonly [string, string])[] =>
  checkObjectives(validation, objectives).map((check) => objectiveCheckWords(check, validation.cvs[0]!));
