import type { Unit } from "../experiments/experiment.ts";
import type { ComparisonResult, EstimateResult, ExperimentResult, SettingResult } from "../experiments/schema.ts";
import { VERDICTS, type Verdict } from "../experiments/verdict.ts";
import { count, list, NONE, plain, significant } from "../format.ts";

const SETTINGS: Readonly<Record<SettingResult["setting"], string>> = { synthetic: "drawn requests", trace: "the trace" };

/** Where the requests come from: "the trace". */
export const settingName = ({ setting }: Pick<SettingResult, "setting">): string => SETTINGS[setting];

/** A factor and a suffix that suit a number of a unit. */
const scaleOf = (unit: Unit, size: number): readonly [number, string] => {
  switch (unit) {
    case "s":
      return size < 1 ? [1000, " ms"] : [1, " s"];
    case "share":
      return [100, " %"];
    case "gpu-hours":
    case "ratio":
    case "count":
    case "number":
      return [1, ""];
    default:
      return unit satisfies never;
  }
};

/** A number of a measure: 412 ms, 7.3 %, 1.62. */
export const numberText = (value: number, unit: Unit, scale = scaleOf(unit, Math.abs(value)), digits = 3): string =>
  `${significant(value * scale[0], digits)}${scale[1]}`;

/** A mean with half the width of its interval: 412 ± 31 ms. */
export const estimateText = (estimate: EstimateResult, unit: Unit): string => {
  if (estimate === null) return NONE;
  const { mean, low, high } = estimate;
  const scale = scaleOf(unit, Math.abs(mean));
  if (low === null || high === null) return numberText(mean, unit, scale);
  const half = ((high - low) / 2) * scale[0];
  return half === 0 ? numberText(mean, unit, scale) : `${significant(mean * scale[0])} ± ${significant(half, 2)}${scale[1]}`;
};

/** The unit of a comparison's number. */
export const unitOf = ({ as, measure }: ComparisonResult, { measures }: Pick<ExperimentResult, "measures">): Unit =>
  as === "ratio" || as === "ratio-of-means" ? "ratio" : (measures.find(({ key }) => key === measure)?.unit ?? "number");

/** What the claim says of the number: "≥ 2". */
export const claimedText = ({ at_least: least, at_most: most }: ComparisonResult, unit: Unit): string => {
  const bound = (value: number): string => `${plain(value * scaleOf(unit, Math.abs(value))[0])}${scaleOf(unit, Math.abs(value))[1]}`;
  if (least !== null && most !== null) return `${bound(least)} to ${bound(most)}`;
  if (least !== null) return `≥ ${bound(least)}`;
  return most === null ? "" : `≤ ${bound(most)}`;
};

/** The verdict of one kind of traffic over its regimes: "holds in 2 of 5 regimes, does not hold in 3". */
export const verdictsText = ({ regimes }: Pick<SettingResult, "regimes">): string => {
  const found = VERDICTS.map((verdict) => [VERBS[verdict], regimes.filter((regime) => regime.verdict === verdict).length] as const).filter(
    ([, of]) => of > 0,
  );
  const all = regimes.length;
  if (found.length === 1) return `${found[0]![0]}${all === 1 ? "" : ` in all ${all} regimes`}`;
  return list(found.map(([verb, of], i) => `${verb} in ${of}${i === 0 ? ` of ${all} regimes` : ""}`));
};

const VERBS: Readonly<Record<Verdict, string>> = { holds: "holds", "does not hold": "does not hold", undecided: "is undecided" };

/** The outcome in one sentence. */
export const experimentSentence = ({ name, settings }: ExperimentResult): string =>
  `${name}: ${settings.map((setting) => `on ${settingName(setting)} the claim ${verdictsText(setting)}`).join("; ")}.`;

/** How the interval is to be read, and what stands behind it. */
export const seedsSentence = ({ seeds, is_quick: isQuick }: ExperimentResult): string =>
  [
    `Means over ${count(seeds.length)} seeds with their 95 % intervals; arms are compared seed by seed on the same requests.`,
    ...(seeds.length < 20 ? ["Fewer than 20 seeds: a look, not a result."] : []),
    ...(isQuick ? ["Quick: the first regime alone."] : []),
  ].join(" ");

export const TONES: Readonly<Record<Verdict, "good" | "bad" | "faint">> = { holds: "good", "does not hold": "bad", undecided: "faint" };
