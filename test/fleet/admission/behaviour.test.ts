import { describe, expect, it } from "vitest";
import { admissionSchema, clientsSchema } from "../../../src/fleet/admission/settings.ts";
import type { FleetConfig } from "../../../src/fleet/config.ts";
import type { Request } from "../../../src/traffic/request.ts";
import type { z } from "zod";
import { fleetConfig, requestsOf, roomyReplica, simulateAll } from "../configs.ts";

/** One second a step, so that times can be read off. */
const oneSecond = { stepTime: () => 1e9, isExtrapolated: () => false };
const second = 1e9;

interface Parts extends Partial<Omit<FleetConfig, "admission" | "clients">> {
  readonly admission?: z.input<typeof admissionSchema>;
  readonly clients?: z.input<typeof clientsSchema>;
}

/** What becomes of the requests at one server that takes one request at a time: `3`, the second of the last token, or why not. */
const outcomesOf = ({ admission = {}, clients = {}, ...parts }: Parts) => {
  const { run, requests } = simulateAll(
    fleetConfig({
      stepTime: oneSecond,
      concurrencyLimit: 1,
      ...parts,
      admission: admissionSchema.parse(admission),
      clients: clientsSchema.parse(clients),
    }),
  );
  return { run, requests, ends: requests.map(({ lastTokenAt, reason }) => (lastTokenAt === null ? reason : lastTokenAt / second)) };
};

const withPriorities = (requests: readonly Request[], priorities: readonly number[]): Request[] =>
  requests.map((request, i) => ({ ...request, priority: priorities[i] ?? 0 }));

/** At one instant, so many requests of two tokens: one is served in two seconds. */
const atOnce = (count: number): Request[] => requestsOf(...Array.from({ length: count }, () => [0, 1, 2] as const));

describe("the gateway's queue", () => {
  it("has room for so many, and no more", () => {
    expect(outcomesOf({ requests: atOnce(4), admission: { queue: { max_length: 2 } } }).ends).toEqual([2, 4, 6, "queue_full"]);
    expect(outcomesOf({ requests: atOnce(3), admission: { queue: { max_length: 0 } } }).ends).toEqual([2, "queue_full", "queue_full"]);
  });

  it.each([
    ["reject-new", [2, 4, 6, "queue_full", "queue_full"]],
    ["drop-oldest", [2, "queue_full", "queue_full", 4, 6]],
    ["drop-lowest-priority", [2, "queue_full", 4, "queue_full", 6]],
  ] as const)("drops whom it is told to: %s", (onFull, expected) => {
    const requests = withPriorities(atOnce(5), [0, 2, 1, 3, 1]);
    expect(outcomesOf({ requests, admission: { queue: { max_length: 2, on_full: onFull } } }).ends).toEqual(expected);
  });

  it("drops, of those of the lowest priority, the one that came last, unless a new one is no better", () => {
    const queue = { max_length: 2, on_full: "drop-lowest-priority" } as const;
    expect(outcomesOf({ requests: withPriorities(atOnce(4), [0, 1, 1, 0]), admission: { queue } }).ends).toEqual([2, 4, "queue_full", 6]);
    expect(outcomesOf({ requests: withPriorities(atOnce(4), [0, 1, 1, 1]), admission: { queue } }).ends).toEqual([2, 4, 6, "queue_full"]);
  });

  it.each([
    ["fcfs", [2, 4, 6, 8]],
    ["lifo", [2, 8, 6, 4]],
    ["priority", [2, 8, 4, 6]],
    ["earliest-deadline", [2, 6, 8, 4]],
  ] as const)("serves in the order it is told to: %s", (order, expected) => {
    const deadline = {
      ttft_s: 20,
      classes: [
        { priority: 3, ttft_s: 30 },
        { priority: 2, ttft_s: 10 },
      ],
      reject: false,
    };
    const priorities = { "earliest-deadline": [0, 4, 3, 2], priority: [0, 4, 1, 2] };
    const requests = withPriorities(atOnce(4), order in priorities ? priorities[order as "priority"] : []);
    expect(outcomesOf({ requests, admission: { queue: { order }, deadline } }).ends).toEqual(expected);
  });

  it("answers with an error whoever has waited too long; one whose turn comes at that instant is too late", () => {
    expect(outcomesOf({ requests: atOnce(4), admission: { queue: { timeout_s: 4 } } }).ends).toEqual([
      2,
      4,
      "queue_timeout",
      "queue_timeout",
    ]);
    expect(outcomesOf({ requests: atOnce(4), admission: { queue: { timeout_s: 4.1 } } }).ends).toEqual([2, 4, 6, "queue_timeout"]);
  });
});

describe("a rate limit", () => {
  const requests = requestsOf([0, 1, 1], [0, 1, 1], [0, 1, 1], [1000, 1, 1]);
  const roomy = { concurrencyLimit: Infinity };

  it("rejects what is above it", () => {
    expect(outcomesOf({ ...roomy, requests, admission: { rate_limit: { rate: 1, burst: 2 } } }).ends).toEqual([1, 1, "rate_limit", 2]);
  });

  it("or holds it back until there is enough, in the order of arrival", () => {
    const { ends, run } = outcomesOf({ ...roomy, requests, admission: { rate_limit: { rate: 1, burst: 2, max_delay_s: 5 } } });
    expect(ends).toEqual([1, 1, 2, 3]);
    expect(run.latency.ttft_s?.max).toBe(2);
    expect(run.admission?.deferred_s).toMatchObject({ count: 2, mean: 1, max: 1 });
  });

  it("counts tokens, prompt and output, where it is told to", () => {
    const lengths = requestsOf([0, 7, 3], [0, 9, 2], [0, 2, 3]);
    const { requests: records } = outcomesOf({
      ...roomy,
      requests: lengths,
      admission: { rate_limit: { rate: 1, burst: 15, unit: "tokens" } },
    });
    expect(records.map(({ state }) => state)).toEqual(["finished", "rejected", "finished"]);
  });

  it("is one for each session, or for each priority", () => {
    const shared = withPriorities(requests, [0, 0, 1, 1]).map((request, i) => ({ ...request, session: [5, 6, 6, 6][i]! }));
    const limited = (per: "session" | "priority") =>
      outcomesOf({ ...roomy, requests: shared, admission: { rate_limit: { rate: 0.1, burst: 1, per } } }).ends;
    expect(limited("session")).toEqual([1, 1, "rate_limit", "rate_limit"]);
    expect(limited("priority")).toEqual([1, "rate_limit", 1, "rate_limit"]);
  });
});

describe("shedding", () => {
  const replica = { ...roomyReplica, maxNumSeqs: 1 };
  const requests = withPriorities(requestsOf([0, 10, 5], [500, 10, 1], [0, 10, 1], [0, 10, 1]), [0, 0, 1, 0]);
  const shed = (limits: { queue_depth?: number; kv_use?: number; priority_above?: number }, parts: Parts = {}) =>
    outcomesOf({ concurrencyLimit: Infinity, replica, requests, admission: { shed: limits }, ...parts }).ends;

  it("rejects sheddable requests while every replica has more than so many waiting", () => {
    expect(shed({ queue_depth: 0 })).toEqual([5, 6, "shed", 7]);
    expect(shed({ queue_depth: 1 })).toEqual([5, 6, 7, 8]);
    expect(shed({ queue_depth: 0, priority_above: 1 })).toEqual([5, 6, 7, 8]);
  });

  it("or uses more than such a share of its KV blocks", () => {
    const small = { ...replica, numGpuBlocks: 11, maxModelLen: 160 };
    const long = withPriorities(requestsOf([0, 100, 5], [500, 10, 1]), [0, 1]);
    expect(shed({ kv_use: 0.69 }, { replica: small, requests: long })).toEqual([5, "shed"]);
    expect(shed({ kv_use: 0.7 }, { replica: small, requests: long })).toEqual([5, 6]);
  });

  it("lets them through while one replica is not saturated", () => {
    expect(shed({ queue_depth: 0 }, { policy: { kind: "fixed", replicas: 2 } })).toEqual([5, 1.5, 6, 2.5]);
  });

  it("rejects them while there is no replica", () => {
    const coldStart = [{ name: "provision", state: "provisioning", duration: 10 }] as const;
    const module = { kind: "module", name: "one.mjs", sha256: "0", initial_replicas: 0, module: { decide: () => 1 } } as const;
    expect(shed({}, { policy: module, coldStart }).at(2)).toBe("shed");
  });

  it("takes a replica's share of the gateway's queue as waiting at it", () => {
    expect(shed({ queue_depth: 0 }, { concurrencyLimit: 1 })).toEqual([5, 6, "shed", 7]);
  });
});

describe("deadlines", () => {
  it("reject whoever could not be served in time at the rate at which others have been", () => {
    // Two seconds each, one after another: from the second completion on the rate is known.
    const requests = [...atOnce(4), ...[0, 1, 2].map((i) => ({ id: 4 + i, arrivedAt: 4.5 * second, promptTokens: 1, outputTokens: 2 }))];
    const { ends } = outcomesOf({ requests, admission: { deadline: { ttft_s: 7 } } });
    // At 4.5 s, two wait before the first that comes then: 4 s; before the second 6 s; before the third 8 s.
    expect(ends).toEqual([2, 4, 6, 8, 10, 12, "deadline"]);
  });

  it("reject whoever is too late when its turn comes", () => {
    const { ends } = outcomesOf({ requests: atOnce(4), admission: { deadline: { ttft_s: 3 } } });
    expect(ends).toEqual([2, 4, "deadline", "deadline"]);
  });

  it("are by priority where there are classes", () => {
    const deadline = { ttft_s: 1, classes: [{ priority: 1, ttft_s: 100 }] };
    const requests = withPriorities(atOnce(4), [0, 0, 1, 1]);
    expect(outcomesOf({ requests, admission: { deadline } }).ends).toEqual([2, "deadline", 4, 6]);
  });

  it("admit all as long as nobody has been seen to wait", () => {
    const burst = requestsOf(...Array.from({ length: 20 }, () => [0, 1, 1] as const));
    const { run } = outcomesOf({ concurrencyLimit: Infinity, requests: burst, admission: { deadline: { ttft_s: 1 } } });
    expect(run.requests.finished).toBe(20);
  });
});

describe("a smoother", () => {
  const requests = withPriorities(requestsOf([0, 1, 3], [0, 1, 3], [0, 1, 3], [500, 1, 3]), [0, 1, 1, 0]);
  const smoother = { priority_above: 0, max_delay_s: 60, target_outstanding: 1 };

  it("holds requests back until the fleet has room, and lets the others pass", () => {
    const { ends, run } = outcomesOf({ concurrencyLimit: Infinity, requests, admission: { smoother } });
    // The last one begins at 1 s and is through at 4 s; then one at a time of those held back.
    expect(ends).toEqual([3, 7, 10, 4]);
    expect(run.admission?.deferred_s).toMatchObject({ count: 2, mean: 5.5, max: 7 });
    expect(run.latency.ttft_s?.max).toBe(8);
  });

  it("has room as soon as one in the queue has waited too long", () => {
    const { ends, run } = outcomesOf({
      requests: withPriorities(requestsOf([0, 1, 6], [0, 1, 1], [0, 1, 2]), [0, 0, 1]),
      admission: { queue: { timeout_s: 4 }, smoother: { ...smoother, target_outstanding: 2 } },
    });
    expect(ends).toEqual([6, "queue_timeout", 8]);
    expect(run.admission?.deferred_s).toMatchObject({ count: 1, max: 4 });
  });

  it("but no longer than they may be", () => {
    const { ends } = outcomesOf({ concurrencyLimit: Infinity, requests, admission: { smoother: { ...smoother, max_delay_s: 1.5 } } });
    expect(ends).toEqual([3, 5, 5, 4]);
  });

  it("holds back as many as it is told, the same in every run with the seed", () => {
    const many = requestsOf(...Array.from({ length: 400 }, () => [10, 1, 1] as const));
    const held = (seed: number) =>
      outcomesOf({ requests: many, seed, admission: { smoother: { share: 0.3, max_delay_s: 1e-9, target_outstanding: 1e-9 } } }).run
        .admission?.deferred_s?.count;
    expect(held(1)).toBe(held(1));
    expect(held(1)).not.toBe(held(2));
    expect(Math.abs(held(1)! - 120)).toBeLessThan(30);
  });

  it("does not wake a fleet of no replicas before the delay is over", () => {
    const module = { decide: ({ requestsQueued = 0 }) => (requestsQueued > 0 ? 1 : 0) };
    const policy = { kind: "module", name: "queue.mjs", sha256: "0", initial_replicas: 0, module } as const;
    const late = requestsOf([0, 1, 1]);
    const { requests: records } = outcomesOf({
      requests: late,
      policy,
      admission: { smoother: { share: 1, max_delay_s: 40, target_outstanding: 5 } },
    });
    expect(records[0]!.firstTokenAt! / second).toBeGreaterThanOrEqual(41);
  });
});

describe("clients", () => {
  it("give up without a first token in time; one that comes at that instant is in time", () => {
    const timeout = (seconds: number) => outcomesOf({ requests: atOnce(2), clients: { first_token_timeout_s: seconds } });
    expect(timeout(3).ends).toEqual([2, 4]);
    expect(timeout(2.9).ends).toEqual([2, "first_token_timeout"]);
    expect(timeout(2.9).run.requests).toMatchObject({ finished: 1, timed_out: 1 });
  });

  it("give up without a whole answer in time, though its tokens have begun to come", () => {
    const { requests, run } = outcomesOf({ requests: requestsOf([0, 1, 5]), clients: { timeout_s: 3.5 } });
    expect(requests[0]).toMatchObject({ state: "timed_out", reason: "answer_timeout", firstTokenAt: second, lastTokenAt: null });
    // Computed: a prompt token and three outputs, the last for nothing.
    expect(run.tokens).toMatchObject({ prompt: 0, output: 0, abandoned: 4 });
    expect(run.ended_at_s).toBe(3.5);
  });

  it("leave a server that they hang up on free for others", () => {
    const { ends } = outcomesOf({ requests: requestsOf([0, 1, 50], [0, 1, 1]), clients: { timeout_s: 3.5 } });
    // The step under way is computed to its end.
    expect(ends).toEqual(["answer_timeout", "answer_timeout"]);
    const later = outcomesOf({ requests: requestsOf([0, 1, 50], [2000, 1, 1]), clients: { timeout_s: 3.5 } });
    expect(later.ends).toEqual(["answer_timeout", 5]);
  });

  it("try again, later each time, and count from when they asked first", () => {
    const retry = { max_attempts: 4, backoff_s: 1, max_backoff_s: 3, jitter: "none" } as const;
    // The server is taken until 10 s: sent at 0, 1, 3 and 6 s it finds no place.
    const busy = { ...requestsOf([0, 1, 10])[0]!, id: 0 };
    const asks = (attempts: number) =>
      outcomesOf({
        requests: [busy, { id: 1, arrivedAt: 0, promptTokens: 1, outputTokens: 1 }],
        admission: { queue: { max_length: 0 } },
        clients: { retry: { ...retry, max_attempts: attempts } },
      });
    expect(asks(4).requests[1]).toMatchObject({ state: "rejected", attempts: 4 });
    // The wait between attempts: 1, 2, 3, 3 and 3 s.
    const fifth = asks(6);
    expect(fifth.requests[1]).toMatchObject({ state: "finished", attempts: 6, arrivedAt: 0, firstTokenAt: 13 * second });
    expect(fifth.run.latency.ttft_s?.max).toBe(13);
    expect(fifth.run.admission).toMatchObject({
      attempts: 7,
      retries: 5,
      failures: [{ state: "rejected", reason: "queue_full", attempts: 5, requests: 0 }],
    });
  });

  it("do not try again where an end of that kind is not listed, nor what no replica could ever serve", () => {
    const retry = { on: ["timed_out" as const] };
    const { requests } = outcomesOf({
      requests: requestsOf([0, 1, 2], [0, 1, 2], [0, 5000, 1]),
      admission: { queue: { max_length: 0 } },
      clients: { retry },
    });
    expect(requests.map(({ attempts, reason }) => [attempts, reason])).toEqual([
      [1, null],
      [1, "queue_full"],
      [1, "too_long"],
    ]);
    const all = outcomesOf({ requests: requestsOf([0, 5000, 1]), clients: { retry: {} } });
    expect(all.requests[0]).toMatchObject({ attempts: 1, reason: "too_long" });
  });

  it("share a budget: each first attempt allows a part of a retry", () => {
    const requests = requestsOf(...Array.from({ length: 20 }, () => [0, 1, 1] as const));
    const retries = (budget: { ratio: number; burst: number; min_per_s?: number }) =>
      outcomesOf({
        requests,
        admission: { queue: { max_length: 0 } },
        clients: { retry: { max_attempts: 2, backoff_s: 0.1, jitter: "none", budget } },
      }).run.admission!.retries;
    expect(retries({ ratio: 0, burst: 4 })).toBe(4);
    // The bucket is full at first: what comes in while it is does not count.
    expect(retries({ ratio: 0.5, burst: 4 })).toBe(13);
    expect(retries({ ratio: 10, burst: 100 })).toBe(19);
  });

  it("of a session send nothing more once a request of it has failed", () => {
    const next = { thinkTime: 1, promptTokens: 2, outputTokens: 1, next: { thinkTime: 1, promptTokens: 3, outputTokens: 1 } };
    const { run } = outcomesOf({
      requests: [{ id: 0, arrivedAt: 0, promptTokens: 1, outputTokens: 5, next }],
      clients: { timeout_s: 2 },
    });
    expect([run.requests.arrived, run.requests.timed_out, run.admission?.not_sent]).toEqual([1, 1, 2]);
  });

  it("jitter by the seed, within the backoff", () => {
    const sentAgainAt = (jitter: "full" | "equal", seed: number): number =>
      outcomesOf({
        requests: requestsOf([0, 1, 2], [0, 1, 1]),
        seed,
        admission: { queue: { max_length: 0 } },
        clients: { retry: { max_attempts: 2, backoff_s: 10, max_backoff_s: 10, jitter } },
      }).requests[1]!.lastTokenAt! /
        second -
      1;
    const times = (jitter: "full" | "equal") =>
      Array.from({ length: 20 }, (_, seed) => sentAgainAt(jitter, seed)).filter((time) => time > 0);
    expect(new Set(times("full")).size).toBeGreaterThan(10);
    expect(Math.min(...times("equal"))).toBeGreaterThanOrEqual(5);
    expect(Math.max(...times("equal"), ...times("full"))).toBeLessThanOrEqual(10);
    expect(Math.min(...times("full"))).toBeLessThan(5);
  });
});
