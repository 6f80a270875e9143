import { calibrate } from "../calibration/calibrate.ts";
import type { DeviceModel } from "../calibration/device-model.ts";
import { stepDtype } from "../calibration/dtype.ts";
import { InputError } from "../errors.ts";
import type { LanguageModel } from "../model/language-model.ts";
import type { Profile } from "../profile/schema.ts";
import { caveatsOf } from "./caveats.ts";
import { deviceFigures } from "./device-figures.ts";
import { comparePair } from "./pair.ts";
import { COMPARISON_SCHEMA, type ComparedDevice, type Comparison } from "./schema.ts";
import { sustainedRates, type SustainedRates } from "./sustained.ts";

/** A profile that takes part. */
export interface Participant {
  /** Where it was read from, as a person gave it. */
  readonly source: string;
  readonly profile: Profile;
  /** Its content hash. */
  readonly hash: string;
}

export interface ComparisonOptions {
  /** The language model that loads, steps and requests are of. */
  readonly model: LanguageModel;
  /** Smallest relative change to be told of; null for the default. */
  readonly threshold: number | null;
  /** Whether to simulate what each device sustains, which takes seconds. */
  readonly isSimulated: boolean;
  /** Told what is about to be simulated, in words. */
  readonly onProgress?: (what: string) => void;
}

/** A comparison, and the curves it quotes from, which charts show whole. */
export interface Compared {
  readonly comparison: Comparison;
  /** In the devices' order; null where a profile lacks what a curve needs. */
  readonly deviceModels: readonly (DeviceModel | null)[];
}

/** Devices side by side: what a reader must know before, and the figures a person looks for; no measurement is judged. */
export const besideEachOther = (
  participants: readonly Participant[],
  { model, isSimulated, onProgress }: Omit<ComparisonOptions, "threshold">,
): Compared => {
  const devices = participants.map((participant, i) => ({
    ...described(participant, labelOf(i)),
    measured: participant.profile,
    deviceModel: calibrated(participant, model),
  }));
  const deviceModels = devices.map(({ deviceModel }) => (deviceModel instanceof InputError ? null : deviceModel));
  const sustained = isSimulated ? ratesInPlace(deviceModels, model, onProgress) : null;
  return {
    comparison: {
      schema: COMPARISON_SCHEMA,
      model: model.name,
      scenario: sustained?.scenario ?? null,
      devices: participants.map((participant, i) => described(participant, labelOf(i))),
      caveats: caveatsOf(devices),
      figures: deviceFigures(
        devices.map(({ measured, dtype, deviceModel }) => ({ profile: measured, dtype, deviceModel })),
        model,
        sustained,
      ),
      pairs: [],
    },
    deviceModels,
  };
};

/** The same, and a verdict on every measurement that a device has in common with the first one. */
export const compareDevices = (participants: readonly Participant[], options: ComparisonOptions): Compared => {
  const { comparison, deviceModels } = besideEachOther(participants, options);
  const [base, ...others] = participants.map(({ profile }, i) => ({ label: labelOf(i), profile }));
  const pairs = base === undefined ? [] : others.map((other) => comparePair(base, other, options.threshold));
  return { comparison: { ...comparison, pairs }, deviceModels };
};

/** A, B … Z, then AA. */
const labelOf = (index: number): string =>
  index < 26 ? String.fromCharCode(65 + index) : `${labelOf(Math.floor(index / 26) - 1)}${labelOf(index % 26)}`;

const described = ({ source, profile, hash }: Participant, label: string): ComparedDevice => ({
  label,
  source,
  profile: hash,
  device: profile.device,
  is_gpu: profile.is_gpu,
  condition: profile.condition,
  runtime: profile.runtime,
  browser: profile.environment.browser,
  dtype: stepDtype(profile),
  started_at: profile.started_at,
});

const calibrated = ({ profile, hash }: Participant, model: LanguageModel): DeviceModel | InputError => {
  try {
    return calibrate(profile, model, { profileHash: hash });
  } catch (error) {
    if (error instanceof InputError) return error;
    throw error;
  }
};

/** Rates of those that could be calibrated, in the places of all. */
const ratesInPlace = (
  models: readonly (DeviceModel | null)[],
  model: LanguageModel,
  onProgress?: (what: string) => void,
): SustainedRates | null => {
  const known = models.filter((deviceModel) => deviceModel !== null);
  if (known.length === 0) return null;
  const { scenario, rates } = sustainedRates(known, model, onProgress);
  let next = 0;
  return {
    scenario,
    rates: models.map((deviceModel) => (deviceModel === null ? { because: "it could not be calibrated" } : rates[next++]!)),
  };
};
