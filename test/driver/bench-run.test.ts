import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkedResult, runBench, type BenchOptions, type Journal } from "../../harness/driver/bench-run.ts";
import type { Outcome } from "../../harness/driver/session.ts";
import type { Job, JobResult } from "../../src/profile/jobs.ts";
import type { Measurement } from "../../src/profile/schema.ts";
import { runs } from "../runs.ts";

/** One whose id begins with `kernel` is timed together with its neighbours. */
const job = (id: string): Job => {
  const process = / process=(\d+)$/u.exec(id);
  return { ...inFirst(id), ...(process === null ? {} : { process: Number(process[1]) - 1 }) };
};
const inFirst = (id: string): Job =>
  id.startsWith("kernel") ? { kind: "kernel", id, variant: "copy/vec4", shape: { length: 4 }, cache: "hot" } : { kind: "clock", id };
const measured = (id: string): JobResult => ({
  kind: "measured",
  measurement: { kind: "clock", id, timestamp_tick_s: null, performance_now_step_s: 5e-6, empty_submit_s: [1e-4], small_submit_s: [2e-3] },
});
const lost: Outcome = { kind: "device-lost", because: "device lost: unknown" };
const hung: Outcome = { kind: "hung", because: "no answer from the page in 60 s" };
const crashed: Outcome = { kind: "crashed", because: "the browser crashed" };

/** A device on a clock of its own: every job takes `each` seconds; `faults` are what it does first, by job. */
const bench = (
  jobs: readonly (readonly string[])[],
  {
    faults = {},
    each = 1,
    budget = 100,
    journal = {},
  }: { faults?: Record<string, Outcome[]>; each?: number; budget?: number; journal?: Partial<Journal> } = {},
) => {
  let time = 50;
  const events: string[] = [];
  const pending = new Map(Object.entries(faults).map(([id, outcomes]) => [id, [...outcomes]]));
  const kept: Journal = {
    finished: new Map(),
    notes: [],
    spent: 0,
    append: (id, result, spent) => events.push(`journal ${id} ${result.kind} ${spent}`),
    note: (text) => events.push(`note ${text}`),
    ...journal,
  };
  const options: BenchOptions = {
    device: {
      run: (job, limit) => {
        const fault = pending.get(job.id)?.shift();
        time += fault?.kind === "hung" ? limit : Math.min(each, limit);
        events.push(`run ${job.id}`);
        return Promise.resolve(fault ?? (each > limit ? hung : measured(job.id)));
      },
      runTogether: (jobs, { within, silence }, onResult) => {
        const end = time + within;
        events.push(`run together ${jobs.map(({ id }) => id).join(" ")}`);
        for (const timed of jobs) {
          const fault = pending.get(timed.id)?.shift();
          if (fault?.kind === "hung") time += Math.min(silence, end - time);
          if (fault?.kind === "hung" || fault?.kind === "crashed" || fault?.kind === "device-lost") return Promise.resolve(fault);
          time = Math.min(time + each, end);
          if (time < end) onResult(timed, fault ?? measured(timed.id));
        }
        return Promise.resolve({ kind: "done" });
      },
      reopen: () => {
        events.push("reopen");
        return Promise.resolve();
      },
    },
    journal: kept,
    now: () => time,
    budget,
    jobLimit: 60,
    stages: jobs.map((ids) => () => ids.map(job)),
  };
  return { options, events };
};

const ids = (measurements: readonly Measurement[]) => measurements.map(({ id }) => id);

describe("a bench run", () => {
  it("measures every job in order, and journals each as it ends", async () => {
    const { options, events } = bench([["a", "b"], ["c"]]);
    const outcome = await runBench(options);
    expect(ids(outcome.measurements)).toEqual(["a", "b", "c"]);
    expect(outcome.leftOut).toEqual([]);
    expect(events).toEqual(["run a", "journal a measured 1", "run b", "journal b measured 2", "run c", "journal c measured 3"]);
  });

  it("plans a stage from what the stages before it found", async () => {
    const { options } = bench([]);
    const found: string[][] = [];
    await runBench({
      ...options,
      stages: [
        () => [job("a")],
        ({ measurements }) => {
          found.push(ids(measurements));
          return [];
        },
      ],
    });
    expect(found).toEqual([["a"]]);
  });

  it("ends a stage with its share of the budget, so that the next one has its time", async () => {
    const { options } = bench([], { budget: 10 });
    const races = Object.assign(() => ["a", "b", "c", "d"].map(job), { share: 0.2 });
    const outcome = await runBench({ ...options, stages: [races, () => [job("e")]] });
    expect(ids(outcome.measurements)).toEqual(["a", "b", "e"]);
    expect(outcome.leftOut).toEqual(["c", "d"].map((id) => ({ id, because: "its share of the time budget had ended" })));
  });

  it("lets a job that began within its stage's share end, so that no page is lost to it", async () => {
    const { options, events } = bench([], { budget: 10, each: 3 });
    const races = Object.assign(() => ["a", "b"].map(job), { share: 0.2 });
    const { measurements, leftOut } = await runBench({ ...options, stages: [races, () => [job("c")]] });
    expect([ids(measurements), ids(leftOut as never)]).toEqual([["a", "c"], ["b"]]);
    expect(events).not.toContain("reopen");
  });

  it("opens the device again where a group lost it at the end of its stage's share", async () => {
    const { options, events } = bench([], { budget: 100, faults: { "kernel a": [hung] } });
    const races = Object.assign(() => ["kernel a", "kernel b"].map(job), { share: 0.2 });
    await runBench({ ...options, stages: [races, () => [job("c")]] });
    expect(events.indexOf("reopen")).toBeGreaterThan(-1);
    expect(events.indexOf("reopen")).toBeLessThan(events.indexOf("run c"));
  });

  it("begins every further process afresh", async () => {
    const { options, events } = bench([["a", "b"], ["c process=2", "d process=2"], ["e process=3"]]);
    await runBench(options);
    expect(events.filter((event) => !event.startsWith("journal"))).toEqual([
      "run a",
      "run b",
      "reopen",
      "run c process=2",
      "run d process=2",
      "reopen",
      "run e process=3",
    ]);
  });

  it("opens nothing for what the budget leaves no time for, and does not call it left out where the first process has it", async () => {
    const { options, events } = bench([["a", "b"], ["c process=2"]], { budget: 2 });
    const { leftOut } = await runBench(options);
    expect(events).not.toContain("reopen");
    expect(leftOut).toEqual([]);
  });

  it.each<[string, Outcome]>([
    ["a lost device", lost],
    ["a hung page", hung],
    ["a crashed browser", crashed],
  ])("opens again after %s, repeats the job once, and says so", async (_, fault) => {
    const { options, events } = bench([["a", "b"]], { faults: { a: [fault] }, budget: 1000 });
    const outcome = await runBench(options);
    expect(ids(outcome.measurements)).toEqual(["a", "b"]);
    expect(events.filter((event) => !event.startsWith("journal"))).toEqual([
      "run a",
      `note a: ${"because" in fault ? fault.because : ""}; the device was opened again and the measurement repeated.`,
      "reopen",
      "run a",
      "run b",
    ]);
    expect(outcome.notes).toHaveLength(1);
  });

  it("leaves a job out after the second fault, with the reason, and goes on with a fresh browser", async () => {
    const { options, events } = bench([["a", "b"]], { faults: { a: [lost, crashed] } });
    const outcome = await runBench(options);
    expect(ids(outcome.measurements)).toEqual(["b"]);
    expect(outcome.leftOut).toEqual([{ id: "a", because: "twice: the browser crashed" }]);
    expect(events.filter((event) => event === "reopen")).toHaveLength(2);
  });

  it("keeps a reason that the page gives, without a repeat", async () => {
    const { options, events } = bench([["a"]], { faults: { a: [{ kind: "left-out", because: "no shader-f16" }] } });
    expect((await runBench(options)).leftOut).toEqual([{ id: "a", because: "no shader-f16" }]);
    expect(events).not.toContain("reopen");
  });

  it("names what did not fit the budget, the interrupted job included", async () => {
    const { options, events } = bench([["a", "b", "c", "d"]], { each: 4, budget: 10 });
    const outcome = await runBench(options);
    expect(ids(outcome.measurements)).toEqual(["a", "b"]);
    expect(outcome.leftOut).toEqual(["c", "d"].map((id) => ({ id, because: "the time budget had ended" })));
    expect(events).not.toContain("run d");
  });

  it("continues a stopped run: what is finished is not measured again, and its time counts", async () => {
    const finished = new Map([["a", measured("a")]]);
    const { options, events } = bench([["a", "b", "c"]], {
      each: 4,
      budget: 10,
      journal: { finished, spent: 5, notes: ["a: device lost"] },
    });
    const outcome = await runBench(options);
    expect(ids(outcome.measurements)).toEqual(["a", "b"]);
    expect(outcome.notes).toEqual(["a: device lost"]);
    expect(events.filter((event) => event.startsWith("run"))).toEqual(["run b", "run c"]);
  });

  it("measures kernels that follow each other together, up to 8, and what is not timed alone", async () => {
    const kernels = Array.from({ length: 10 }, (_, i) => `kernel-${i}`);
    const { options, events } = bench([["a", ...kernels, "b", "kernel-x"]]);
    const outcome = await runBench(options);
    expect(ids(outcome.measurements)).toEqual(["a", ...kernels, "b", "kernel-x"]);
    expect(events.filter((event) => event.startsWith("run"))).toEqual([
      "run a",
      `run together ${kernels.slice(0, 8).join(" ")}`,
      `run together ${kernels.slice(8).join(" ")}`,
      "run b",
      "run together kernel-x",
    ]);
    expect(events.filter((event) => event.startsWith("journal"))).toHaveLength(13);
  });

  it.each<[string, Outcome]>([
    ["a lost device", lost],
    ["a hung page", hung],
    ["a crashed browser", crashed],
  ])("keeps what a group had finished before %s, and measures the rest of it one by one", async (_, fault) => {
    const { options, events } = bench([["kernel-a", "kernel-b", "kernel-c", "d"]], {
      faults: { "kernel-b": [fault, fault, fault] },
      budget: 1000,
    });
    const outcome = await runBench(options);
    const because = "because" in fault ? fault.because : "";
    expect(ids(outcome.measurements)).toEqual(["kernel-a", "kernel-c", "d"]);
    expect(outcome.leftOut).toEqual([{ id: "kernel-b", because: `twice: ${because}` }]);
    expect(events.filter((event) => event.startsWith("run") || event === "reopen")).toEqual([
      "run together kernel-a kernel-b kernel-c",
      "reopen",
      "run kernel-b",
      "reopen",
      "run kernel-b",
      "reopen",
      "run kernel-c",
      "run d",
    ]);
    expect(outcome.notes[0]).toBe(
      `kernel-a and 2 more: ${because}; the device was opened again and what had no result was measured one by one.`,
    );
  });

  it("keeps what a group had when the budget ended, and names the rest", async () => {
    const { options } = bench([["kernel-a", "kernel-b", "kernel-c"]], { each: 4, budget: 10 });
    const outcome = await runBench(options);
    expect(ids(outcome.measurements)).toEqual(["kernel-a", "kernel-b"]);
    expect(outcome.leftOut).toEqual([{ id: "kernel-c", because: "the time budget had ended" }]);
  });

  it("does not measure again what a stopped run had of a group", async () => {
    const finished = new Map([["kernel-b", measured("kernel-b")]]);
    const { options, events } = bench([["kernel-a", "kernel-b", "kernel-c"]], { journal: { finished } });
    const outcome = await runBench(options);
    expect(ids(outcome.measurements).toSorted()).toEqual(["kernel-a", "kernel-b", "kernel-c"]);
    expect(events).toContain("run together kernel-a kernel-c");
  });

  it("passes on what reopening throws: a device that does not come back ends the run", async () => {
    const { options } = bench([["a"]], { faults: { a: [lost] } });
    const device = { ...options.device, reopen: () => Promise.reject(new Error("gone")) };
    await expect(runBench({ ...options, device })).rejects.toThrow("gone");
  });

  it("accounts for every job exactly once and never measures past the budget, whatever happens", async () => {
    const outcomes = fc.constantFrom<Outcome>(lost, hung, crashed, { kind: "left-out", because: "no memory" });
    const plans = fc.array(fc.record({ faults: fc.array(outcomes, { maxLength: 3 }), isFinished: fc.boolean(), isTimed: fc.boolean() }), {
      maxLength: 12,
    });
    await fc.assert(
      fc.asyncProperty(plans, fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 80 }), async (plan, budget, each) => {
        const named = plan.map((entry, index) => ({ ...entry, id: `${entry.isTimed ? "kernel" : "job"}-${index}` }));
        const finished = new Map(named.filter(({ isFinished }) => isFinished).map(({ id }) => [id, measured(id)]));
        const faults = Object.fromEntries(named.map(({ id, faults }) => [id, faults]));
        const { options } = bench([named.map(({ id }) => id)], { faults, each, budget, journal: { finished } });
        const start = options.now();
        const outcome = await runBench(options);
        const accounted = [...ids(outcome.measurements), ...outcome.leftOut.map(({ id }) => id)];
        expect(accounted.toSorted()).toEqual(named.map(({ id }) => id).toSorted());
        expect(options.now() - start).toBeLessThanOrEqual(budget);
      }),
      runs(100),
    );
  });
});

describe("what the page answers", () => {
  it("is left out where it is no measurement", () => {
    const broken = { kind: "measured", measurement: { kind: "clock", id: "a", empty_submit_s: [null] } } as unknown as JobResult;
    expect(checkedResult(job("a"), broken)).toMatchInlineSnapshot(`
      {
        "because": "the page's answer is no measurement: timestamp_tick_s: Invalid input: expected number, received undefined",
        "kind": "left-out",
      }
    `);
  });

  it("is left out where it is another job's", () => {
    expect(checkedResult(job("a"), measured("b"))).toMatchInlineSnapshot(`
      {
        "because": "the page answered a with b",
        "kind": "left-out",
      }
    `);
  });
});
