import { change, gpuHours, list, mean, NONE, percent, plain, sentence, significant } from "../format.ts";
import type { Gap, Lever, LeverName, Levers, Meets, Misses, Outcome } from "../plan/levers/schema.ts";
import { limitOf, nameOf, valueOf } from "./objective-words.ts";

/** What levers are worth, in words: the same ones in a terminal and on a page. */

export const LEVER_NAMES: Readonly<Record<LeverName, string>> = {
  baseline: "baseline size",
  smoothing: "smoothing",
  admission: "admission control",
  placement: "placement and locality",
  churn: "slower scale-down",
  "warm-pool": "warm pool",
  "faster-load": "faster load",
};

export const NO_EFFECT = "no effect here";
export const NO_SETTING = "no setting meets";

type Pulled = Extract<Lever, { kind: "pulled" }>;

/** One line of the comparison, ready to print. */
export interface LeverRow {
  readonly name: string;
  readonly gpuHours: string;
  readonly change: string;
  /** Whether it surely saves, surely costs, or neither. */
  readonly effect: "saves" | "costs" | "open";
  readonly scaleEvents: string;
  readonly tail: string;
  readonly allBut: string;
}

/** A share that is written as 0 %. */
const isNothing = (share: number): boolean => change(share) === change(0);

/** `−15 % (−36 to +5.0 %)`; a difference that is none to speak of is 0. */
export const gapInWords = ({ gpu_hours: hours, low, high }: Gap, { reference }: Levers): string => {
  const [value, from, to] = [hours, low ?? hours, high ?? hours].map((each) => each / reference.gpu_hours) as [number, number, number];
  if (low === null || high === null || [value, from, to].every(isNothing)) return change(value);
  return `${change(value)} (${change(from).replace(" %", "")} to ${change(to)})`;
};

export const effectOf = ({ low, high }: Gap, { reference }: Levers): LeverRow["effect"] => {
  const isSome = (end: number): boolean => !isNothing(end / reference.gpu_hours);
  return high !== null && high < 0 && isSome(high) ? "saves" : low !== null && low > 0 && isSome(low) ? "costs" : "open";
};

const tailOf = (tail: number | null): string => (tail === null ? "never" : significant(tail, 2));

const hoursOf = (outcome: Outcome | null): string =>
  outcome === null ? "" : outcome.kind === "meets" ? gpuHours(outcome.gpu_hours) : NO_SETTING;

const rowOf = (name: string, outcome: Outcome, levers: Levers, allBut: Outcome | null = null): LeverRow => {
  const rest = { name, gpuHours: hoursOf(outcome), allBut: hoursOf(allBut) };
  return outcome.kind === "misses"
    ? { ...rest, change: "", effect: "costs", scaleEvents: "", tail: "" }
    : {
        ...rest,
        change: gapInWords(outcome.change, levers),
        effect: effectOf(outcome.change, levers),
        scaleEvents: mean(outcome.scale_events),
        tail: tailOf(outcome.tail),
      };
};

/** Nothing pulled, each lever alone, those that save and all at once. */
export const leverRows = (levers: Levers): LeverRow[] => {
  const { reference, saving, together } = levers;
  return [
    {
      name: "nothing pulled",
      gpuHours: gpuHours(reference.gpu_hours),
      change: "",
      effect: "open",
      scaleEvents: mean(reference.scale_events),
      tail: tailOf(reference.tail),
      allBut: "",
    },
    ...levers.levers.map((each): LeverRow =>
      each.kind === "pulled"
        ? rowOf(LEVER_NAMES[each.lever], each.alone, levers, each.all_but)
        : { name: LEVER_NAMES[each.lever], gpuHours: NONE, change: NO_EFFECT, effect: "open", scaleEvents: "", tail: "", allBut: "" },
    ),
    ...(saving === null ? [] : [rowOf("those that save", saving.outcome, levers)]),
    ...(together === null ? [] : [rowOf("all together", together, levers)]),
  ];
};

const missesInWords = ({ policy, misses }: Misses): string =>
  `${policy} still misses: ${list(
    misses.map((each) => {
      const result = { ...each, interval: null, worst_window: null, verdict: "misses" } as const;
      return `${nameOf(result)} ${valueOf(result)} against a limit of ${limitOf(result).slice(2)}`;
    }),
  )}`;

/** What nothing pulled means here. */
export const referenceSentence = ({ reference }: Levers): string =>
  reference.autoscaler === null
    ? `Nothing pulled: ${reference.policy}, the cheapest setting that meets the objectives.`
    : `Nothing pulled: no setting of the autoscaler meets the objectives (${missesInWords(reference.autoscaler)}), so the smallest fixed fleet stands for it: ${reference.policy}. A lever with which the autoscaler is no cheaper than that is worth nothing.`;

const withLost = (words: string, { not_served: lost }: Meets): string =>
  lost === 0 ? words : `${words}; ${percent(lost)} of the requests are not served, and each misses every objective`;

const settingOf = (outcome: Outcome): string =>
  outcome.kind === "meets"
    ? withLost(`Cheapest: ${outcome.policy}`, outcome)
    : `${sentence(NO_SETTING)} the objectives: ${missesInWords(outcome)}`;

/** What was changed, and the cheapest setting with it, one sentence a lever. */
export const leverSentences = (levers: Levers): string[] => [
  ...levers.levers.map((each) => {
    const name = sentence(LEVER_NAMES[each.lever]);
    return each.kind === "no-effect"
      ? `${name}: ${NO_EFFECT}, since ${each.because}.`
      : `${name}: ${each.from} → ${each.to}. ${settingOf(each.alone)}.`;
  }),
  ...(levers.saving === null
    ? []
    : [`Those that save: ${list(levers.saving.levers.map((name) => LEVER_NAMES[name]))}. ${settingOf(levers.saving.outcome)}.`]),
  ...(levers.together === null ? [] : [`All together. ${settingOf(levers.together)}.`]),
];

interface Priced {
  readonly name: string;
  readonly change: Gap;
}

const pricedOf = (levers: Levers): Priced[] =>
  levers.levers
    .filter((each): each is Pulled => each.kind === "pulled")
    .flatMap(({ lever, alone }) => (alone.kind === "meets" ? [{ name: LEVER_NAMES[lever], change: alone.change }] : []));

const inWords = ({ name, change: gap }: Priced, levers: Levers): string => `${name}, ${gapInWords(gap, levers)}`;

/** Which lever is worth most, which cost more than they save, and what all of them come to. */
export const worthSentence = (levers: Levers): string => {
  const priced = pricedOf(levers).sort((a, b) => a.change.gpu_hours - b.change.gpu_hours);
  const [best] = priced;
  const saves = best !== undefined && best.change.gpu_hours < 0 && !isNothing(best.change.gpu_hours / levers.reference.gpu_hours);
  const isSure = saves && (effectOf(best.change, levers) === "saves" || best.change.low === null);
  const first = !saves
    ? "No lever is worth anything by itself"
    : isSure
      ? `Worth most: ${inWords(best, levers)} of the GPU-hours`
      : `Worth most, if anything: ${inWords(best, levers)} of the GPU-hours`;
  const costs = priced.filter(({ change: gap }) => effectOf(gap, levers) === "costs");
  const dearer =
    costs.length === 0
      ? ""
      : ` ${costs.length === 1 ? "Costs more than it saves" : "Cost more than they save"}: ${list(costs.map(({ name }) => name))}.`;
  const { together, saving } = levers;
  const both = saving?.outcome.kind === "meets" ? ` Those that save, at once: ${gapInWords(saving.outcome.change, levers)}.` : "";
  const all =
    together === null
      ? ""
      : together.kind === "meets"
        ? ` All together: ${gapInWords(together.change, levers)}.`
        : " All together meet the objectives at no setting.";
  return `${first}.${dearer}${both}${all}`;
};

/** On what the intervals rest. */
export const leversBasis = ({ replications, replicated }: Levers): string =>
  replicated === "seeds"
    ? `Means over ${plain(replications)} seeds; 95 % intervals of the mean difference on the same requests.`
    : `Means over ${plain(replications)} resamples of the trace; 95 % intervals of the difference on one more such trace.`;
