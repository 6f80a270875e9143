import type { LanguageModel } from "../model/language-model.ts";
import type { Profile } from "../profile/schema.ts";
import type { BytesPerSecond, Seconds } from "../units.ts";
import { stepDtype } from "./dtype.ts";
import { measurementsOf, missing } from "./measured.ts";
import { stepCurve } from "./step.ts";
import { decodeWork, prefillWork, stepSeconds } from "./step-seconds.ts";
import { warmUpCurve, warmUpSeconds } from "./warm-up.ts";

/** The step that the speeds in a summary speak of. */
export const SUMMARY_PREFILL_TOKENS = 512;
export const SUMMARY_DECODE_SEQUENCES = 8;
export const SUMMARY_DECODE_CONTEXT = 512;

/** One device in one line. */
export interface DeviceSummary {
  readonly device: string;
  readonly isGpu: boolean;
  readonly condition: Profile["condition"];
  readonly runtime: Profile["runtime"];
  readonly dtype: string;
  /** Largest bandwidth of any first upload. */
  readonly upload: BytesPerSecond;
  /** From starting the process to steady state, weights not included. */
  readonly warmUp: Seconds;
  /** Tokens/s of one prompt of 512 tokens. */
  readonly prefillTokensPerSecond: number;
  /** Tokens/s of 8 sequences of 512 tokens, together. */
  readonly decodeTokensPerSecond: number;
}

/**
 * A profile's row in a comparison, its speeds composed for one language model.
 *
 * @throws InputError naming the measurement that the profile lacks
 */
export const summarize = (profile: Profile, model: LanguageModel): DeviceSummary => {
  const dtype = stepDtype(profile);
  const { curve: step } = stepCurve(profile, model, dtype);
  const { initialise, warmUp } = warmUpSeconds(warmUpCurve(profile));
  const uploads = measurementsOf(profile, "upload");
  if (uploads.length === 0) throw missing(profile, "uploads", "upload");
  return {
    device: profile.device,
    isGpu: profile.is_gpu,
    condition: profile.condition,
    runtime: profile.runtime,
    dtype,
    upload: Math.max(...uploads.map(({ bytes, first_s }) => bytes / first_s)),
    warmUp: initialise + warmUp,
    prefillTokensPerSecond: SUMMARY_PREFILL_TOKENS / stepSeconds(step, prefillWork(SUMMARY_PREFILL_TOKENS)),
    decodeTokensPerSecond: SUMMARY_DECODE_SEQUENCES / stepSeconds(step, decodeWork(SUMMARY_DECODE_SEQUENCES, SUMMARY_DECODE_CONTEXT)),
  };
};
