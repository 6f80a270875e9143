import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { serveSite, type Site } from "../../../harness/driver/site/serve.ts";
import { openSession } from "../../../harness/driver/browser/browser-session.ts";
import type { GroupEnd, Session } from "../../../harness/driver/session.ts";
import { startingChoices } from "../../../src/profile/choose.ts";
import type { JobResult, TimedJob } from "../../../src/profile/jobs.ts";
import type { Cache } from "../../../src/profile/measurements/timing.ts";
import { measurementSchema, type MeasurementOf } from "../../../src/profile/schema.ts";
import { timingInterval } from "../../../src/profile/timing-interval.ts";
import { browser, pages, softwareLine } from "../../driver/the-browser.ts";

const LIMITS = { within: 60, silence: 60 };
const MIB = 2 ** 20;

const matmul = (m: number, n: number, k: number, cache: Cache): TimedJob => ({
  kind: "kernel",
  id: `matmul m=${m} n=${n} k=${k} ${cache}`,
  variant: "matmul/tiled-64x64x16-4x4-f32",
  shape: { m, n, k },
  cache,
});
const residual: TimedJob = { kind: "kernel", id: "residual", variant: "residual-add/f32", shape: { length: 4096 }, cache: "hot" };

describe("jobs that are measured together on the software adapter", () => {
  let site: Site;
  let session: Session;
  beforeAll(async () => {
    site = await serveSite(pages.real);
    session = await openSession({ browser, line: softwareLine, url: site.url });
  });
  afterAll(async () => {
    await session?.close();
    await site?.close();
  });

  const together = async (jobs: readonly TimedJob[], limits = LIMITS): Promise<{ end: GroupEnd; results: Map<string, JobResult> }> => {
    const results = new Map<string, JobResult>();
    const end = await session.runTogether(jobs, limits, ({ id }, result) => results.set(id, result));
    return { end, results };
  };
  const measured = (result: JobResult | undefined): MeasurementOf<"kernel"> => {
    if (result?.kind !== "measured" || result.measurement.kind !== "kernel") throw new Error(`not measured: ${JSON.stringify(result)}`);
    expect(measurementSchema.parse(result.measurement)).toEqual(result.measurement);
    return result.measurement;
  };

  it("take turns, and one that fails costs the others nothing", async () => {
    const failing: TimedJob = { kind: "kernel", id: "no such", variant: "matmul/none", shape: {}, cache: "hot" };
    const large: TimedJob = { kind: "kernel", id: "large", variant: "copy/vec4", shape: { length: 2 ** 31 }, cache: "hot" };
    const jobs = [matmul(16, 128, 128, "hot"), failing, residual, large];
    const { end, results } = await together(jobs);
    expect(end).toEqual({ kind: "done" });
    expect(results.get("no such")).toEqual({ kind: "left-out", because: "the measuring page failed: no kernel variant named matmul/none" });
    expect(results.get("large")).toMatchObject({ kind: "left-out", because: expect.stringContaining("buffer source needs") as string });

    const [a, b] = [jobs[0]!, residual].map(({ id }) => measured(results.get(id)).timing);
    for (const { visits, samples_s, stopping } of [a!, b!]) {
      expect(visits.reduce((sum, { samples }) => sum + samples, 0)).toBe(samples_s.length);
      expect(stopping?.noise_limit).toBeGreaterThan(0);
    }
    // Each one's second turn comes after the other's first: neither was done before the other began.
    expect(a!.visits[1]!.at_s).toBeGreaterThan(b!.visits[0]!.at_s);
    expect(b!.visits[1]!.at_s).toBeGreaterThan(a!.visits[0]!.at_s);
    const turns = [...a!.visits, ...b!.visits].sort((one, other) => one.at_s - other.at_s);
    for (const [i, turn] of turns.slice(1).entries()) expect(turn.at_s).toBeGreaterThanOrEqual(turns[i]!.at_s + turns[i]!.took_s - 1e-9);
  });

  it("are the same matmul hot and cold: cold runs rotate among copies of the weights that exceed the cache", async () => {
    const { results } = await together([matmul(4, 512, 512, "hot"), matmul(4, 512, 512, "cold")]);
    const hot = measured(results.get("matmul m=4 n=512 k=512 hot"));
    const cold = measured(results.get("matmul m=4 n=512 k=512 cold"));
    expect(hot).toMatchObject({ cache: "hot", rotated_bytes: 0 });
    expect(cold).toMatchObject({ cache: "cold", rotated_bytes: 64 * MIB, operations: hot.operations, bytes: hot.bytes });
    for (const { timing } of [hot, cold]) expect(timingInterval(timing).low).toBeGreaterThan(0);
  });

  it("flush the cache before each cold sample where no number of copies worth having exceeds it", async () => {
    const { results } = await together([matmul(1, 64, 16, "cold")]);
    // 1,024 copies of 64·16 weights of 4 bytes, and the flush.
    expect(measured(results.get("matmul m=1 n=64 k=16 cold")).rotated_bytes).toBe(4 * MIB + 64 * MIB);
  });

  it("measure a whole layer cold, whose runs write the caches they rotate among", async () => {
    const batch = { prefill_tokens: 2, prefill_context: 3, decode_sequences: 1, decode_context: 4 };
    const shape = { hidden: 64, intermediate: 96, heads: 4, kv_heads: 2, head_dim: 16, ...batch };
    const job: TimedJob = { kind: "layer", id: "layer cold", layer: { shape, choices: startingChoices("f32", false, []) }, cache: "cold" };
    const { results } = await together([job]);
    const { rotated_bytes, family } = measured(results.get("layer cold"));
    expect(family).toBe("decoder-layer");
    expect(rotated_bytes).toBeGreaterThan(64 * MIB);
  });

  it("leave out a cold case of a kernel that has neither weights nor a cache", async () => {
    const { results } = await together([{ ...residual, id: "residual cold", cache: "cold" }]);
    expect(results.get("residual cold")).toMatchInlineSnapshot(`
      {
        "because": "residual-add/f32 reads neither weights nor a KV cache: it has no cold case, measure it hot",
        "kind": "left-out",
      }
    `);
  });

  it("are cut when their time is over: what has enough samples says that it timed out, the rest has no result", async () => {
    const jobs = [matmul(64, 512, 256, "hot"), { ...matmul(64, 512, 256, "hot"), id: "another" }, residual];
    const { end, results } = await together(jobs, { within: 0, silence: 60 });
    expect(end).toEqual({ kind: "done" });
    expect(results.size).toBe(0);
    const { results: some } = await together(jobs, { within: 1, silence: 60 });
    for (const result of some.values()) {
      const { visits, samples_s } = measured(result).timing;
      expect(samples_s.length).toBeGreaterThanOrEqual(6);
      expect(visits.at(-1)!.at_s).toBeLessThan(1);
    }
  });
});
