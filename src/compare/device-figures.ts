import type { DeviceModel, HeldOutError } from "../calibration/device-model.ts";
import { loadCurve, loadSeconds } from "../calibration/load.ts";
import { measurementsOf, missing } from "../calibration/measured.ts";
import { curveSeconds, decodeWork, prefillWork } from "../calibration/step-seconds.ts";
import { warmUpCurve } from "../calibration/warm-up.ts";
import { InputError } from "../errors.ts";
import type { LanguageModel } from "../model/language-model.ts";
import { weightBytes } from "../model/shapes.ts";
import { rankUploadsOrNull } from "../profile/best-upload.ts";
import { isBelowClock } from "../profile/clock-sight.ts";
import type { Profile } from "../profile/schema.ts";
import { timingInterval } from "../profile/timing-interval.ts";
import type { ComparedDevice, Figure, FigureValue } from "./schema.ts";
import { RATE_PRECISION, type SustainedRates } from "./sustained.ts";

/** Keys each decoding sequence attends to, and tokens of the prompt, that quoted speeds speak of. */
export const QUOTED_CONTEXT = 512;
export const QUOTED_PROMPT = 512;
const QUOTED_BATCHES = [1, 8, 32];

/** One device as its figures need it. */
export interface FiguredDevice {
  readonly profile: Profile;
  readonly dtype: ComparedDevice["dtype"];
  /** Or why it could not be calibrated. */
  readonly deviceModel: DeviceModel | InputError;
}

/**
 * The rows that a person looks for, one value a device: how much traffic it sustains, how fast a step is, how long weights and warm-up
 * take, and what its memory and arithmetic reach. A device that lacks what a row needs has the reason in its place.
 *
 * @param sustained requests/s of the fixed scenario; null leaves that row out
 */
export const deviceFigures = (devices: readonly FiguredDevice[], model: LanguageModel, sustained: SustainedRates | null): Figure[] => {
  const row = (name: string, unit: Figure["unit"], errorIs: string, value: (device: FiguredDevice) => Quoted): Figure => ({
    name,
    unit,
    error_is: errorIs,
    values: devices.map((device) => orMissing(() => value(device))),
  });
  const heldOut = "median error of the step curve on steps it did not see";
  const interval = "half the 95 % interval of the median";
  return [
    ...(sustained === null ? [] : [ratesRow(sustained)]),
    ...QUOTED_BATCHES.map((batch) =>
      row(`decode at batch ${batch}`, "tokens/s", heldOut, ({ deviceModel }) => {
        const { step } = calibrated(deviceModel);
        const { valid } = step;
        return {
          value: batch / curveSeconds(step, decodeWork(batch, QUOTED_CONTEXT)),
          error: errorOf(step.error),
          isExtrapolated: !isWithin(batch, valid.decode_sequences) || !isWithin(QUOTED_CONTEXT, valid.decode_context),
        };
      }),
    ),
    row(`prefill of ${QUOTED_PROMPT} tokens`, "tokens/s", heldOut, ({ deviceModel }) => {
      const { step } = calibrated(deviceModel);
      const { valid } = step;
      return {
        value: QUOTED_PROMPT / curveSeconds(step, prefillWork(QUOTED_PROMPT)),
        error: errorOf(step.error),
        isExtrapolated: !isWithin(QUOTED_PROMPT, valid.tokens) || !isWithin(QUOTED_PROMPT, valid.prefill_context),
      };
    }),
    row("model load", "s", "median error of the load curve on sizes it did not see", ({ profile, dtype }) => {
      const { curve } = loadCurve(profile);
      const bytes = weightBytes(model, dtype);
      return { value: loadSeconds(curve, bytes), error: errorOf(curve.error), isExtrapolated: !isWithin(bytes, curve.valid_bytes) };
    }),
    row("warm-up", "s", "half the interval of the median over cold starts", ({ profile }) => {
      const { phases, total_s } = warmUpCurve(profile);
      const value = phases.reduce((total, { seconds }) => total + seconds, 0);
      return { value, error: total_s === undefined ? null : halfWidth(total_s[0], value, total_s[1]) };
    }),
    row("best upload", "B/s", interval, ({ profile }) => {
      const ranking = rankUploadsOrNull(profile.measurements);
      if (ranking === null) throw missing(profile, "uploads", "upload");
      const { median, low, high } = ranking.ways[0].first;
      return { value: median, error: halfWidth(low, median, high) };
    }),
    row("best matmul f32", "FLOP/s", interval, ({ profile }) => bestKernel(profile, "matmul", "f32", "operations")),
    row("best matmul f16", "FLOP/s", interval, ({ profile }) => bestKernel(profile, "matmul", "f16", "operations")),
    row("memory copy", "B/s", interval, ({ profile }) => bestKernel(profile, "copy", null, "bytes")),
  ].filter(({ values }) => values.some(({ kind }) => kind === "known"));
};

interface Quoted {
  readonly value: number;
  readonly error: number | null;
  readonly isExtrapolated?: boolean;
}

const orMissing = (quote: () => Quoted): FigureValue => {
  try {
    const { value, error, isExtrapolated = false } = quote();
    return { kind: "known", value, error, is_extrapolated: isExtrapolated };
  } catch (error) {
    if (error instanceof InputError) return { kind: "missing", because: error.problem };
    throw error;
  }
};

const calibrated = (deviceModel: DeviceModel | InputError): DeviceModel => {
  if (deviceModel instanceof InputError) throw deviceModel;
  return deviceModel;
};

const ratesRow = ({ rates }: SustainedRates): Figure => ({
  name: "requests sustained",
  unit: "requests/s",
  error_is: "precision of the search; the step curve's own error comes on top",
  values: rates.map((rate) =>
    "because" in rate
      ? { kind: "missing", because: rate.because }
      : { kind: "known", value: rate.requestsPerSecond, error: RATE_PRECISION, is_extrapolated: false },
  ),
});

const errorOf = (error: HeldOutError): number | null => (error.kind === "checked" ? error.median_abs : null);
/** Half an interval over its middle; null where one sample is all there was, which has none. */
const halfWidth = (low: number, middle: number, high: number): number | null => (high > low ? (high - low) / 2 / middle : null);
const isWithin = (value: number, [least, most]: readonly [number, number]): boolean => value >= least && value <= most;

/** The highest rate of any kernel of the family, by its median. @throws InputError where none was measured */
const bestKernel = (profile: Profile, family: string, dtype: string | null, per: "operations" | "bytes"): Quoted => {
  const clock = measurementsOf(profile, "clock").at(-1);
  const rates = measurementsOf(profile, "kernel")
    .filter((kernel) => kernel.family === family && (dtype === null || kernel.dtype === dtype))
    .map((kernel) => ({ work: kernel[per], interval: timingInterval(kernel.timing), timing: kernel.timing }))
    .filter(({ work, interval, timing }) => work > 0 && interval.median > 0 && !isBelowClock(interval.median, timing, clock))
    .map(({ work, interval: { low, median, high } }) => ({ value: work / median, error: halfWidth(low, median, high) }));
  if (rates.length === 0) throw missing(profile, `${family}${dtype === null ? "" : ` in ${dtype}`}`, family);
  return rates.reduce((best, rate) => (rate.value > best.value ? rate : best));
};
