import { describe, expect, it } from "vitest";
import type { PromptPart, Work } from "../../src/traffic/request.ts";
import { PrefixCache } from "../../src/replica/prefix-cache.ts";
import { schedulerBench, type SchedulerBench } from "./bench.ts";

/** A request whose prompt is these [name, tokens], and then its own tokens up to `promptTokens`. */
const work = (
  promptTokens: number,
  outputTokens: number,
  parts: readonly (readonly [number, number])[] = [],
  more: Partial<Work> = {},
): Work => ({
  promptTokens,
  outputTokens,
  parts: parts.map(([id, tokens]): PromptPart => ({ id, tokens })),
  ...more,
});

/** Blocks of four tokens, prefix caching on. */
const cachingBench = (requests: readonly Work[], limits: Parameters<typeof schedulerBench>[0] = {}, later: readonly number[] = []) =>
  schedulerBench({ enablePrefixCaching: true, ...limits }, requests, later);

const blocksOf = ({ table }: SchedulerBench, id: number): number[] =>
  Array.from(table.requestBlocks[id]!.ids.subarray(0, table.blocks[id]));

/** Runs until everybody who is in has left. */
const drain = (bench: SchedulerBench): void => {
  for (let steps = 0; bench.scheduler.runningCount + bench.scheduler.waiting.length > 0 && steps < 1000; steps += 1) bench.step();
};

describe("a prompt begins with what the cache holds of it", () => {
  it.each([
    [[[1, 16]], 16, 12, "a prompt that is cached whole computes its last block again, since one token must be computed"],
    [[[1, 16]], 17, 16, "one token behind it is enough"],
    [[[1, 15]], 20, 12, "only full blocks count"],
    [[[2, 16]], 17, 0, "another beginning has nothing in common"],
    [
      [
        [1, 8],
        [2, 8],
      ],
      17,
      8,
      "up to where it differs",
    ],
    [
      [
        [2, 4],
        [1, 12],
      ],
      17,
      0,
      "a block counts only with all in front of it",
    ],
  ] as const)("%j, %i tokens in all: %i cached: %s", (parts, promptTokens, cached, _why) => {
    const bench = cachingBench([work(17, 1, [[1, 16]]), work(promptTokens, 1, parts)], {}, [1]);
    drain(bench);
    bench.scheduler.waiting.append(1);
    expect(bench.step()).toEqual({ 1: promptTokens });
    expect([bench.meters.queriedTokens, bench.meters.hitTokens]).toEqual([17 + promptTokens, cached]);
    expect(bench.batch.tokens).toBe(promptTokens - cached);
  });

  it("cached tokens cost nothing of the budget", () => {
    const bench = cachingBench(
      [work(16, 1, [[1, 16]]), work(20, 1, [[1, 16]]), work(6, 1)],
      { maxNumBatchedTokens: 16, maxNumSeqs: 8 },
      [1, 2],
    );
    drain(bench);
    for (const id of [1, 2]) bench.scheduler.waiting.append(id);
    bench.step();
    // 4 of 20 and all 6 fit into 16.
    expect(bench.batch).toMatchObject({ tokens: 10, outputs: 2, prefillCached: 16 });
  });

  it("a block is found from the step on that schedules its last token, before it has run", () => {
    const bench = cachingBench([work(16, 3, [[1, 16]]), work(16, 3, [[1, 16]])]);
    bench.step();
    expect(bench.batch.tokens).toBe(16 + 4);
    expect(blocksOf(bench, 1).slice(0, 3)).toEqual(blocksOf(bench, 0).slice(0, 3));
  });

  it("two requests that hold a block hold it once", () => {
    const bench = cachingBench([work(17, 3, [[1, 16]]), work(17, 3, [[1, 16]])]);
    bench.step();
    expect(bench.scheduler.kv.heldBlocks).toBe(4 + 1 + 1);
    drain(bench);
    expect(bench.scheduler.kv.heldBlocks).toBe(0);
  });

  it("outputs are cached as they come, and found by the session's next prompt", () => {
    const turn = work(8, 9, [[1, 8]], { outputId: 2 });
    const next = work(
      21,
      1,
      [
        [1, 8],
        [2, 9],
      ],
      {},
    );
    const bench = cachingBench([turn, next], {}, [1]);
    drain(bench);
    bench.scheduler.waiting.append(1);
    bench.step();
    // 8 of prompt and 8 of output: the ninth was produced and never computed.
    expect(bench.meters.hitTokens).toBe(16);
  });

  it("outputs without a name are nobody else's", () => {
    const bench = cachingBench([work(8, 9), work(8, 9)]);
    drain(bench);
    expect(bench.meters.hitTokens).toBe(0);
  });
});

describe("what is freed", () => {
  it("stays in the cache until another request is given the block, what was freed first going first", () => {
    const a = work(8, 1, [[1, 8]]);
    const b = work(8, 1, [[2, 8]]);
    const bench = cachingBench([a, b, work(8, 1), work(9, 1, [[1, 8]]), work(9, 1, [[2, 8]])], { numGpuBlocks: 7, maxNumSeqs: 1 }, [3, 4]);
    // a and b leave two blocks each; the third takes the two that were never used.
    drain(bench);
    for (const id of [3, 4]) {
      bench.scheduler.waiting.append(id);
      const before = bench.meters.hitTokens;
      drain(bench);
      // The first still finds all; its own third block then took the tail of what the other would have found.
      expect([id, bench.meters.hitTokens - before]).toEqual([id, id === 3 ? 8 : 4]);
    }
  });

  it("goes tail first: the beginning is found longest", () => {
    const bench = cachingBench([work(16, 1, [[1, 16]]), work(5, 1), work(17, 1, [[1, 16]])], { numGpuBlocks: 6, maxNumSeqs: 1 }, [2]);
    // The second takes the block never used and the last one of the first.
    drain(bench);
    bench.scheduler.waiting.append(2);
    bench.step();
    expect(bench.meters.hitTokens).toBe(12);
  });

  it("a block that nobody could find is used again first", () => {
    const bench = cachingBench([work(6, 1, [[1, 6]]), work(1, 1)], { maxNumSeqs: 1 });
    drain(bench);
    // 0 had block 1, full and cached, and block 2, which was not full.
    expect([0, 1].map((id) => bench.table.requestBlocks[id]!.ids[0])).toEqual([1, 2]);
  });

  it("a preempted request finds its own blocks again", () => {
    // Two blocks each of four; the third block of 0 is the last one of 1, whose first stays.
    const bench = cachingBench([work(8, 5), work(8, 5)], { numGpuBlocks: 5 });
    drain(bench);
    expect([bench.meters.preemptions, bench.meters.preemptedTokens, bench.meters.foundAgainTokens]).toEqual([1, 8, 4]);
    expect([bench.meters.queriedTokens, bench.meters.hitTokens]).toEqual([16, 0]);
  });
});

describe("room for a request that finds blocks", () => {
  it("counts those that nobody holds against the free ones, and not those that are held", () => {
    const shared = [[1, 8]] as const;
    const bench = cachingBench([work(8, 2, shared), work(12, 1, shared)], { numGpuBlocks: 4 }, [1]);
    // Three usable blocks. 0 takes all of them for its second token; 1 would share two of them, and needs one more.
    bench.step();
    bench.scheduler.waiting.append(1);
    bench.step();
    expect(bench.running).toEqual([]);
    // Now all are free: 8 cached tokens and one new block fit exactly.
    expect(bench.step()).toEqual({ 1: 12 });
    expect(bench.meters.hitTokens).toBe(8);
  });
});

describe("a cache that is copied", () => {
  const shared = (id: number) => work(20, 1, [[id, 16]]);
  const copyOf = (bench: SchedulerBench, numGpuBlocks: number): PrefixCache => {
    const copy = new PrefixCache(numGpuBlocks, 4, bench.table);
    copy.copyFrom(bench.scheduler.kv);
    return copy;
  };

  it("finds what the other finds, held or not, and holds nothing", () => {
    const bench = cachingBench([shared(1), work(20, 9, [[2, 16]]), shared(1), shared(2), shared(3)], { numGpuBlocks: 21 }, [2, 3, 4]);
    bench.step();
    bench.step();
    expect(bench.running).toEqual([1]);
    const copy = copyOf(bench, 21);
    expect([copy.heldBlocks, copy.freeBlocks]).toEqual([0, 20]);
    for (const slot of [2, 3, 4]) expect(copy.match(slot)).toBe(bench.scheduler.kv.match(slot));
    expect([2, 3, 4].map((slot) => copy.match(slot))).toEqual([16, 16, 0]);
  });

  it("gives up first what the other would: what nobody held there, the oldest first", () => {
    const bench = cachingBench([shared(1), shared(2), work(32, 1), shared(1), shared(2)], { numGpuBlocks: 15, maxNumSeqs: 1 }, [2, 3, 4]);
    drain(bench);
    const copy = copyOf(bench, 15);
    // Of 14 blocks eight are shared; eight are taken, so that two that were free with content must go.
    copy.match(2);
    copy.admit(2, 32);
    expect(copy.heldBlocks).toBe(8);
    expect([3, 4].map((slot) => copy.match(slot))).toEqual([8, 16]);
  });

  it("is empty where the other has no prefix caching", () => {
    const bench = schedulerBench({}, [shared(1)]);
    bench.step();
    expect(copyOf(bench, 21).match(0)).toBe(0);
  });
});
