import type { Runtime } from "../harness/driver/runtime.ts";
import { makeTemporaryFolder } from "../harness/driver/site/temporary-folder.ts";
import { checkAgainst, type Check } from "../src/calibration/check.ts";
import { planCheck } from "../src/calibration/check-plan.ts";
import { InputError } from "../src/errors.ts";
import type { Profile } from "../src/profile/schema.ts";
import type { Seconds } from "../src/units.ts";
import { Interrupted } from "./interrupt.ts";
import { measure, type MeasureRequest } from "./measure.ts";
import type { ProgressLine } from "./progress.ts";

export interface CheckRequest {
  readonly profile: Profile;
  /** Draws the steps. */
  readonly seed: number;
  readonly runtime: Runtime;
  /** `--gpu NAME`, or null */
  readonly gpu: string | null;
  /** null: the default of a quick run. */
  readonly budget: Seconds | null;
}

/**
 * Measures steps that a profile's fit never saw, and some of its kernels again, in a process of its own; gives what the profile predicts
 * beside what was measured. Nothing is kept.
 *
 * @throws InputError where the profile lacks what a prediction stands on, or this is not the machine that it was measured on
 * @throws Interrupted
 */
export const check = async (request: CheckRequest, progress: ProgressLine, signal: AbortSignal): Promise<Check> => {
  const { profile, seed, runtime, gpu, budget } = request;
  if (runtime.kind !== profile.runtime) {
    throw new InputError(
      "--runtime",
      `expected the profile's, ${profile.runtime}, got ${runtime.kind}`,
      `Give --runtime ${profile.runtime}.`,
    );
  }
  if (gpu !== null && !profile.is_gpu) {
    throw new InputError("--gpu", `expected none: the profile is of a software adapter, got "${gpu}"`, "Leave --gpu out.");
  }
  const plan = planCheck(profile, seed);
  const runs = makeTemporaryFolder("ballast-check-");
  try {
    const asked: MeasureRequest = {
      runtime,
      runs: runs.path,
      condition: profile.condition,
      gpu,
      isSoftwareForced: !profile.is_gpu,
      isQuick: true,
      budget,
      isResuming: false,
      resumeCommand: "npm run bench -- --check",
      earlier: [],
      stages: () => [() => plan.verify, () => inTurn(plan.again, plan.steps)],
    };
    const { profile: now } = await measure(asked, progress, signal);
    return checkAgainst(profile, now, plan);
  } catch (error) {
    throw error instanceof Interrupted ? new Interrupted("Stopped. Nothing of a check is kept.") : error;
  } finally {
    runs.remove();
  }
};

/** The items of both lists in turn, the rest of the longer one at the end: what the machine does meanwhile falls on both. */
const inTurn = <T>(a: readonly T[], b: readonly T[]): T[] =>
  Array.from({ length: Math.max(a.length, b.length) }, (_, i) => [...a.slice(i, i + 1), ...b.slice(i, i + 1)]).flat();
