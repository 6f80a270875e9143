import { describe, expect, it } from "vitest";
import type { Outcome } from "../../../harness/driver/session.ts";
import { type Measurer, watchedDevice } from "../../../harness/driver/machine/watched-device.ts";
import type { Job, JobResult, TimedJob } from "../../../src/profile/jobs.ts";
import type { ClockReason, MachineSample } from "../../../src/profile/machine-state.ts";
import type { MeasurementOf } from "../../../src/profile/schema.ts";

type Visits = MeasurementOf<"kernel">["timing"]["visits"];

const timed = (id: string): TimedJob => ({ kind: "kernel", id, variant: "copy/vec4", shape: { length: 4 }, cache: "hot" });

const kernel = (id: string, visits: Visits): JobResult => ({
  kind: "measured",
  measurement: {
    id,
    kind: "kernel",
    family: "copy",
    variant: "copy/vec4",
    version: 1,
    dtype: "f32",
    shape: { length: 4 },
    operations: 0,
    bytes: 32,
    cache: "hot",
    rotated_bytes: 0,
    power_w: null,
    timing: {
      kind: "gpu-timestamp",
      samples_s: visits.flatMap(({ samples }) => Array.from({ length: samples }, () => 1e-3)),
      runs_per_sample: 1,
      dropped: 0,
      throttled: 0,
      visits,
      process_noise: null,
      stopping: null,
    },
  },
});

/** A machine whose clock moves only when something takes time, and is sampled every 0.2 s of it. */
const machine = (throttles: (at: number) => ClockReason[], power: (at: number) => number = () => 300) => {
  let time = 0;
  const samples: MachineSample[] = [];
  const pass = (seconds: number) => {
    const until = time + seconds;
    for (let at = samples.length * 0.2; at <= until; at = samples.length * 0.2) {
      samples.push({
        at_s: at,
        sm_mhz: 1980,
        memory_mhz: null,
        power_w: power(at),
        temperature_c: null,
        utilization: 1,
        memory_used_bytes: null,
        reasons: throttles(at),
      });
    }
    time = until;
  };
  pass(0);
  return { pass, watch: { now: () => time, samples: () => samples } };
};

const setUp = ({ pass, watch }: ReturnType<typeof machine>, run: (job: Job) => readonly [took: number, outcome: Outcome]) => {
  const limits: number[] = [];
  const notes: string[] = [];
  const device: Measurer = {
    run: async (job, limit) => {
      limits.push(limit);
      const [took, outcome] = run(job);
      pass(took);
      return outcome;
    },
    runTogether: async (jobs, { within }, onResult) => {
      limits.push(within);
      for (const job of jobs) {
        const [took, outcome] = run(job);
        pass(took);
        if (outcome.kind === "hung" || outcome.kind === "crashed" || outcome.kind === "device-lost") return outcome;
        onResult(job, outcome);
      }
      return { kind: "done" };
    },
  };
  const watched = watchedDevice(device, watch, { onNote: (text) => notes.push(text), sleep: async (time) => pass(time) });
  const together = async (...ids: string[]) => {
    const results: JobResult[] = [];
    const end = await watched.runTogether(ids.map(timed), { within: 40, silence: 10 }, (_, result) => results.push(result));
    return { end, results };
  };
  return { watched, notes, limits, together };
};

const timings = (results: readonly JobResult[]) =>
  results.map((result) =>
    result.kind === "measured" && result.measurement.kind === "kernel"
      ? { samples: result.measurement.timing.samples_s.length, throttled: result.measurement.timing.throttled }
      : result,
  );

describe("a GPU that throttles between two moments of a measurement", () => {
  const between =
    (from: number, to: number) =>
    (at: number): ClockReason[] =>
      at > from && at < to ? ["hw-thermal"] : ["sw-power-cap"];

  it("loses the turns of that time, of every interleaved case", async () => {
    const visits = (first: number): Visits => [0, 1, 2].map((round) => ({ samples: 3, at_s: first + 2 * round, took_s: 0.9, process: 0 }));
    // Each answer comes with the case's last turn: a at 5 s, b at 6 s.
    const { together } = setUp(machine(between(2.5, 3.5)), (job) =>
      job.id === "a" ? [4.9, kernel("a", visits(0))] : [1, kernel("b", visits(1))],
    );
    const { end, results } = await together("a", "b");
    expect(end).toEqual({ kind: "done" });
    expect(timings(results)).toEqual([
      { samples: 6, throttled: 3 },
      { samples: 6, throttled: 3 },
    ]);
  });

  it("leaves out what was measured in no other time, with the reason", async () => {
    const { together } = setUp(machine(between(0.5, 30)), () => [5, kernel("a", [{ samples: 3, at_s: 1, took_s: 4, process: 0 }])]);
    expect((await together("a")).results).toEqual([
      { kind: "left-out", because: "the GPU throttled all the time it was measured (hw-thermal)" },
    ]);
  });

  it("leaves other measurements as they are, with a note", async () => {
    const outcome: Outcome = {
      kind: "measured",
      measurement: {
        id: "clock",
        kind: "clock",
        timestamp_tick_s: null,
        performance_now_step_s: 1e-6,
        empty_submit_s: [1e-4],
        small_submit_s: [1e-4],
      },
    };
    const { watched, notes } = setUp(machine(between(0.5, 1)), () => [2, outcome]);
    const result = await watched.run({ kind: "clock", id: "clock" }, 40);
    expect(result).toEqual(outcome);
    expect(notes).toEqual(["clock: the GPU throttled meanwhile (hw-thermal), so that it may be too slow."]);
  });
});

describe("a GPU that throttles before a measurement", () => {
  it("is waited for, out of the measurement's own time, and the wait is said", async () => {
    const { together, notes, limits } = setUp(
      machine((at) => (at < 2.9 ? ["sw-thermal"] : [])),
      () => [2, kernel("a", [{ samples: 4, at_s: 0.3, took_s: 1.5, process: 0 }])],
    );
    expect(timings((await together("a")).results)).toEqual([{ samples: 4, throttled: 0 }]);
    expect(notes).toEqual(["Waited 3.00 s for the GPU, which throttled (sw-thermal)."]);
    expect(limits[0]).toBeCloseTo(37);
  });

  it("is not waited for without end", async () => {
    const { watched, notes, limits } = setUp(
      machine(() => ["hw-thermal"]),
      () => [1, { kind: "left-out", because: "anything" }],
    );
    for (let i = 0; i < 8; i++) await watched.run({ kind: "clock", id: "clock" }, 40);
    expect(notes[0]).toBe("Waited 10.0 s for the GPU, which throttled (hw-thermal) and still does.");
    expect(limits.reduce((sum, limit) => sum + 40 - limit, 0)).toBeLessThan(61);
    expect(limits.at(-1)).toBe(40);
  });

  it("is not waited for where the last sample is too old to tell", async () => {
    const { watch } = machine(() => ["hw-thermal"]);
    const stale = { ...watch, now: () => 100 };
    const notes: string[] = [];
    const device = watchedDevice(
      { run: async () => ({ kind: "left-out", because: "anything" }), runTogether: async () => ({ kind: "done" }) },
      stale,
      { onNote: (text) => notes.push(text) },
    );
    await device.run({ kind: "clock", id: "clock" }, 40);
    expect(notes).toEqual([]);
  });

  it("is not waited for any longer where the run is stopped", async () => {
    const controller = new AbortController();
    const { watch } = machine(() => ["hw-thermal"]);
    const device = watchedDevice({ run: async () => expect.unreachable(), runTogether: async () => expect.unreachable() }, watch, {
      onNote: () => {},
      signal: controller.signal,
    });
    const run = device.run({ kind: "clock", id: "clock" }, 40);
    controller.abort(new Error("stopped"));
    await expect(run).rejects.toThrow("stopped");
  });
});

describe("a GPU that does not throttle", () => {
  it("gives each case the mean power of its own turns", async () => {
    const turns = (first: number): Visits => [{ samples: 1, at_s: first, took_s: 2, process: 0 }];
    const { together, watched, notes } = setUp(
      machine(
        () => [],
        (at) => (at < 2 ? 100 : 500),
      ),
      (job) => (job.id === "a" ? [2, kernel("a", turns(0))] : [2, kernel("b", turns(2))]),
    );
    const { results } = await together("a", "b");
    const power = results.map((result) =>
      result.kind === "measured" && result.measurement.kind === "kernel" ? result.measurement.power_w : null,
    );
    expect(power[0]).toBeLessThan(125);
    expect(power[1]).toBeGreaterThan(480);
    expect(watched.ran.map(({ id }) => id)).toEqual(["a", "b"]);
    expect(notes).toEqual([]);
  });

  it("passes faults and answers that are none through as they are", async () => {
    const broken = { kind: "measured", measurement: { id: "a", kind: "kernel" } } as unknown as Outcome;
    const outcomes: Outcome[] = [broken, { kind: "hung", because: "no answer" }, { kind: "left-out", because: "no f16" }];
    for (const outcome of outcomes) {
      const { watched } = setUp(
        machine(() => []),
        () => [1, outcome],
      );
      expect(await watched.run(timed("a"), 40)).toBe(outcome);
    }
    const { together } = setUp(
      machine(() => []),
      () => [1, { kind: "crashed", because: "the page crashed" }],
    );
    expect(await together("a")).toEqual({ end: { kind: "crashed", because: "the page crashed" }, results: [] });
  });
});
