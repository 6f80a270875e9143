import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { simulateAll } from "../fleet/configs.ts";
import { whyImpossibleOrNull } from "../../src/plan/search/impossible.ts";
import { latenciesOf } from "../../src/plan/objectives/latencies.ts";
import { replicate } from "../../src/plan/search/replications.ts";
import { bestRecords } from "../../src/plan/search/unloaded.ts";
import type { Objectives } from "../../src/scenario/objectives.ts";
import type { Request } from "../../src/traffic/request.ts";
import { runs } from "../runs.ts";
import { chat, question } from "./questions.ts";

const none = { ttft_p99_s: Infinity, tpot_p99_s: Infinity };
const why = (objectives: Partial<Objectives>, requestsOf = chat(20, 60)) =>
  whyImpossibleOrNull(question({ objectives: { ...none, ...objectives }, requestsOf }));
const everySecond = (count: number): Request[] =>
  Array.from({ length: count }, (_, id) => ({ id, arrivedAt: id * 1e9, promptTokens: 100, outputTokens: 101, priority: id % 2 }));

describe("objectives that no number of replicas meets", () => {
  it("name the first of them, its best value, and from how many replicas on it is had", () => {
    const found = [
      why({ ttft_p50_s: 0.001 }),
      why({ e2e_p99_s: 0.5 }),
      why({ itl_p99_s: 0.001 }),
      why({ ttft_p99_s: 0.08, goodput: 0.999 }),
      why({ e2e_p90_s: 9, goodput: 0.999, itl_p50_s: 0.0079, classes: [] }),
      why({ classes: [{ priority: 1, tpot_p90_s: 0.001 }] }, () => everySecond(20)),
    ];
    expect(found.join("\n")).toMatchInlineSnapshot(`
      "TTFT p50 is 35.0 ms at best, where every request has an idle replica to itself (from 33 replicas on), and the limit is 1 ms
      end to end p99 is 2.32 s at best, where every request has an idle replica to itself (from 33 replicas on), and the limit is 500 ms: a request of 5,608 and 262 tokens takes 255 ms to the first and 261 × 7.90 ms after it
      ITL p99 is 7.82 ms at best, where every request has an idle replica to itself (from 33 replicas on), and the limit is 1 ms
      TTFT p99 is 189 ms at best, where every request has an idle replica to itself (from 33 replicas on), and the limit is 80 ms; then goodput ≥ 99.9 % is missed as well
      goodput is 99.75 % at best, where every request has an idle replica to itself (from 33 replicas on), and the limit is 99.9 %
      TPOT p90 of priority 1 is 7.61 ms at best, where every request has an idle replica to itself (from 1 replica on), and the limit is 1 ms"
    `);
  });

  it("are all named, the first with its figures", () => {
    expect(why({ ttft_p50_s: 0.001, tpot_p99_s: 0.001, e2e_p99_s: 0.5 })).toMatch(
      /^TTFT p50 is .*and the limit is 1 ms; then TPOT p99 ≤ 1 ms and end to end p99 ≤ 500 ms are missed as well$/u,
    );
  });

  it("are told from a limit at the best value itself, which is met", () => {
    const asked = question({ objectives: none, requestsOf: () => everySecond(20) });
    const times = latenciesOf([...bestRecords(asked.requestsOf(1), asked.setup.replica, asked.setup.stepTime, false)]);
    const best = times.ttft.at(-1)! / 1e9;
    expect(why({ ttft_p99_s: best }, () => everySecond(20))).toBeNull();
    expect(why({ ttft_p99_s: best - 1e-9 }, () => everySecond(20))).toContain("(from 1 replica on)");
  });

  it("give each request a replica to itself: so many replicas have the value that was named", () => {
    const asked = question({ objectives: { ...none, ttft_p99_s: 0.01 }, seeds: [1] });
    const said = whyImpossibleOrNull(asked)!;
    const replicas = Number(/from (\d+) replicas on/.exec(said)![1]);
    const { latencies } = replicate(asked, { kind: "fixed", replicas }, 1);
    const alone = latenciesOf([...bestRecords(asked.requestsOf(1), asked.setup.replica, asked.setup.stepTime, false)]);
    expect(latencies.ttft).toEqual(alone.ttft);
    expect(replicate(asked, { kind: "fixed", replicas: Math.ceil(replicas / 2) }, 1).latencies.ttft).not.toEqual(alone.ttft);
  });

  it("are no longer said to be so where the prefix cache makes a prompt shorter", () => {
    const { setup } = question();
    const shared = (id: number): Request => ({
      id,
      arrivedAt: id * 1e9,
      promptTokens: 8010,
      outputTokens: 2,
      parts: [{ id: 7, tokens: 8000 }],
    });
    const requests = Array.from({ length: 300 }, (_, id) => shared(id));
    const asked = (isCached: boolean) =>
      question({
        setup: { ...setup, replica: { ...setup.replica, enablePrefixCaching: isCached } },
        objectives: { ...none, ttft_p99_s: 0.1 },
        requestsOf: () => requests,
        seeds: [1],
      });
    expect(whyImpossibleOrNull(asked(false))).toContain("TTFT p99 is");
    expect(whyImpossibleOrNull(asked(true))).toBeNull();
    expect(replicate(asked(true), { kind: "fixed", replicas: 1 }, 1).meets).toBe(true);
  });
});

it("the best that a request can have is no worse than what a simulation gives it, prefixes and sessions included", () => {
  const { setup } = question();
  fc.assert(
    fc.property(
      fc.array(fc.record({ prompt: fc.integer({ min: 1, max: 900 }), output: fc.integer({ min: 1, max: 40 }), shared: fc.nat(900) }), {
        minLength: 1,
        maxLength: 20,
      }),
      (all) => {
        const requests = all.map(({ prompt, output, shared }, id): Request => {
          const parts = shared > 0 ? [{ id: 3, tokens: Math.min(shared, prompt) }] : [];
          const next = {
            promptTokens: prompt + output + 5,
            outputTokens: output,
            parts: [{ id: 100 + id, tokens: prompt }],
            thinkTime: 1e6,
          };
          return { id, arrivedAt: id * 1e7, promptTokens: prompt, outputTokens: output, ...(parts.length > 0 ? { parts } : {}), next };
        });
        const replica = { ...setup.replica, enablePrefixCaching: true };
        const { requests: records } = simulateAll({ ...setup, replica, seed: 0, requests, policy: { kind: "fixed", replicas: 2 } });
        const [best, had] = [latenciesOf([...bestRecords(requests, replica, setup.stepTime, false)]), latenciesOf(records)];
        for (const metric of ["ttft", "tpot", "e2e"] as const) {
          expect(best[metric]).toHaveLength(had[metric].length);
          best[metric].forEach((time, i) => expect(time).toBeLessThanOrEqual(had[metric][i]!));
        }
      },
    ),
    runs(30),
  );
});
