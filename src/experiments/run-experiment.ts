import type { DeviceModel } from "../calibration/device-model.ts";
import { whoseSpeed } from "../calibration/whose-speed.ts";
import type { LanguageModel } from "../model/language-model.ts";
import { notModelled } from "../fleet/not-modelled.ts";
import type { Comparison, Experiment, Reference, Regime } from "./experiment.ts";
import { compare, meanOf, type Estimate } from "./intervals.ts";
import { Lab } from "./lab.ts";
import type { ReplayedTrace } from "./replayed-trace.ts";
import { EXPERIMENT_SCHEMA, type EstimateResult, type ExperimentResult, type RegimeResult, type SettingResult } from "./schema.ts";
import { runTrial, type Trial } from "./trial.ts";
import { together, verdictOf } from "./verdict.ts";

export interface ExperimentRequest {
  readonly device: DeviceModel;
  readonly model: LanguageModel;
  /** The real half; null leaves it out. */
  readonly trace: ReplayedTrace | null;
  /** Two or more. */
  readonly seeds: readonly number[];
  /** The first regime alone. */
  readonly isQuick?: boolean;
  /** Told how far it is, and what is about to be simulated. */
  readonly onProgress?: (share: number, what: string) => void;
}

const MADE_UP =
  "MADE UP: this device does not exist. Its round numbers resemble Llama-3.1-8B on a GPU of H100 class; give your own with --device.";

/** Simulates an experiment on every seed, in every regime, on drawn requests and on those of a trace, and judges its claim. */
export const runExperiment = (experiment: Experiment, request: ExperimentRequest): ExperimentResult => {
  const { device, trace, isQuick = false, onProgress = () => {} } = request;
  const regimes = isQuick ? experiment.regimes.slice(0, 1) : experiment.regimes;
  const halves = trace === null ? [null] : [null, trace];
  const trials = halves.length * regimes.length * request.seeds.length;
  let done = 0;
  const labs: Lab[] = [];
  const settings = halves.map((half): SettingResult => {
    const kind = half === null ? "synthetic" : "trace";
    const lab = new Lab({
      ...request,
      trace: half,
      traffic: experiment.traffic,
      onProgress: (what) => onProgress(done / trials, `${experiment.name}: ${kind}: ${what}`),
    });
    labs.push(lab);
    const found = regimes.map((regime) =>
      judge(
        experiment,
        regime,
        request.seeds.map((seed) => {
          onProgress(done / trials, `${experiment.name}: ${kind}, ${regime.name}, seed ${seed}`);
          done += 1;
          return runTrial(experiment, regime, lab, seed);
        }),
      ),
    );
    return { setting: kind, traffic: lab.inWords(regimes[0]!.demand), replica_rate_per_s: lab.replicaRate, regimes: found };
  });
  const [lab] = labs as [Lab];
  const { coldStart } = { ...lab.setup, ...regimes[0]!.arms[0]!.variant(lab, new Map()) };
  return {
    schema: EXPERIMENT_SCHEMA,
    name: experiment.name,
    claim: experiment.claim,
    scenario: experiment.scenario,
    heading: device.is_made_up === true ? MADE_UP : whoseSpeed(device),
    device: device.device,
    model: device.model,
    seeds: [...request.seeds],
    is_quick: isQuick,
    measures: experiment.measures.map(({ key, name, about, unit }) => ({ key, name, about, unit })),
    settings,
    references: (experiment.references ?? []).flatMap((reference) => besideOurs(reference, settings)),
    inputs: lab.setup.inputs.filter(({ name }) => !SET_BY_EXPERIMENT.test(name)),
    caveats: [...experiment.caveats],
    not_modelled: notModelled({ ...lab.setup, coldStart }),
  };
};

/** What the experiment sets itself. */
const SET_BY_EXPERIMENT = /traffic|cold start|provision|image|weights load|initialise|warm-up/u;

const judge = ({ measures, comparisons }: Experiment, { name, arms }: Regime, trials: readonly Trial[]): RegimeResult => {
  const bySeed = (arm: string, measure: string): (number | null)[] => {
    const place = measures.findIndex(({ key }) => key === measure);
    return trials.map((trial) => trial.get(arm)?.[place] ?? null);
  };
  const judged = comparisons
    .filter(({ regimes }) => regimes?.includes(name) ?? true)
    .map((comparison) => {
      const { measure, arm, against, againstMeasure = measure, as } = comparison;
      const estimate = compare(as, bySeed(arm, measure), against === undefined ? [] : bySeed(against, againstMeasure));
      return { comparison, estimate, verdict: verdictOf(estimate, comparison) };
    });
  return {
    name,
    arms: arms.map((arm) => {
      const values = measures.map(({ key }) => [key, bySeed(arm.name, key)] as const);
      return {
        name: arm.name,
        about: arm.about,
        measures: Object.fromEntries(values.map(([key, of]) => [key, written(meanOf(of.filter((value) => value !== null)))])),
        by_seed: Object.fromEntries(values),
      };
    }),
    comparisons: judged.map(({ comparison, estimate, verdict }) => ({ ...inFull(comparison), estimate: written(estimate), verdict })),
    verdict: together(judged.filter(({ comparison }) => comparison.decides !== false).map(({ verdict }) => verdict)),
  };
};

const inFull = ({ name, measure, arm, against, againstMeasure, as, atLeast, atMost, decides }: Comparison) => ({
  name,
  measure,
  arm,
  against: against ?? null,
  against_measure: against === undefined ? null : (againstMeasure ?? measure),
  as,
  at_least: atLeast ?? null,
  at_most: atMost ?? null,
  decides: decides !== false,
});

const written = (estimate: Estimate | null): EstimateResult => {
  if (estimate === null) return null;
  const { mean, low, high, seeds } = estimate;
  const isKnown = Number.isFinite(high - low);
  return { mean, low: isKnown ? low : null, high: isKnown ? high : null, seeds };
};

/** Nothing where the regime was left out. */
const besideOurs = (
  { source, what, unit, theirs, ours }: Reference,
  settings: readonly SettingResult[],
): ExperimentResult["references"] => {
  const found = settings.flatMap(({ setting, regimes }) => {
    const regime = regimes.find(({ name }) => name === ours.regime);
    if (regime === undefined) return [];
    const estimate =
      "comparison" in ours
        ? regime.comparisons.find(({ name }) => name === ours.comparison)?.estimate
        : regime.arms.find(({ name }) => name === ours.arm)?.measures[ours.measure];
    return [{ setting, estimate: estimate ?? null }];
  });
  return found.length === 0 ? [] : [{ source, what, unit, theirs, ours: found }];
};
