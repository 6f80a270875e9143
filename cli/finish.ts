import { type BenchDevice, runBench } from "../harness/driver/bench-run.ts";
import type { AgendaOptions } from "../src/profile/agenda.ts";
import type { Stage } from "../src/profile/jobs.ts";
import { UNKNOWN_MACHINE } from "../src/profile/machine-state.ts";
import { type EarlierProfile, reusableTunings } from "../src/profile/reuse-tuning.ts";
import type { Profile } from "../src/profile/schema.ts";
import { quantity } from "../src/format.ts";
import { readJournal } from "./journal.ts";
import { profileOf } from "./measure.ts";

/** With no time left nothing is asked of it. */
const NO_DEVICE: BenchDevice = {
  run: () => Promise.reject(new Error("a finished run asked for a device")),
  runTogether: () => Promise.reject(new Error("a finished run asked for a device")),
  reopen: () => Promise.reject(new Error("a finished run asked for a device")),
};

/** What a stopped run is finished with. */
export interface FinishRequest {
  /** The journal that it left. */
  readonly journal: string;
  /** What the run would have measured: names what is left out. */
  readonly stages: (options: AgendaOptions) => readonly Stage[];
  readonly earlier: readonly EarlierProfile[];
}

/**
 * The profile of what a stopped run has measured, by this machine or another: no device is opened. The journal stays, so that the run can still go on.
 *
 * @throws InputError where the journal cannot be read
 */
export const finish = async ({ journal: path, stages, earlier }: FinishRequest): Promise<Profile> => {
  const { opening, machine, ...before } = readJournal(path);
  const { is_gpu: isGpu, is_quick: isQuick, environment } = opening;
  const outcome = await runBench({
    device: NO_DEVICE,
    journal: { ...before, append: () => {}, note: () => {} },
    now: () => 0,
    budget: 0,
    jobLimit: 0,
    known: isQuick ? [] : reusableTunings(earlier, opening),
    ended: "the run was stopped before",
    stages: stages({ adapter: environment.adapter, isGpu, isQuick }),
  });
  const notes = [
    ...new Set(outcome.notes),
    `The run was stopped: this is what was measured until then, ${quantity(outcome.measurements.length, "measurement")}.`,
    ...(isGpu && machine === null ? ["It had no time to write down clocks, power and temperature."] : []),
  ];
  return profileOf(opening, { ...outcome, notes }, machine ?? UNKNOWN_MACHINE, null);
};
