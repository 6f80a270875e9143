import { describe, expect, it } from "vitest";
import { batchDefaults, batchLimits } from "../../src/calibration/batch-defaults.ts";
import type { Work } from "../../src/traffic/request.ts";
import { schedulerBench } from "./bench.ts";

const work = (promptTokens: number, outputTokens: number, priority: number): Work => ({ promptTokens, outputTokens, priority });

describe("priority policy", () => {
  it("admits by priority, lower first, then by arrival", () => {
    const requests = [work(4, 9, 2), work(4, 9, 1), work(4, 9, 0), work(4, 9, 1)];
    const bench = schedulerBench({ schedulingPolicy: "priority", maxNumSeqs: 3 }, requests);
    bench.step();
    expect(bench.running).toEqual([2, 1, 3]);
  });

  it("preempts the lowest priority, of equals the one that came last, wherever it stands in the batch", () => {
    // Running in order of admission: 2, then 0 and 1. Three blocks are full; the next token of 2 wants a fourth.
    const bench = schedulerBench({ schedulingPolicy: "priority", numGpuBlocks: 4 }, [work(4, 9, 1), work(4, 9, 2), work(4, 9, 0)]);
    bench.step();
    expect(bench.running).toEqual([2, 0, 1]);
    bench.step();
    expect(bench.table.preemptions[1]).toBe(1);
    expect(bench.running[0]).toBe(2);
  });

  it("gives back the tokens of a victim that was already scheduled in this step", () => {
    // 0 came with low priority and runs first. 1 joins, and its ninth token wants a block that only 0 can give.
    const bench = schedulerBench(
      { schedulingPolicy: "priority", numGpuBlocks: 5, maxNumBatchedTokens: 8, maxNumSeqs: 4 },
      [work(4, 9, 5), work(8, 9, 0)],
      [1],
    );
    bench.step();
    bench.scheduler.waiting.append(1);
    expect([bench.step(), bench.step(), bench.step()]).toEqual([{ 0: 1, 1: 7 }, { 0: 1, 1: 1 }, { 1: 1 }]);
    expect(bench.batch.tokens).toBe(1);
    expect([bench.running, bench.waiting]).toEqual([[1], [0]]);
  });

  it("puts a preempted request back where its priority says, not in front", () => {
    const bench = schedulerBench({ schedulingPolicy: "priority", numGpuBlocks: 3 }, [work(4, 9, 1), work(4, 9, 2), work(4, 9, 0)], [2]);
    bench.step();
    bench.scheduler.waiting.append(2);
    bench.step();
    expect(bench.waiting).toEqual([2, 1]);
  });
});

it.each([
  [0, [20]],
  [8, [8, 8, 4]],
])("long_prefill_token_threshold %i: a prompt of 20 is computed as %j", (longPrefillTokenThreshold, chunks) => {
  const bench = schedulerBench({ longPrefillTokenThreshold }, [[20, 1]]);
  expect(chunks.map(() => bench.step()[0])).toEqual(chunks);
});

it("without chunked prefill a prompt that does not fit into the step waits, and so do all behind it", () => {
  const bench = schedulerBench({ enableChunkedPrefill: false, maxNumBatchedTokens: 20, maxModelLen: 20 }, [
    [12, 3],
    [12, 3],
    [2, 3],
  ]);
  expect(bench.step()).toEqual({ 0: 12 });
  expect(bench.step()).toEqual({ 0: 1, 1: 12, 2: 2 });
});

it.each([
  [true, [0]],
  [false, [0, 1]],
])("scheduler_reserve_full_isl %s: of two prompts of which only the first fits whole, %j run", (schedulerReserveFullIsl, running) => {
  const bench = schedulerBench({ schedulerReserveFullIsl, maxNumBatchedTokens: 12, numGpuBlocks: 6 }, [
    [8, 3],
    [16, 3],
  ]);
  bench.step();
  expect(bench.running).toEqual(running);
});

it.each([
  [0, [0, 1]],
  [0.25, [0]],
])("watermark %f of 8 blocks: with one request running, a second that would leave one free: %j run", (watermark, running) => {
  const bench = schedulerBench({ watermark, numGpuBlocks: 8 }, [
    [12, 3],
    [12, 3],
  ]);
  bench.step();
  expect(bench.running).toEqual(running);
});

it("the watermark does not bind while nothing runs", () => {
  const bench = schedulerBench({ watermark: 0.9, numGpuBlocks: 8 }, [[28, 1]]);
  expect(bench.step()).toEqual({ 0: 28 });
});

describe("limits of a batch by vLLM's defaults", () => {
  it.each([
    [80, "NVIDIA H100 80GB HBM3", 1024, 8192],
    [80, "NVIDIA A100-SXM4-80GB", 256, 2048],
    [24, "NVIDIA GeForce RTX 4090", 256, 2048],
    [141, "NVIDIA H200", 1024, 8192],
  ])("%i GiB of %s: %i sequences, %i tokens", (gib, name, max_num_seqs, max_num_batched_tokens) => {
    expect(batchDefaults(gib * 2 ** 30, name)).toEqual({ max_num_seqs, max_num_batched_tokens });
  });

  it.each([
    [{ max_num_seqs: 4000 }, 2048, "as many tokens as ever: vLLM then refuses to start"],
    [{ max_num_seqs: 4, max_model_len: 100 }, 400, "no more than all sequences can have"],
    [{ max_model_len: 32_768, enable_chunked_prefill: false }, 32_768, "a whole prompt without chunked prefill"],
    [{ max_model_len: 32_768 }, 2048, "the default with it"],
  ])("%j: a step of %i tokens, %s", (given, tokens, _why) => {
    expect(batchLimits(given, 2 ** 34, "small").max_num_batched_tokens).toBe(tokens);
  });

  it("no more sequences than tokens where only the tokens are given", () => {
    expect(batchLimits({ max_num_batched_tokens: 64 }, 2 ** 34, "small")).toEqual({ max_num_seqs: 64, max_num_batched_tokens: 64 });
  });
});
