import { describe, expect, it } from "vitest";
import type { Settled } from "../../../harness/measure/device-watch.ts";
import { LeftOut } from "../../../harness/measure/left-out.ts";
import { Sampling } from "../../../harness/measure/sampling/sampling.ts";
import type { MeasuredCase } from "../../../harness/measure/throughput.ts";
import { measureTogether } from "../../../harness/measure/sampling/together.ts";
import type { JobResult, TimedJob } from "../../../src/profile/jobs.ts";
import type { MeasurementOf } from "../../../src/profile/schema.ts";

const job = (id: string): TimedJob => ({ kind: "kernel", id, variant: "copy/vec4", shape: { length: 4 }, cache: "hot" });
const memory = new Error("memory");
const refused = (because: string, isMemory = false): Extract<Settled<never>, { kind: "refused" }> => ({
  kind: "refused",
  result: { kind: "left-out", because },
  isMemory,
});

/** A device that refuses where work throws `memory` or a `LeftOut`, as a real one does. */
const watch = {
  settle: async <T>(work: () => Promise<T>): Promise<Settled<T>> => {
    try {
      return { kind: "done", value: await work() };
    } catch (error) {
      if (error === memory) return refused("out of GPU memory", true);
      if (error instanceof LeftOut) return refused(error.message);
      throw error;
    }
  },
};

/** Room for so many cases at a time; `turn` may throw. */
const device = ({ room = Infinity, turn = () => {} }: { room?: number; turn?: (id: string, index: number) => void }) => {
  const events: string[] = [];
  let held = 0;
  const prepare = ({ id }: TimedJob): Promise<MeasuredCase> => {
    if (held >= room) return Promise.reject(memory);
    held++;
    events.push(`prepare ${id}`);
    let turns = 0;
    return Promise.resolve({
      sampling: new Sampling({ fewest: 3, most: 3, noise: 0.02, shortest: 0, timeLimit: 10 }, 0),
      // eslint-disable-next-line typescript/require-await
      take: async () => {
        turn(id, turns++);
        return { samples: [1], dropped: 0 };
      },
      finished: (reason) => ({ id, kind: "kernel", timing: { stopping: { reason } } }) as unknown as MeasurementOf<"kernel">,
      destroy: () => {
        held--;
        events.push(`destroy ${id}`);
      },
    });
  };
  return { prepare, events };
};

const kinds = (results: readonly (JobResult | null)[]) =>
  results.map((result) => (result === null ? null : "because" in result ? result.because : result.kind));

describe("a group of jobs", () => {
  it("is prepared one by one, measured in turn, and each frees its memory when it is done", async () => {
    const { prepare, events } = device({});
    const told: string[] = [];
    const tell = (index: number, result: JobResult | null) => told.push(`${index} ${result?.kind ?? "begins"}`);
    const results = await measureTogether(watch, prepare, ["a", "b"].map(job), 60, tell);
    expect(kinds(results)).toEqual(["measured", "measured"]);
    expect(events.slice(0, 2)).toEqual(["prepare a", "prepare b"]);
    expect(events.slice(2).sort()).toEqual(["destroy a", "destroy b"]);
    expect(told.slice(0, 2)).toEqual(["0 begins", "1 begins"]);
    expect(told.slice(2).sort()).toEqual(["0 measured", "1 measured"]);
  });

  it("that does not fit into memory is measured all the same, those without room by themselves after the others", async () => {
    const { prepare, events } = device({ room: 2 });
    expect(kinds(await measureTogether(watch, prepare, ["a", "b", "c", "d"].map(job), 60))).toEqual(Array(4).fill("measured"));
    expect(events.slice(4)).toEqual(["prepare c", "destroy c", "prepare d", "destroy d"]);
  });

  it("leaves out what finds no memory alone either", async () => {
    const { prepare } = device({ room: 0 });
    expect(kinds(await measureTogether(watch, prepare, ["a", "b"].map(job), 60))).toEqual(["out of GPU memory", "out of GPU memory"]);
  });

  it("loses one whose turn fails, and no other", async () => {
    const { prepare, events } = device({
      turn: (id, index) => {
        if (id === "b" && index === 1) throw new LeftOut("WebGPU refused it");
        if (id === "c" && index === 2) throw new TypeError("a mistake");
      },
    });
    expect(kinds(await measureTogether(watch, prepare, ["a", "b", "c", "d"].map(job), 60))).toEqual([
      "measured",
      "WebGPU refused it",
      "the measuring page failed: a mistake",
      "measured",
    ]);
    expect(events.filter((event) => event.startsWith("destroy"))).toHaveLength(4);
  });

  it("that runs out of memory in a turn is measured again, by itself", async () => {
    let isFirst = true;
    const { prepare } = device({
      turn: (id) => {
        if (id !== "b" || !isFirst) return;
        isFirst = false;
        throw memory;
      },
    });
    expect(kinds(await measureTogether(watch, prepare, ["a", "b"].map(job), 60))).toEqual(["measured", "measured"]);
  });

  it("whose time is over before it began gives nothing", async () => {
    const { prepare, events } = device({});
    expect(await measureTogether(watch, prepare, ["a", "b"].map(job), 0)).toEqual([null, null]);
    expect(events).toEqual([]);
  });
});
