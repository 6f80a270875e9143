import { describe, expect, it } from "vitest";
import type { Observation } from "../../../src/autoscaler/autoscaler.ts";
import { CALM, churnSchema, type Churn } from "../../../src/fleet/churn/settings.ts";
import type { FleetConfig } from "../../../src/fleet/config.ts";
import { Simulation } from "../../../src/fleet/simulation.ts";
import type { ColdStartPhase } from "../../../src/replica/config.ts";
import type { Request } from "../../../src/traffic/request.ts";
import { fleetConfig, requestsOf, roomyReplica, simulateAll } from "../configs.ts";

const second = 1e9;
/** One second a step. */
const even = { stepTime: () => second, isExtrapolated: () => false };
/** 100 s until a node is there, 20 s until it serves. */
const coldStart: ColdStartPhase[] = [
  { name: "provision", state: "provisioning", duration: 100 },
  { name: "weights", state: "loading", duration: 20 },
];
const churn = (settings: object): Churn => churnSchema.parse(settings);
const config = (settings: object, parts: Partial<FleetConfig>): FleetConfig =>
  fleetConfig({ stepTime: even, coldStart, churn: churn(settings), ...parts });
/** `count` requests at time 0, of 20 prompt and `output` tokens; each output token takes a second. */
const burst = (count: number, output: number): Request[] => requestsOf(...Array.from({ length: count }, () => [0, 20, output] as const));
/** Has 2 replicas at first and 1 from the first decision that is 15 s on. */
const downTo = (replicas: number): FleetConfig["policy"] => ({
  kind: "module",
  name: "down.mjs",
  sha256: "0",
  initial_replicas: 2,
  module: { decide: ({ now }: { readonly now: number }) => (now < 15 ? 2 : replicas) },
});

describe("a draining replica", () => {
  const drained = (drain: object, parts: Partial<FleetConfig> = {}) =>
    simulateAll(config({ drain }, { policy: downTo(1), requests: burst(2, 40), ...parts }));

  it("finishes what it holds, however long that takes", () => {
    const { run, requests } = drained({ kind: "finish" });
    expect(requests.map(({ lastTokenAt }) => lastTokenAt! / second)).toEqual([40, 40]);
    expect(run.paid_s.busy).toBe(80);
  });

  it.each([
    [10, 15 + 10, { finished: 1, cut_off: 1 }, 20 + 25],
    [24, 15 + 24, { finished: 1, cut_off: 1 }, 20 + 39],
    [25, 40, { finished: 2, cut_off: 0 }, undefined],
    [0, 15, { finished: 1, cut_off: 1 }, 20 + 15],
  ])("has a grace period of %i s, and is paid for until %i s", (gracePeriod, until, states, abandoned) => {
    const { run, requests } = drained({ kind: "grace", grace_period_s: gracePeriod });
    expect(run.requests).toMatchObject(states);
    expect(run.paid_s.busy).toBe(40 + until);
    // The prompt and the tokens that were sent: the last one was being computed in the step under way.
    expect(run.tokens.abandoned).toBe(abandoned);
    expect(requests.map(({ firstTokenAt }) => firstTokenAt! / second)).toEqual([1, 1]);
    expect(run.latency.ttft_s).toMatchObject({ count: states.finished });
  });

  it("hands over what it holds at once: what was sent stays sent, prompt and output are prefilled again elsewhere", () => {
    const { run, requests } = drained({ kind: "hand-over" });
    expect(run).toMatchObject({ hand_overs: 1, requests: { finished: 2, cut_off: 0 }, paid_s: { busy: 41 + 15 } });
    // It had 15 tokens and the 16th was under way; the step of the other replica must end first.
    expect(run.tokens.recomputed).toBe(20 + 15);
    expect(requests.map(({ firstTokenAt, lastTokenAt }) => [firstTokenAt! / second, lastTokenAt! / second])).toEqual([
      [1, 40],
      [1, 41],
    ]);
  });

  it("hands over what waits as it came, and nothing is computed twice", () => {
    const replica = { ...roomyReplica, maxNumSeqs: 1 };
    const { run, requests } = drained(
      { kind: "hand-over" },
      { replica, requests: burst(4, 40), policy: { ...downTo(1), initial_replicas: 2 } as FleetConfig["policy"] },
    );
    expect(run).toMatchObject({ hand_overs: 2, requests: { finished: 4 } });
    expect(run.tokens.recomputed).toBe(20 + 15);
    // The one that ran goes in front of the one that waited behind it, and both behind the one that waits at the other replica.
    expect(requests.map(({ lastTokenAt }) => lastTokenAt! / second)).toEqual([40, 80 + 25, 80, 80 + 25 + 40]);
  });
});

describe("the first to go on a scale-down", () => {
  /** Replica 0 ready at 0, 1 at 0, 2 at 120 s (for a scale-up at 0); which is left when two of the three go at 150 s. */
  const left = (victim: Churn["victim"], requests: Request[]): number[] => {
    const policy: FleetConfig["policy"] = {
      kind: "module",
      name: "wave.mjs",
      sha256: "0",
      initial_replicas: 2,
      module: { decide: ({ now }: { readonly now: number }) => (now < 150 ? 3 : 1) },
    };
    const simulation = new Simulation(
      config({ victim, drain: { kind: "grace", grace_period_s: 0 } }, { policy, requests, router: { kind: "round-robin" } }),
    );
    for (const request of requests) simulation.feed(request);
    simulation.advanceTo(151 * second);
    return [...simulation["fleet"].replicas.keys()];
  };
  // Round robin: a long request to 0, two to 1 of which one is short, a short one to 2 when it is ready.
  const requests = requestsOf([0, 20, 500], [0, 400, 500], [1000, 20, 5], [0, 20, 500], [129_000, 20, 5]).map((request) => ({
    ...request,
    // Only what has a name can be found by others.
    parts: [{ id: request.promptTokens, tokens: request.promptTokens }],
  }));

  it.each([
    ["kubernetes", [0]],
    ["newest", [0]],
    ["oldest", [2]],
    ["least-loaded", [1]],
    ["least-cached", [1]],
  ] as const)("%s: leaves replica %j", (victim, expected) => {
    expect(left(victim, requests)).toEqual(expected);
  });

  it("is one without a node, and then one that starts, whatever the setting", () => {
    const policy: FleetConfig["policy"] = {
      kind: "module",
      name: "up-and-down.mjs",
      sha256: "0",
      initial_replicas: 1,
      module: { decide: ({ now }: { readonly now: number }) => (now < 15 ? 2 : now < 105 ? 3 : now < 120 ? 2 : 1) },
    };
    const simulation = new Simulation(config({ victim: "oldest" }, { policy, requests: [] }));
    const idsAt = (time: number): number[] => {
      simulation.advanceTo(time * second);
      return [...simulation["fleet"].replicas.keys()];
    };
    expect([idsAt(100), idsAt(110)]).toEqual([
      [0, 1, 2],
      [0, 1],
    ]);
  });
});

describe("a server that dies", () => {
  const failed = (replica: object, parts: Partial<FleetConfig> = {}) =>
    simulateAll(
      config(
        { failures: { replica: { at_s: [10.5], ...replica } } },
        { policy: { kind: "fixed", replicas: 1 }, requests: burst(1, 40), ...parts },
      ),
    );

  it("loses what it holds, and starts again on its node: loading only, with an empty cache", () => {
    const requests = [...burst(1, 40), ...requestsOf([20_000, 20, 1])].map((request, id) => ({ ...request, id }));
    const { run, requests: records } = failed({}, { requests });
    expect(run.prefix_cache).toEqual({ queried_tokens: 40, hit_tokens: 0 });
    expect(run.requests).toMatchObject({ lost: 1, finished: 1 });
    expect(records.map(({ state, firstTokenAt }) => [state, firstTokenAt! / second])).toEqual([
      ["lost", 1],
      ["finished", 31.5],
    ]);
    expect(run.paid_s).toMatchObject({ provisioning: 0, loading: 20, busy: 11.5, idle: 0, failed: 0 });
    expect(run.disruptions).toEqual([
      {
        at_s: 10.5,
        kind: "failure",
        replica: 0,
        because: "as the scenario says",
        lost: 1,
        cut_off: 0,
        handed_over: 0,
        recovered_after_s: 20,
      },
    ]);
  });

  it("has nothing to do with what it gives up when it goes later on", () => {
    const requests = requestsOf([0, 20, 1], [40_000, 20, 100], [0, 20, 100]);
    const policy: FleetConfig["policy"] = {
      ...downTo(1),
      module: { decide: ({ now }: Observation) => (now < 60 ? 2 : 1) },
    } as FleetConfig["policy"];
    const { run } = simulateAll(
      config({ drain: { kind: "hand-over" }, victim: "oldest", failures: { replica: { at_s: [10] } } }, { policy, requests }),
    );
    expect(run.hand_overs).toBe(1);
    expect(run.disruptions).toMatchObject([{ replica: 0, lost: 0, handed_over: 0, recovered_after_s: 20 }]);
  });

  it("waits longer each time, and its GPU is paid for meanwhile, or not", () => {
    const requests = requestsOf([0, 20, 1], [90_000, 20, 1]);
    const twice = { at_s: [10, 40] };
    expect(failed(twice, { requests }).run.paid_s).toMatchObject({ loading: 40, failed: 10 });
    expect(failed({ ...twice, is_paid: false }, { requests }).run.paid_s).toMatchObject({ loading: 40, failed: 0 });
    expect(failed({ ...twice, back_off: false }, { requests }).run.paid_s).toMatchObject({ loading: 40, failed: 0 });
  });

  it("is replaced by another on a new node, after as long as it takes to notice", () => {
    const requests = requestsOf([0, 20, 1], [20_000, 20, 1]);
    const startUp = { keepNode: 1000, warmPool: null };
    const { run, requests: records } = failed({ recovery: "replace", replace_after_s: 30 }, { requests, startUp });
    expect(records[1]!.firstTokenAt).toBe((10.5 + 30 + 120 + 1) * second);
    expect(run.paid_s).toMatchObject({ failed: 30, provisioning: 100, loading: 20, asleep: 0 });
    expect(run.disruptions).toMatchObject([{ replica: 0, recovered_after_s: 150 }]);
  });

  it("is not ready in the eyes of an autoscaler, and still one of those wanted", () => {
    const seen: unknown[] = [];
    const policy: FleetConfig["policy"] = {
      kind: "module",
      name: "looks.mjs",
      sha256: "0",
      initial_replicas: 2,
      module: {
        decide: ({ now, current, replicas }: Observation) => {
          if (now === 15 || now === 45) seen.push({ current, states: replicas.map(({ state, metrics }) => [state, metrics === null]) });
          return current;
        },
      },
    };
    failed({}, { policy, requests: requestsOf([0, 20, 1], [60_000, 20, 1]) });
    expect(seen).toEqual([
      {
        current: 2,
        states: [
          ["starting", true],
          ["serving", false],
        ],
      },
      {
        current: 2,
        states: [
          ["serving", false],
          ["serving", false],
        ],
      },
    ]);
  });

  it("is lost on nobody where none is ready, and that is said", () => {
    const { run } = failed({ at_s: [5, 6] }, { requests: requestsOf([0, 20, 1], [60_000, 20, 1]) });
    expect(run.disruptions?.map(({ replica, because }) => [replica, because])).toEqual([
      [0, "as the scenario says"],
      [null, "as the scenario says; no replica was ready"],
    ]);
  });
});

it.each([
  [1, 20, "from afar, where there is none"],
  [2, 2, "from a peer, where there is one"],
])("of %i replicas one that starts again loads in %i s: %s", (replicas, seconds) => {
  const phase: ColdStartPhase = { name: "weights", state: "loading", transfer: { bytes: 20e9, bandwidth: 1e9, peerBandwidth: 10e9 } };
  const { run } = simulateAll(
    config(
      { failures: { replica: { at_s: [10] } } },
      { coldStart: [phase], policy: { kind: "fixed", replicas }, requests: requestsOf([0, 20, 1], [60_000, 20, 1]) },
    ),
  );
  expect(run.disruptions).toMatchObject([{ recovered_after_s: seconds }]);
});

describe("a node that is reclaimed", () => {
  const reclaimed = (notice: number, drain: object) =>
    simulateAll(
      config(
        { drain, failures: { node: { at_s: [10.5], notice_s: notice } } },
        { policy: { kind: "fixed", replicas: 1 }, requests: burst(1, 40), startUp: { keepNode: 1000, warmPool: null } },
      ),
    ).run;

  it.each([
    [120, { kind: "finish" }, { finished: 1, cut_off: 0 }, 40],
    [20, { kind: "finish" }, { finished: 0, cut_off: 1 }, 30.5],
    [20, { kind: "grace", grace_period_s: 5 }, { finished: 0, cut_off: 1 }, 15.5],
    [20, { kind: "grace", grace_period_s: 25 }, { finished: 0, cut_off: 1 }, 30.5],
  ])("with a notice of %i s under %j: %j, busy for %d s", (notice, drain, states, busy) => {
    const run = reclaimed(notice, drain);
    expect(run.requests).toMatchObject(states);
    expect(run.paid_s.busy).toBe(busy);
    expect(run.disruptions).toMatchObject([{ kind: "reclaim", replica: 0, cut_off: states.cut_off }]);
  });

  it("has its requests go on where another takes its place, on a new node from the notice on", () => {
    const run = reclaimed(20, { kind: "hand-over" });
    // 10 tokens were out, the other 30 come from 120 s later on.
    expect(run).toMatchObject({
      ended_at_s: 10.5 + 120 + 30,
      requests: { finished: 1 },
      paid_s: { provisioning: 100, loading: 20, asleep: 0 },
    });
    expect(run.disruptions).toMatchObject([{ handed_over: 1, recovered_after_s: 120 }]);
    expect(run.tokens.recomputed).toBe(20 + 10);
  });
});

it("a request that no replica lives long enough for is waited for a day, and stays queued", () => {
  // 200 s a step: prefilled for none of the replicas, which are there for 10 s on average.
  const stuck = config(
    { drain: { kind: "hand-over" }, failures: { node: { between: { kind: "exponential", mean_s: 10 }, notice_s: 0 } } },
    {
      policy: { kind: "fixed", replicas: 1 },
      requests: burst(1, 5),
      stepTime: { stepTime: () => 200 * second, isExtrapolated: () => false },
    },
  );
  const { run } = simulateAll(stuck);
  expect(run.requests).toMatchObject({ finished: 0, queued: 1 });
  expect(run.ended_at_s).toBe(24 * 3600);
  expect(JSON.stringify(run)).toBe(JSON.stringify(simulateAll({ ...stuck, isStepwise: true }).run));
});

describe("a rolling update", () => {
  const updated = (settings: object, parts: Partial<FleetConfig> = {}) =>
    simulateAll(
      config(
        { rolling_update: { at_s: 10, ...settings } },
        { policy: { kind: "fixed", replicas: 4 }, requests: requestsOf([0, 20, 1], [1_000_000, 20, 1]), ...parts },
      ),
    ).run;

  it.each([
    // One more at a time, and the next when it is ready.
    ["one by one above", { max_surge: 1, max_unavailable: 0 }, 4 * 120, 4 * 120],
    ["all at once above", { max_surge: "100%", max_unavailable: 0 }, 120, 4 * 120],
    // Two start at first: the surge, and in the place of the one that may be missing; then two more.
    ["two at a time", { max_surge: "25%", max_unavailable: "25%" }, 2 * 120, 4 * 120],
    ["one by one below", { max_surge: 0, max_unavailable: 1 }, 4 * 120, 4 * 120],
  ])("%s: over after %j", (_, settings, after, starting) => {
    const run = updated(settings);
    expect(run.disruptions).toMatchObject([{ kind: "rolling_update", recovered_after_s: after }]);
    expect(run.paid_s.provisioning + run.paid_s.loading).toBe(starting);
    expect(run.requests.finished).toBe(2);
  });

  it("pays for the surge, and lacks what may be missing", () => {
    const total = ({ paid_s: paid }: ReturnType<typeof updated>): number => Object.values(paid).reduce((a, b) => a + b);
    const calm = total(updated({}, { churn: CALM }));
    expect(total(updated({ max_surge: "100%", max_unavailable: 0 }))).toBe(calm + 4 * 120);
    expect(total(updated({ max_surge: 0, max_unavailable: 1 }))).toBe(calm);
  });

  it("is over what the autoscaler wants meanwhile", () => {
    const policy: FleetConfig["policy"] = {
      kind: "module",
      name: "grows.mjs",
      sha256: "0",
      initial_replicas: 2,
      module: { decide: ({ now }: { readonly now: number }) => (now < 60 ? 2 : now < 600 ? 5 : 3) },
    };
    const run = updated({ max_surge: 1, max_unavailable: 0 }, { policy });
    // The surge is ready at 130 s; at 60 s three more start.
    expect(run.scale_events.map(({ from, to, ready_after_s }) => [from, to, ready_after_s])).toEqual([
      [2, 5, 120],
      [5, 3, null],
    ]);
    expect(run.disruptions).toMatchObject([{ recovered_after_s: 180 - 10 + 120 }]);
    expect(run.ended_at_s).toBe(1001);
  });

  it("has sleeping replicas of the old version replaced", () => {
    const startUp = { keepNode: 0, warmPool: { size: 1, prepared: 2, kind: "asleep", wake: 2, paidShare: 1 } } as const;
    const policy: FleetConfig["policy"] = {
      kind: "hpa",
      min_replicas: 1,
      max_replicas: 2,
      metric: "requests_in_flight",
      target_average: 50,
    };
    const run = updated({ max_surge: 1, max_unavailable: 0 }, { policy, startUp });
    // The surge is a cold start, since no process of the new version stands by yet, and so is the pool's new one.
    expect(run.disruptions).toMatchObject([{ recovered_after_s: 120 }]);
    expect(run.paid_s.provisioning).toBe(200);
  });
});

describe("of the replicas wanted, so many gone", () => {
  /** Wanted in turn, each for 300 s. */
  const run = (wanted: readonly number[], gone: number) => {
    const policy: FleetConfig["policy"] = {
      kind: "module",
      name: "wave.mjs",
      sha256: "0",
      initial_replicas: wanted[0]!,
      module: { decide: ({ now }: { readonly now: number }) => wanted[Math.min(wanted.length - 1, Math.floor(now / 300))]! },
    };
    return simulateAll(config({ failures: { gone } }, { policy, requests: requestsOf([1000, 20, 5], [1_199_000, 20, 5]) })).run;
  };

  it("serve nothing, also where fewer are there at first", () => {
    const late = run([1, 3], 2);
    expect(late.disruptions!.map(({ kind, at_s }) => [kind, at_s])).toEqual([
      ["failure", 0],
      ["failure", 420],
    ]);
    expect(late.requests).toMatchObject({ finished: 2 });
    expect(late.paid_s.failed).toBeCloseTo(late.ended_at_s + (late.ended_at_s - 420), 6);
  });

  it("serve nothing after fewer were wanted for a while", () => {
    const back = run([3, 1, 3], 2);
    expect(back.disruptions).toHaveLength(3);
    expect(back.paid_s.failed).toBeCloseTo(2 * 300 + 300 + 120 + 2 * (back.ended_at_s - 720), 6);
  });
});

describe("a cache that is gone", () => {
  it("is missed by the first that asks for what was in it, and by nobody after it", () => {
    const parts = [{ id: 1, tokens: 64 }];
    const requests = [0, 60, 61, 62].map((at, id) => ({ id, arrivedAt: at * second, promptTokens: 70, outputTokens: 1, parts }));
    const { run } = simulateAll(config({ failures: { replica: { at_s: [10] } } }, { policy: { kind: "fixed", replicas: 1 }, requests }));
    expect(run.prefix_cache).toEqual({ queried_tokens: 280, hit_tokens: 128, lost_tokens: 64, missed_tokens: 64 });
  });
});
