import { describe, expect, it } from "vitest";
import { driftCautionOrNull, driftsOf } from "../../src/plan/confidence/drift.ts";
import { createStreams } from "../../src/sim/streams.ts";
import type { Request } from "../../src/traffic/request.ts";

/** An hour of requests at random, one a second at first; what rises does so by so many times over the hour. */
const trace = (seed: number, { rate = 1, output = 1 } = {}): Request[] => {
  const stream = createStreams(seed).named("trace");
  const requests: Request[] = [];
  for (let at = 0; ;) {
    at += stream.exponential(1 / (1 + (rate - 1) * (at / 3600)));
    if (at > 3600) return requests;
    const outputTokens = Math.ceil(stream.exponential(100) * (1 + (output - 1) * (at / 3600)));
    requests.push({
      id: requests.length,
      arrivedAt: Math.floor(at * 1e9),
      promptTokens: 1 + Math.floor(1000 * stream.uniform()),
      outputTokens,
    });
  }
};

describe("the drift of a trace", () => {
  it("is none of a steady one, but for one of twenty", () => {
    const drifting = Array.from({ length: 100 }, (_, seed) => driftsOf(trace(seed))).filter((drifts) => drifts.length > 0);
    expect(drifting.length).toBeLessThanOrEqual(12);
    expect(driftCautionOrNull(trace(1))).toBeNull();
  });

  it("names what rises or falls, and by how much from the first third to the last", () => {
    const [busier] = driftsOf(trace(1, { rate: 3 }));
    expect(busier).toMatchObject({ of: "requests" });
    // Of a straight rise from 1 to 3 the thirds' means are 4/3 and 8/3.
    expect(busier!.change).toBeGreaterThan(0.8);
    expect(busier!.change).toBeLessThan(1.2);
    expect(driftsOf(trace(1, { output: 0.2 })).map(({ of }) => of)).toEqual(["output tokens of a request"]);
    expect(driftCautionOrNull(trace(1, { rate: 3, output: 3 }))).toMatchInlineSnapshot(
      `"This trace drifts (last third against its first: requests +93 %, output tokens of a request +98 %). What follows answers for the trace as it was; the hour after it may need more or less than the interval says."`,
    );
  });

  it("is none of requests in fewer than ten parts of the trace: two lumps are no trend", () => {
    const lump = (arrivedAt: number, promptTokens: number): Request => ({ id: 0, arrivedAt, promptTokens, outputTokens: 10 });
    expect(driftsOf([lump(0, 10), lump(1, 10), lump(3e9, 900)])).toEqual([]);
    expect(driftsOf([lump(0, 10), lump(3e9, 900)])).toEqual([]);
  });
});
