import { InputError } from "../../src/errors.ts";
import { plain } from "../../src/format.ts";
import type { Profile } from "../../src/profile/schema.ts";
import { checkText, failureOrNull } from "../../src/report/check-text.ts";
import { lockRuns } from "../bench-lock.ts";
import { check } from "../check.ts";
import { chooseProfile } from "../choose-profile.ts";
import { interruptible } from "../interrupt.ts";
import type { Io } from "../io.ts";
import { contentHash } from "../kept-profiles.ts";
import { progressLine } from "../progress.ts";
import { runtimeFor, type RuntimeChoice } from "../runtime.ts";

/** Names what `--json` prints. */
const CHECK_SCHEMA = "ballast.check/1";

/** Seed of the steps that are drawn where none is given. */
const SEED = 1;

export interface CheckOptions {
  /** As `calibrate` takes it: a file, a run's folder or name, <device>/<condition>. */
  readonly check: string;
  readonly seed?: number;
  readonly failOn?: number;
  readonly runtime: Profile["runtime"];
  readonly browser?: string;
  readonly gpu?: string;
  readonly budget?: number;
  readonly json?: true;
  readonly quiet?: true;
}

/** `ballast bench --check PROFILE`: how far a profile's predictions are from what its device does today. */
export const checkProfile = async (
  io: Io,
  options: CheckOptions,
  runs: string,
  parts: Pick<RuntimeChoice, "site" | "program">,
): Promise<void> => {
  const { path, profile } = chooseProfile(io, options.check);
  io.err(`profile: ${path}\n`);
  const { runtime, browser, gpu, budget, seed = SEED } = options;
  const unlock = lockRuns(runs);
  try {
    const usable = await runtimeFor(io, { runtime, condition: profile.condition, browser, ...parts });
    const progress = progressLine(io, options.quiet === true);
    const found = await interruptible((signal) =>
      check({ profile, seed, runtime: usable.runtime, gpu: gpu ?? null, budget: budget ?? null }, progress, signal),
    ).finally(usable.close);
    progress.end();
    io.out(
      options.json
        ? `${JSON.stringify({ schema: CHECK_SCHEMA, profile: contentHash(profile), device: profile.device, ...found }, null, 1)}\n`
        : checkText(profile, found),
    );
    const failure = options.failOn === undefined ? null : failureOrNull(found, options.failOn);
    if (failure !== null) {
      throw new InputError(
        `--fail-on error=${plain(options.failOn! * 100)}%`,
        failure,
        "Where the machine is as it was, measure a new profile: npm run bench",
      );
    }
  } finally {
    unlock();
  }
};

/** Reads a limit on the median error, as people write it: `error=20%`. @throws InputError for anything else */
export const parseFailOnError = (text: string): number => {
  const percent = /^\s*error\s*=\s*(\d+(?:\.\d+)?)\s*%\s*$/u.exec(text)?.[1];
  if (percent === undefined)
    throw new InputError("--fail-on", `expected error=<percent>%, got ${JSON.stringify(text)}`, "Write it so: error=20%.");
  return Number(percent) / 100;
};
