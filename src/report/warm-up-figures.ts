import { mean, median, sum } from "simple-statistics";
import { measurementsOf } from "../calibration/measured.ts";
import { steadySeconds } from "../calibration/warm-up.ts";
import type { Start } from "../profile/measurements/warm-up.ts";
import { sampledList, timingInterval } from "../profile/timing-interval.ts";
import type { MeasurementOf, Profile } from "../profile/schema.ts";
import { groupBy } from "../stats/group-by.ts";
import type { MedianInterval } from "../stats/median-interval.ts";
import type { Seconds } from "../units.ts";

/** What a reader wants of starts, compiling and overhead from a profile's raw samples. Numbers only; no words. */

/** Starts of one kind: medians over them. */
export interface StartFigure {
  readonly fresh: Start["fresh"];
  readonly pipelines: Start["pipelines"];
  readonly starts: readonly Start[];
  /** Until a device is there; null where one was. */
  readonly open: Seconds | null;
  /** All shader modules. */
  readonly modules: Seconds;
  /** One pipeline, one after another. */
  readonly serial: Seconds;
  /** One pipeline with so many pending: the time of all over their number. */
  readonly pending: ReadonlyMap<number, Seconds>;
  readonly first: Seconds;
  readonly steady: Seconds;
  /** Runs until steady, the first included. */
  readonly runsUntilSteady: number;
}

/** By kind of start, in the order they were first made. */
export const startFigures = (profile: Profile): StartFigure[] => {
  const compiled = measurementsOf(profile, "compile").flatMap(({ runs }) => runs);
  const starts = measurementsOf(profile, "warm-up").flatMap(({ starts }) => starts);
  return [...groupBy(starts, ({ fresh, pipelines }) => `${fresh} ${pipelines}`).values()].map((alike) => {
    const { fresh, pipelines } = alike[0]!;
    const opened = alike.map(openSecondsOrNull).filter((open) => open !== null);
    // Compiling was measured by itself in every state; new texts in an old process were not.
    const runs = fresh === "pipelines" ? [] : compiled.filter((run) => run.pipelines === pipelines);
    return {
      fresh,
      pipelines,
      starts: alike,
      open: opened.length === 0 ? null : median(opened),
      modules: median(alike.map(({ shader_modules_s }) => sum(shader_modules_s))),
      serial: median(alike.map(({ pipelines_s }) => mean(pipelines_s))),
      pending: new Map(
        [...groupBy(runs, ({ pending }) => pending)].map(([pending, same]) => [
          pending,
          median(same.map(({ each_s, total_s }) => total_s / each_s.length)),
        ]),
      ),
      first: median(alike.map(({ first_dispatch_s }) => first_dispatch_s)),
      steady: median(alike.map(steadySeconds)),
      runsUntilSteady: Math.round(median(alike.map(({ steady_after }) => 1 + steady_after))),
    };
  });
};

const openSecondsOrNull = (start: Start): Seconds | null => {
  switch (start.fresh) {
    case "process":
      return start.browser_start_s + start.adapter_s + start.device_s;
    case "device":
      return start.adapter_s + start.device_s;
    case "pipelines":
    case "nothing":
      return null;
    default:
      return start satisfies never;
  }
};

type Overhead = MeasurementOf<"overhead">;
export type OverheadCase = Exclude<Extract<keyof Overhead, `${string}_s`>, `gpu_${string}`>;

export interface OverheadFigure {
  readonly name: OverheadCase;
  readonly wall: MedianInterval;
  /** By GPU timestamps; null where there were none. */
  readonly gpu: MedianInterval | null;
  /** Samples of the wall clock that noise made negative, among so many. */
  readonly negative: number;
  readonly samples: number;
}

/** Cost of one more of each; none where it was not measured. */
export const overheadFigures = (profile: Profile): OverheadFigure[] =>
  measurementsOf(profile, "overhead")
    .slice(-1)
    .flatMap((overhead) => {
      const figure = (name: OverheadCase, gpu: readonly number[] | null = null): OverheadFigure => ({
        name,
        wall: timingInterval(sampledList(overhead, name, overhead[name])),
        gpu: gpu === null ? null : timingInterval(sampledList(overhead, `gpu_${name}`, gpu)),
        negative: overhead[name].filter((sample) => sample < 0).length,
        samples: overhead[name].length,
      });
      return [
        figure("dispatch_s", overhead.gpu_dispatch_s),
        figure("switched_dispatch_s", overhead.gpu_switched_dispatch_s),
        figure("pass_s"),
        figure("submit_s"),
        figure("encode_s"),
      ];
    });
