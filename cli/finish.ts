import { type BenchDevice, runBench } from "../harness/driver/bench-run.ts";
import { InputError } from "../src/errors.ts";
import type { AgendaOptions } from "../src/profile/agenda.ts";
import type { Stage } from "../src/profile/jobs.ts";
import { UNKNOWN_MACHINE } from "../src/profile/machine-state.ts";
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

/**
 * The profile of what a stopped run has measured, by this machine or another: no device is opened. The journal stays, so that the run can still go on.
 *
 * @param path the journal that it left
 * @param stages what the run would have measured: names what is left out
 * @throws InputError where the journal cannot be read, or holds what this version of Ballast would not have measured
 */
export const finish = async (path: string, stages: (options: AgendaOptions) => readonly Stage[]): Promise<Profile> => {
  const { opening, machine, known, ...before } = readJournal(path);
  const { is_gpu: isGpu, is_quick: isQuick, environment } = opening;
  const unplaced = new Set(before.finished.keys());
  const placed =
    (stage: Stage): Stage =>
    (found) => {
      const jobs = stage(found);
      for (const { id } of jobs) unplaced.delete(id);
      return jobs;
    };
  const outcome = await runBench({
    device: NO_DEVICE,
    journal: { ...before, append: () => {}, note: () => {} },
    now: () => 0,
    budget: 0,
    jobLimit: 0,
    known,
    ended: "the run was stopped before",
    stages: stages({ adapter: environment.adapter, isGpu, isQuick }).map(placed),
  });
  if (unplaced.size > 0)
    throw new InputError(
      path,
      `holds ${quantity(unplaced.size, "measurement")} that this Ballast would not make, ${[...unplaced][0]} first`,
      `Finish it with the Ballast that measured it, ${opening.ballast_version}.`,
    );
  const notes = [
    ...new Set(outcome.notes),
    `The run was stopped: this is what was measured until then, ${quantity(outcome.measurements.length, "measurement")}.`,
    ...(isGpu && machine === null ? ["It had no time to write down clocks, power and temperature."] : []),
  ];
  return profileOf(opening, { ...outcome, notes }, machine ?? UNKNOWN_MACHINE, null);
};
