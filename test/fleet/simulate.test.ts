import { describe, expect, it } from "vitest";
import type { Policy } from "../../src/fleet/policy.ts";
import { fleetConfig, requestsOf, roomyReplica, simulateAll } from "./configs.ts";

/** One second a step, so that times can be read off. */
const oneSecond = { stepTime: () => 1e9, isExtrapolated: () => false };
const second = 1e9;

describe("a request's times", () => {
  it("the first token comes at the end of the prefill step, one more each step", () => {
    const { requests, run } = simulateAll(fleetConfig({ stepTime: oneSecond, requests: requestsOf([500, 10, 3]) }));
    expect(requests[0]).toMatchObject({ state: "finished", firstTokenAt: 1.5 * second, lastTokenAt: 3.5 * second });
    expect(run.latency.ttft_s?.mean).toBe(1);
    expect(run.latency.tpot_s?.mean).toBe(1);
    expect(run.latency.end_to_end_s?.mean).toBe(3);
    expect(run.ended_at_s).toBe(3.5);
  });

  it.each([false, true])("an arrival waits for the end of the step under way; at its end it is in time (stepwise: %s)", (isStepwise) => {
    const requests = requestsOf([0, 10, 20], [1500, 10, 1], [500, 10, 1], [1, 10, 1]);
    const result = simulateAll(fleetConfig({ stepTime: oneSecond, requests, isStepwise }));
    expect(result.requests.map(({ firstTokenAt }) => firstTokenAt! / second)).toEqual([1, 3, 3, 4]);
  });

  it("requests that arrive at one instant start together", () => {
    const { requests } = simulateAll(fleetConfig({ stepTime: oneSecond, requests: requestsOf([7, 10, 1], [0, 10, 1], [0, 10, 1]) }));
    expect(new Set(requests.map(({ lastTokenAt }) => lastTokenAt)).size).toBe(1);
  });

  it("a request with one output token has no time per output token", () => {
    const { run } = simulateAll(fleetConfig({ requests: requestsOf([0, 10, 1], [0, 10, 1]) }));
    expect([run.latency.ttft_s?.count, run.latency.tpot_s]).toEqual([2, null]);
  });

  it("no traffic is a run of no length", () => {
    const { run } = simulateAll(fleetConfig({ requests: [] }));
    expect(run).toMatchObject({ ended_at_s: 0, gpu_hours: 0, utilization: null, mean_batch: null, latency: { ttft_s: null } });
  });
});

describe("rejection", () => {
  it.each([
    [90, 10, "finished", "prompt and output just fill max_model_len"],
    [90, 11, "rejected", "one token over max_model_len"],
    [64, 17, "finished", "fills the cache: the last token is never computed"],
    [64, 18, "rejected", "one block more than the cache has"],
  ])("%i + %i tokens are %s: %s", (prompt, output, state, why) => {
    const limits = why.includes("max_model_len") ? { maxModelLen: 100 } : { numGpuBlocks: 6 };
    const result = simulateAll(
      fleetConfig({ replica: { ...roomyReplica, ...limits }, requests: requestsOf([0, 1, 1], [0, prompt, output]) }),
    );
    expect(result.requests[1]?.state).toBe(state);
  });
});

const hpa = (parts: Partial<Extract<Policy, { kind: "hpa" }>> = {}): Policy => ({
  kind: "hpa",
  min_replicas: 1,
  max_replicas: 4,
  metric: "requests_in_flight",
  target_average: 1,
  ...parts,
});

describe("a fleet that scales", () => {
  const coldStart = [
    { name: "node", state: "provisioning", duration: 20 },
    { name: "weights", state: "loading", duration: 7 },
    { name: "warm-up", state: "warming", duration: 3 },
  ] as const;

  it("starts cold replicas, which serve when they are ready and are paid for from the start", () => {
    const requests = requestsOf([10_000, 10, 100], [0, 10, 100], [40_000, 10, 5]);
    const { run, requests: records } = simulateAll(fleetConfig({ stepTime: oneSecond, coldStart, policy: hpa(), requests }));
    expect(run.scale_events[0]).toMatchObject({
      at_s: 15,
      from: 1,
      to: 2,
      because: "requests_in_flight averaged 2 a pod, target 1: 2 wanted",
      ready_after_s: 30,
    });
    // Ready at 45 s, so the arrival of 50 s goes to it and starts at once.
    expect(records[2]?.firstTokenAt).toBe(51 * second);
    expect(run.paid_s).toMatchObject({ provisioning: 20, loading: 7, warming: 3 });
    expect(run.paid_s.busy + run.paid_s.idle).toBe(run.ended_at_s + run.ended_at_s - 45);
  });

  it("drains the replica that became ready last; it finishes what it holds and takes nothing new", () => {
    // 1 and 3 go to the second replica; the HPA wants one replica once five minutes have passed.
    const policy = hpa({ initial_replicas: 2, target_average: 8 });
    const requests = requestsOf([290_000, 10, 60], [0, 10, 60], [0, 10, 1], [0, 10, 1], [20_000, 10, 1], [0, 10, 1]);
    const { run, requests: records } = simulateAll(fleetConfig({ stepTime: oneSecond, policy, requests }));
    expect(run.scale_events.map(({ at_s, from, to, ready_after_s }) => [at_s, from, to, ready_after_s])).toEqual([[315, 2, 1, null]]);
    expect(run.requests.finished).toBe(6);
    expect(records.map(({ lastTokenAt }) => lastTokenAt! / second)).toEqual([350, 350, 291, 291, 311, 311]);
    expect(run.paid_s.busy).toBe(120);
    expect(run.timeline.replicas_ready.at(-1)).toBe(1);
  });

  it("gives a replica up that still starts before one that serves; its scale-up never came to effect", () => {
    const slow = [{ name: "node", state: "provisioning", duration: 1000 }] as const;
    const requests = requestsOf([10_000, 10, 10], [0, 10, 10], [500_000, 10, 1]);
    const { run } = simulateAll(fleetConfig({ stepTime: oneSecond, coldStart: slow, policy: hpa(), requests }));
    expect(run.scale_events.map(({ at_s, from, to, ready_after_s }) => [at_s, from, to, ready_after_s])).toEqual([
      [15, 1, 2, null],
      [330, 2, 1, null],
    ]);
    expect(run.paid_s.provisioning).toBe(315);
  });

  it("is brought to min_replicas at the first pass", () => {
    const policy = hpa({ min_replicas: 3, max_replicas: 3, initial_replicas: 1 });
    const { run } = simulateAll(fleetConfig({ stepTime: oneSecond, coldStart, policy, requests: requestsOf([29_000, 10, 2]) }));
    expect(run.scale_events).toMatchObject([{ at_s: 0, from: 1, to: 3, because: "min_replicas 3, the fleet had 1", ready_after_s: 30 }]);
  });

  it("a cold start of no time is ready at once", () => {
    const policy = hpa({ min_replicas: 2, initial_replicas: 1 });
    const { run } = simulateAll(fleetConfig({ stepTime: oneSecond, policy, requests: requestsOf([0, 10, 5], [0, 10, 5]) }));
    expect(run.scale_events[0]?.ready_after_s).toBe(0);
    expect(run.paid_s.busy).toBe(5);
  });
});

it("law: the timeline's windows are time averages, the last one cut at the end", () => {
  const requests = requestsOf([500, 10, 2], [0, 10, 2], [1000, 10, 1]);
  const { run } = simulateAll(fleetConfig({ stepTime: oneSecond, replica: { ...roomyReplica, maxNumSeqs: 1 }, requests }));
  // One server, one at a time: 0 runs from 0.5 to 2.5, 1 until 4.5, 2 until 5.5.
  const none = [0, 0, 0, 0, 0, 0];
  // Steps of at most 512 tokens a second.
  expect(run.peak_tokens_per_s).toBe(512);
  expect(run.timeline).toEqual({
    window_s: 1,
    arrivals: [2, 1, 0, 0, 0, 0],
    replicas_ready: [1, 1, 1, 1, 1, 1],
    replicas_starting: none,
    replicas: {
      provisioning: none,
      loading: none,
      warming: none,
      busy: [0.5, 1, 1, 1, 1, 1],
      idle: [0.5, 0, 0, 0, 0, 0],
      draining: none,
      asleep: none,
    },
    queued: [0.5, 1.5, 1.5, 1, 0.5, 0],
    running: [0.5, 1, 1, 1, 1, 1],
    kv_use: [0.5, 1, 1, 1, 1, 1].map((share) => share / 1999),
    looked_up_tokens: [10, 0, 10, 0, 10, 0],
    hit_rate: [0, null, 0, null, 0, null],
    busy_share: [0.5, 1, 1, 1, 1, 1],
    // Steps end at 1.5, 2.5 … 5.5 s: a prompt, a token, a prompt, a token, a prompt.
    useful_share: [0, 10, 1, 10, 1, 20].map((tokens) => tokens / 512),
    paid_gpu_s: [1, 1, 1, 1, 1, 0.5],
    ttft_p50_s: [2, 4, null, null, null, null],
    ttft_p99_s: [2.98, 4, null, null, null, null],
    tpot_p50_s: [1, null, null, null, null, null],
    tpot_p99_s: [1, null, null, null, null, null],
  });
});
