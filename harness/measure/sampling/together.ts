import type { JobResult, MeasuringPage, TimedJob } from "../../../src/profile/jobs.ts";
import type { Seconds } from "../../../src/units.ts";
import type { DeviceWatch, Settled } from "../device-watch.ts";
import { interleave, type Interleaved } from "./interleave.ts";
import { LeftOut } from "../left-out.ts";
import type { MeasuredCase } from "../throughput.ts";
import { now } from "./wall-clock.ts";

/** Between two signs of life. */
const TELL_EVERY: Seconds = 1;

/**
 * Measures jobs interleaved; see `MeasuringPage.runTogether`.
 *
 * They are prepared one by one and then take turns, so that every error of the device is the error of one of them, and costs the
 * others nothing. A job for which there was no memory beside the others is measured after them, by itself. The order of turns is not seeded: it
 * decides nothing but which noise falls on which case.
 *
 * @param prepare puts a job on the device, up to its first turn
 */
export const measureTogether = async (
  watch: Pick<DeviceWatch, "settle">,
  prepare: (job: TimedJob) => Promise<MeasuredCase>,
  ...[jobs, within, tell = () => {}]: Parameters<MeasuringPage["runTogether"]>
): Promise<(JobResult | null)[]> => {
  const began = now();
  const elapsed = () => now() - began;
  const results: (JobResult | null)[] = jobs.map(() => null);
  const answer = (index: number, result: JobResult) => {
    results[index] = result;
    tell(index, result);
  };
  let told: Seconds = 0;
  const isUnderWay = (index: number) => {
    if (elapsed() - told < TELL_EVERY) return;
    told = elapsed();
    tell(index, null);
  };

  /** A fault of the harness is the job's own as well. */
  const settle: DeviceWatch["settle"] = (work, discard) =>
    watch.settle(work, discard).catch((error: unknown) => {
      const because = `the measuring page failed: ${error instanceof Error ? error.message : String(error)}`;
      return { kind: "refused", result: { kind: "left-out", because }, isMemory: false };
    });

  const cases: Interleaved[] = [];
  const crowdedOut: number[] = [];
  const refuse = (index: number, { result, isMemory }: Extract<Settled<unknown>, { kind: "refused" }>) => {
    if (isMemory && jobs.length > 1) crowdedOut.push(index);
    else answer(index, result);
  };
  for (const [index, job] of jobs.entries()) {
    if (elapsed() >= within) break;
    tell(index, null);
    const settled = await settle(
      () => prepare(job),
      (unwanted) => unwanted.destroy(),
    );
    if (settled.kind === "refused") {
      refuse(index, settled);
      continue;
    }
    const { sampling, take, finished, destroy } = settled.value;
    cases.push({
      sampling,
      take: async () => {
        isUnderWay(index);
        const turn = await settle(take);
        if (turn.kind === "done") return turn.value;
        destroy();
        refuse(index, turn);
        return null;
      },
      end: (reason) => {
        try {
          if (reason !== null) answer(index, { kind: "measured", measurement: finished(reason) });
        } catch (error) {
          if (!(error instanceof LeftOut)) throw error;
          answer(index, { kind: "left-out", because: error.message });
        } finally {
          destroy();
        }
      },
    });
  }
  await interleave(cases, { now: elapsed, until: within, random: Math.random });
  for (const index of crowdedOut) {
    const [result = null] = await measureTogether(watch, prepare, [jobs[index]!], within - elapsed(), (_, told) => tell(index, told));
    results[index] = result;
  }
  return results;
};
