import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { runs } from "../runs.ts";
import { schedulerBench } from "./bench.ts";

describe("the scheduler follows vLLM V1", () => {
  it("one budget of tokens serves prefill and decode together", () => {
    const bench = schedulerBench({ maxNumBatchedTokens: 10 }, [
      [6, 5],
      [20, 5],
    ]);
    expect(bench.step()).toEqual({ 0: 6, 1: 4 });
    expect(bench.step()).toEqual({ 0: 1, 1: 9 });
    expect(bench.batch).toMatchObject({ tokens: 10, outputs: 1, decodeSequences: 1, prefillSequences: 1 });
  });

  it("running requests come before waiting ones, in order of admission", () => {
    const bench = schedulerBench({ maxNumBatchedTokens: 8 }, [
      [4, 9],
      [30, 1],
      [1, 1],
    ]);
    expect(bench.step()).toEqual({ 0: 4, 1: 4 });
    expect(bench.step()).toEqual({ 0: 1, 1: 7 });
    expect(bench.running).toEqual([0, 1]);
    expect(bench.waiting).toEqual([2]);
  });

  it.each([
    [9, [8, 1], "one token over the budget is left for the next step"],
    [8, [8], "a prompt as long as the budget takes one step"],
    [17, [8, 8, 1], "a long prompt takes as many chunks as it needs"],
  ])("chunked prefill: a prompt of %i with a budget of 8 is computed as %j: %s", (prompt, chunks) => {
    const bench = schedulerBench({ maxNumBatchedTokens: 8, maxNumSeqs: 8 }, [[prompt, 1]]);
    expect(chunks.map(() => bench.step()[0])).toEqual(chunks);
    expect(bench.running).toEqual([]);
  });

  it("a token is produced only when all of a request's tokens are computed", () => {
    const bench = schedulerBench({ maxNumBatchedTokens: 8 }, [[17, 2]]);
    const produced = [1, 2, 3, 4].map(() => {
      bench.step();
      return bench.table.produced[0];
    });
    expect(produced).toEqual([0, 0, 1, 2]);
    expect([bench.table.firstTokenAt[0], bench.finishedAt[0]]).toEqual([3, 4]);
  });

  it.each([
    [2, [0, 1]],
    [3, [0, 1, 2]],
  ])("max_num_seqs: at most %i requests run", (maxNumSeqs, running) => {
    const bench = schedulerBench({ maxNumSeqs }, [
      [1, 9],
      [1, 9],
      [1, 9],
    ]);
    bench.step();
    expect(bench.running).toEqual(running);
  });

  it.each([
    [6, [0], [1, 2], "the second does not fit, so the third, which would, is not tried"],
    [7, [0, 1], [2], "the second fits"],
  ])("head of line: with %i usable blocks %j run and %j wait: %s", (usable, running, waiting) => {
    const bench = schedulerBench({ numGpuBlocks: usable + 1 }, [
      [12, 9],
      [16, 9],
      [1, 9],
    ]);
    bench.step();
    expect(bench.running).toEqual(running);
    expect(bench.waiting).toEqual(waiting);
  });

  it.each([
    [4, [0], "one block short of the whole prompt: not admitted, although its first chunk would fit"],
    [5, [0, 1], "room for the whole prompt"],
  ])("full-sequence reserve: with %i usable blocks %j run: %s", (usable, running) => {
    const bench = schedulerBench({ maxNumBatchedTokens: 8, numGpuBlocks: usable + 1 }, [
      [4, 9],
      [16, 2],
    ]);
    bench.step();
    expect(bench.running).toEqual(running);
  });

  it("the reserve is not taken: only the first chunk's blocks are", () => {
    const bench = schedulerBench({ maxNumBatchedTokens: 8 }, [[40, 2]]);
    bench.step();
    expect(bench.table.blocks[0]).toBe(2);
  });

  it("block 0 is the null block: of n blocks n − 1 are usable", () => {
    const { scheduler } = schedulerBench({ numGpuBlocks: 5 }, []);
    expect(scheduler.kv.freeBlocks).toBe(4);
    expect([16, 17].map((tokens) => scheduler.kv.hasRoomFor(0, tokens, 0))).toEqual([true, false]);
  });

  it.each([
    [4, 1],
    [5, 2],
    [8, 2],
    [9, 3],
  ])("%i tokens need %i blocks of 4", (tokens, blocks) => {
    const bench = schedulerBench({}, [[tokens, 2]]);
    bench.step();
    expect(bench.table.blocks[0]).toBe(blocks);
  });

  describe("preemption", () => {
    /** Three requests of one full block each on three usable blocks: the next token of the first wants a fourth. */
    const threeOnThree = () => {
      const bench = schedulerBench(
        { numGpuBlocks: 4 },
        [
          [4, 9],
          [4, 9],
          [4, 9],
          [1, 1],
        ],
        [3],
      );
      expect(bench.step()).toEqual({ 0: 4, 1: 4, 2: 4 });
      return bench;
    };

    it("takes the request admitted last, again and again until the block is free or the victim is the request itself", () => {
      const bench = threeOnThree();
      // 0 takes the block of 2; 1 finds nobody behind it and goes itself.
      expect(bench.step()).toEqual({ 0: 1 });
      expect(bench.running).toEqual([0]);
      expect(Array.from(bench.table.preemptions.subarray(0, 4))).toEqual([0, 1, 1, 0]);
    });

    it("puts the victims in front of the queue, the earliest first", () => {
      const bench = threeOnThree();
      bench.scheduler.waiting.append(3);
      bench.step();
      expect(bench.waiting).toEqual([1, 2, 3]);
    });

    it("admits nobody in the same step, even where there is room", () => {
      const bench = threeOnThree();
      bench.scheduler.waiting.append(3);
      expect(bench.step()).toEqual({ 0: 1 });
      expect(bench.scheduler.kv.freeBlocks).toBe(1);
    });

    it("frees all blocks and computes everything again, while outputs and the first token's time are kept", () => {
      const bench = threeOnThree();
      bench.step();
      expect([bench.table.blocks[1], bench.table.computed[1], bench.table.produced[1]]).toEqual([0, 0, 1]);
      expect(bench.meters.preemptedTokens).toBe(8);
      expect(bench.table.firstTokenAt[1]).toBe(1);
      for (let step = 0; step < 20 && !bench.running.includes(1); step += 1) bench.step();
      // Resumed: 4 prompt tokens and the output it had.
      expect(bench.table.computed[1]).toBe(5);
      expect(bench.table.produced[1]).toBe(2);
      expect(bench.table.firstTokenAt[1]).toBe(1);
    });

    it("counts a resumed request's outputs in the blocks that must be free", () => {
      const bench = schedulerBench({ numGpuBlocks: 4 }, [
        [4, 6],
        [4, 9],
      ]);
      bench.step();
      bench.step();
      expect(bench.running).toEqual([0]);
      // One block is free, but request 1 now has 5 tokens and needs two.
      bench.step();
      expect(bench.scheduler.kv.freeBlocks).toBe(1);
      expect(bench.running).toEqual([0]);
    });
  });
});

describe("the batch that a step is timed by", () => {
  it("a prefill chunk behind p cached tokens has c·p + c·(c+1)/2 query–key pairs", () => {
    const bench = schedulerBench({ maxNumBatchedTokens: 10 }, [[25, 2]]);
    bench.step();
    expect(bench.batch).toMatchObject({ tokens: 10, outputs: 0, prefillSequences: 1, prefillPairs: 55, prefillContext: 10 });
    bench.step();
    expect(bench.batch).toMatchObject({ prefillPairs: 10 * 10 + 55, prefillCached: 10, prefillContext: 20 });
    bench.step();
    expect(bench.batch).toMatchObject({
      tokens: 5,
      outputs: 1,
      prefillPairs: 5 * 20 + 15,
      prefillCached: 20,
      prefillContext: 25,
      decodeSequences: 0,
    });
  });

  it("a decoding request has one token and attends to itself and all before it", () => {
    const bench = schedulerBench({}, [
      [10, 3],
      [20, 3],
    ]);
    bench.step();
    bench.step();
    expect(bench.batch).toEqual({
      tokens: 2,
      outputs: 2,
      prefillSequences: 0,
      prefillPairs: 0,
      prefillCached: 0,
      prefillContext: 0,
      decodeSequences: 2,
      decodeKeys: 11 + 21,
      decodeContext: 21,
    });
  });

  it("a prompt of one token is a prefill", () => {
    const bench = schedulerBench({}, [[1, 2]]);
    bench.step();
    expect(bench.batch).toMatchObject({ prefillSequences: 1, prefillPairs: 1, decodeSequences: 0 });
  });
});

describe("conservation", () => {
  const workloads = fc.record({
    requests: fc.array(fc.tuple(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 20 })), {
      minLength: 1,
      maxLength: 20,
      size: "max",
    }),
    maxNumSeqs: fc.integer({ min: 1, max: 5 }),
    extraTokens: fc.integer({ min: 0, max: 10 }),
    spareBlocks: fc.integer({ min: 0, max: 5 }),
  });

  it("every block is free or held by one request, every request waits, runs or has finished, and all finish", () => {
    fc.assert(
      fc.property(workloads, ({ requests, maxNumSeqs, extraTokens, spareBlocks }) => {
        const usable = 10 + spareBlocks;
        const bench = schedulerBench({ maxNumSeqs, maxNumBatchedTokens: maxNumSeqs + extraTokens, numGpuBlocks: usable + 1 }, requests);
        const { scheduler, table } = bench;
        while (scheduler.runningCount + scheduler.waiting.length > 0) {
          expect(Object.keys(bench.step()).length).toBeGreaterThan(0);
          expect(scheduler.kv.freeBlocks + table.blocks.reduce((a, b) => a + b, 0)).toBe(usable);
          const finished = requests.filter(([, output], id) => table.produced[id] === output).length;
          expect(scheduler.runningCount + scheduler.waiting.length + finished).toBe(requests.length);
        }
        expect(scheduler.kv.freeBlocks).toBe(usable);
      }),
      runs(200),
    );
  });
});
