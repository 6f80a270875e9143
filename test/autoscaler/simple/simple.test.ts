import { describe, expect, it } from "vitest";
import type { Autoscaler, ReplicaObservation } from "../../../src/autoscaler/autoscaler.ts";
import { createCustom } from "../../../src/autoscaler/simple/custom.ts";
import { createFixed } from "../../../src/autoscaler/simple/fixed.ts";
import { HoltForecast } from "../../../src/autoscaler/simple/forecast.ts";
import { createPredictive, type PredictivePolicy } from "../../../src/autoscaler/simple/predictive.ts";
import { createQueueLength, type QueueLengthPolicy } from "../../../src/autoscaler/simple/queue-length.ts";
import { createScheduled } from "../../../src/autoscaler/simple/scheduled.ts";
import { messageOf } from "../../message-of.ts";
import { observed, serving, starting } from "../observations.ts";

describe("a fixed number", () => {
  it.each([
    [4, null],
    [3, 4],
    [5, 4],
  ])("of 4 at %i replicas: %j", (current, replicas) => {
    expect(createFixed(4).decide(observed(15, current, []))?.replicas ?? null).toBe(replicas);
  });
});

describe("a schedule", () => {
  const policy = {
    starts_at: "2026-01-05T00:00:00Z",
    utc_offset_h: 0,
    schedule: [
      { at: "0 8 * * 1-5", replicas: 6 },
      { at: "0 18 * * *", replicas: 2 },
      { at: "0 18 * * 5", replicas: 1 },
    ],
  };
  const hour = 3600;
  it.each([
    [0, 2, "Monday at midnight: since Sunday evening"],
    [8 * hour - 60, 2, "a minute before"],
    [8 * hour, 6, "from its minute on"],
    [18 * hour, 2, "until the next"],
    [(4 * 24 + 18) * hour, 1, "of two at one minute the later in the list"],
    [(5 * 24 + 12) * hour, 1, "on Saturday the weekday's time does not come"],
  ])("%i s after its start wants %i: %s", (now, replicas) => {
    expect(createScheduled(policy).decide(observed(now, 99, []))?.replicas).toBe(replicas);
  });

  it("wants nothing where it already has it, and says since when where it does", () => {
    const autoscaler = createScheduled(policy);
    expect([autoscaler.decide(observed(0, 2, [])), autoscaler.decide(observed(8 * hour, 2, []))]).toEqual([
      null,
      { replicas: 6, because: "scheduled since 0 8 * * 1-5" },
    ]);
  });

  it("that cannot be read is refused", () => {
    expect([
      messageOf(() => createScheduled({ ...policy, starts_at: "Monday" })),
      messageOf(() => createScheduled({ ...policy, schedule: [{ at: "8:00", replicas: 1 }] })),
    ]).toMatchInlineSnapshot(`
      [
        "InputError: policy.starts_at: expected a time in UTC, got "Monday". Write 2026-01-05T00:00:00Z.",
        "InputError: policy.schedule[0].at: expected five fields (minute, hour, day of the month, month, day of the week), got "8:00". Monday to Friday at 8:00 is 0 8 * * 1-5.",
      ]
    `);
  });
});

describe("the length of the queue", () => {
  const policy: QueueLengthPolicy = {
    min_replicas: 1,
    max_replicas: 4,
    period_s: 15,
    scale_up_above: 2,
    scale_down_below: 0.5,
    batch_slots: 10,
    quiet_s: 60,
  };
  it.each<[number, ReplicaObservation[], number, number | null, string]>([
    [2, [serving(0, 8, 2), serving(1, 8, 2)], 0, null, "exactly the limit"],
    [2, [serving(0, 8, 5), serving(1, 8, 0)], 0, 3, "more than the limit on average"],
    [2, [serving(0, 8, 0), serving(1, 8, 0)], 5, 3, "also in front of the fleet"],
    [3, [serving(0, 8, 5), starting(1), starting(2)], 0, 4, "starting servers take nothing yet"],
    [4, [serving(0, 8, 50)], 0, null, "max_replicas"],
  ])("at %i replicas %j, %i queued: %j, %s", (current, replicas, requestsQueued, wanted) => {
    expect(createQueueLength(policy).decide(observed(15, current, replicas, { requestsQueued }))?.replicas ?? null).toBe(wanted);
  });

  it("lets one go after a quiet time with free slots, and the next after another", () => {
    const autoscaler = createQueueLength(policy);
    const wanted = [15, 60, 75, 120, 135].map(
      (now) => autoscaler.decide(observed(now, 3, [serving(0, 4), serving(1, 4), serving(2, 4)]))?.replicas ?? null,
    );
    expect(wanted).toEqual([null, 2, null, 2, null]);
  });

  it("keeps what is in use", () => {
    expect(createQueueLength(policy).decide(observed(600, 2, [serving(0, 5), serving(1, 5)]))).toBeNull();
  });
});

describe("Holt's forecast", () => {
  it.each([
    [[5, 5, 5, 5], 10, 5, "what stays, stays"],
    [[2, 4, 6, 8], 3, 14, "a straight line goes on"],
    [[8, 6, 4, 2], 3, 0, "but not below 0"],
    [[7], 3, 7, "one value is all there is"],
  ])("of %j %i steps ahead is %f: %s", (series, steps, expected) => {
    const forecast = new HoltForecast(0.5, 0.3);
    for (const value of series) forecast.observe(value);
    expect(forecast.ahead(steps)).toBeCloseTo(expected, 9);
  });

  it("knows nothing before the first value", () => {
    expect(new HoltForecast(0.5, 0.3).ahead(1)).toBeNull();
  });
});

describe("a prediction", () => {
  const policy: PredictivePolicy = {
    min_replicas: 1,
    max_replicas: 20,
    period_s: 15,
    target_rate: 2,
    horizon_s: 120,
    alpha: 0.6,
    beta: 0.4,
    scale_down_window_s: 300,
  };
  /** The number wanted over time, of traffic whose rate is a function of time. */
  const run = (autoscaler: Autoscaler, until: number, rate: (now: number) => number): number[] => {
    let arrived = 0;
    let wanted = 1;
    const history: number[] = [];
    for (let now = 0; now <= until; now += 15) {
      wanted = autoscaler.decide(observed(now, wanted, [], { requestsArrived: arrived }))?.replicas ?? wanted;
      history.push(wanted);
      arrived += rate(now) * 15;
    }
    return history;
  };

  it("of steady traffic is what it needs", () => {
    expect(run(createPredictive(policy), 900, () => 7).at(-1)).toBe(4);
  });

  it("of a ramp is there a cold start before the traffic", () => {
    const history = run(createPredictive(policy), 600, (now) => now / 60);
    // At 600 s there are 10 requests/s, and 12 at 720 s.
    expect(history.at(-1)).toBeGreaterThanOrEqual(6);
  });

  it("goes down only when no forecast of the window asked for more", () => {
    const history = run(createPredictive(policy), 1800, (now) => (now < 600 ? 10 : 2));
    const peak = Math.max(...history);
    // The mean of the last minute falls for a minute after the traffic; the window counts from there.
    expect(history.lastIndexOf(peak) * 15).toBeGreaterThanOrEqual(600 + 285);
    expect(history.at(-1)).toBe(1);
  });

  it("waits for traffic that it can see", () => {
    expect(createPredictive(policy).decide(observed(0, 1, []))).toBeNull();
  });

  it("says in words what led to it", () => {
    const autoscaler = createPredictive(policy);
    const becauses = [0, 15, 30].map(
      (now) => autoscaler.decide(observed(now, 1, [], { requestsArrived: (now / 15) ** 2 * 60 }))?.because ?? null,
    );
    expect(becauses).toMatchInlineSnapshot(`
      [
        null,
        "4 requests/s expected in 120 s, target 2 a replica: 2 wanted",
        "40 requests/s expected in 120 s, target 2 a replica: 20 wanted",
      ]
    `);
  });
});

describe("a user's own module", () => {
  it.each([
    ["a number", () => 3, { replicas: 3, because: "mine.js says so" }],
    ["a number and what led to it", () => ({ replicas: 3, because: "it is Monday" }), { replicas: 3, because: "it is Monday" }],
    ["the number it is", () => 2, null],
  ])("decides by %s", (_, decide, decision) => {
    expect(createCustom({ decide }, "mine.js").decide(observed(15, 2, []))).toEqual(decision);
  });

  it("decides every 15 s where it does not say", () => {
    expect([createCustom({ decide: () => 1 }, "mine.js").period, createCustom({ decide: () => 1, period_s: 5 }, "mine.js").period]).toEqual(
      [15, 5],
    );
  });

  it("that is none, or answers nonsense, is refused", () => {
    const ask = (answer: unknown): string => messageOf(() => createCustom({ decide: () => answer }, "mine.js").decide(observed(15, 2, [])));
    expect([
      messageOf(() => createCustom({}, "mine.js")),
      messageOf(() => createCustom(null, "mine.js")),
      messageOf(() => createCustom({ decide: () => 1, period_s: 0 }, "mine.js")),
      ask(1.5),
      ask(-1),
      ask(undefined),
      ask({ replicas: 2 }),
    ]).toMatchInlineSnapshot(`
      [
        "InputError: mine.js: expected a module that exports decide(observation), or create() that gives one, got neither. decide takes { now, current, replicas, requestsQueued, requestsArrived } and returns the replicas wanted.",
        "InputError: mine.js: expected a module that exports decide(observation), or create() that gives one, got neither. decide takes { now, current, replicas, requestsQueued, requestsArrived } and returns the replicas wanted.",
        "InputError: mine.js: period_s: expected seconds above 0, got 0. Leave it out for 15 s.",
        "InputError: mine.js: decide: expected a whole number of replicas, or { replicas, because }, got 1.5 at 15 s. Return the replicas wanted from then on; return observation.current to leave them.",
        "InputError: mine.js: decide: expected a whole number of replicas, or { replicas, because }, got -1 at 15 s. Return the replicas wanted from then on; return observation.current to leave them.",
        "InputError: mine.js: decide: expected a whole number of replicas, or { replicas, because }, got undefined at 15 s. Return the replicas wanted from then on; return observation.current to leave them.",
        "InputError: mine.js: decide: expected a whole number of replicas, or { replicas, because }, got {"replicas":2} at 15 s. Return the replicas wanted from then on; return observation.current to leave them.",
      ]
    `);
  });
});
