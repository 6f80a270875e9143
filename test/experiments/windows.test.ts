import { describe, expect, it } from "vitest";
import { surelyMissed } from "../../src/experiments/shortage.ts";
import { over, sumsOf } from "../../src/experiments/windows.ts";
import type { RequestRecord } from "../../src/fleet/config.ts";
import { simulate } from "../../src/fleet/simulate.ts";
import { isGood } from "../../src/plan/objectives/counts.ts";
import { objectivesOf } from "../../src/plan/objectives/objectives.ts";
import { fleetConfig, requestsOf, roomyReplica } from "../fleet/configs.ts";

const oneSecond = { stepTime: () => 1e9, isExtrapolated: () => false };

/** Runs requests on a server whose steps take a second and compute at most 512 tokens. */
const served = (requests: ReturnType<typeof requestsOf>, replicas = 1) => {
  const records: RequestRecord[] = [];
  const config = fleetConfig({ stepTime: oneSecond, replica: roomyReplica, requests, policy: { kind: "fixed", replicas } });
  return { run: simulate(config, (record) => records.push(record)), records };
};

describe("sums of a part of a run", () => {
  it("are those of the whole run where the part is all of it", () => {
    const { run } = served(requestsOf([500, 100, 20], [3000, 300, 5], [10_000, 40, 30]), 2);
    const { tokens, ready_s, paid_gpu_s, busy_s, running_s, lookedUpTokens, hitTokens } = sumsOf(run, 0, run.ended_at_s);
    expect(ready_s).toBeCloseTo(run.paid_s.busy + run.paid_s.idle, 9);
    expect(busy_s).toBeCloseTo(run.paid_s.busy, 9);
    expect(paid_gpu_s).toBeCloseTo(run.gpu_hours * 3600, 9);
    expect(tokens).toBeCloseTo(run.tokens.prompt + run.tokens.output - run.requests.finished, 6);
    expect(over(running_s, busy_s)).toBeCloseTo(run.mean_batch!, 9);
    expect([lookedUpTokens, hitTokens]).toEqual([run.prefix_cache!.queried_tokens, run.prefix_cache!.hit_tokens]);
  });

  it("of two parts add up to that of both, and of none are 0", () => {
    const { run } = served(requestsOf([500, 100, 20], [3000, 300, 5], [10_000, 40, 30]));
    const parts = [sumsOf(run, 0, 7), sumsOf(run, 7, 60)] as const;
    expect(parts[0].tokens + parts[1].tokens).toBeCloseTo(sumsOf(run, 0, 60).tokens, 9);
    expect(sumsOf(run, 200, 300)).toMatchObject({ tokens: 0, ready_s: 0, paid_gpu_s: 0 });
    expect(over(1, 0)).toBeNull();
  });
});

describe("what no orchestration could have met", () => {
  const objectives = { ttft_p99_s: 2, tpot_p99_s: 2 };
  /** So many prompts of 500 tokens in the first second. */
  const burst = (count: number) =>
    requestsOf(...Array.from({ length: count }, (_, i): [number, number, number] => [i === 0 ? 100 : 1, 500, 1]));

  it.each([
    [32, 0, "fit into 32 seconds of 512 tokens"],
    [33, 1, "do not"],
    [40, 8, "do not"],
  ])("of %i prompts of 500 tokens within 30 s and the 2 s of the objective, %i: they %s", (count, missed) => {
    const { run, records } = served([...burst(count), ...requestsOf([100_000, 1, 1]).map((request) => ({ ...request, id: count }))]);
    expect(run.peak_tokens_per_s).toBe(512);
    expect(surelyMissed(run, records, objectives)).toBe(missed);
  });

  it("counts the tokens of those that have to end soon, and takes the smallest first", () => {
    const requests = [
      ...requestsOf(...Array.from({ length: 60 }, (_, i): [number, number, number] => [i === 0 ? 100 : 1, i % 2 === 0 ? 500 : 10, 3])),
      ...requestsOf([100_000, 1, 1]).map((request) => ({ ...request, id: 60 })),
    ];
    const { run, records } = served(requests);
    // 30 of 10 tokens and 30 of 500 fit into 30 s; with all three tokens of each due at once they do not fit into 30 s.
    expect(surelyMissed(run, records, { ...objectives, ttft_p99_s: 0 })).toBe(0);
    expect(surelyMissed(run, records, { ttft_p99_s: 0, tpot_p99_s: 0 })).toBe(1);
  });

  it("is never more than what was missed", () => {
    for (const count of [10, 35, 60, 200]) {
      const { run, records } = served(burst(count), 2);
      const limits = objectivesOf(objectives).filter((objective) => objective.kind === "latency");
      const missed = records.filter((record) => !isGood(record, limits)).length;
      expect(surelyMissed(run, records, objectives)).toBeLessThanOrEqual(missed);
    }
  });
});
