import fc from "fast-check";
import { simulateAll } from "../fleet/configs.ts";
import { describe, expect, it } from "vitest";
import { latenciesOf } from "../../src/plan/objectives/latencies.ts";
import { unloadedLatencies } from "../../src/plan/search/unloaded.ts";
import { runs } from "../runs.ts";
import { question } from "./questions.ts";

const { setup } = question();
const request = (promptTokens: number, outputTokens: number) => ({ id: 0, arrivedAt: 7, promptTokens, outputTokens });

describe("a request alone on an idle replica", () => {
  it("has to the nanosecond the latencies that the simulator gives it", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9000 }),
        fc.integer({ min: 1, max: 300 }),
        fc.constantFrom(64, 512, 2048),
        (prompt, output, budget) => {
          const replica = { ...setup.replica, maxNumSeqs: 64, maxNumBatchedTokens: budget };
          const requests = [request(prompt, output)];
          const { requests: records } = simulateAll({ ...setup, replica, seed: 0, requests, policy: { kind: "fixed", replicas: 1 } });
          expect(unloadedLatencies(requests, replica, setup.stepTime)).toEqual(latenciesOf(records));
        },
      ),
      runs(100),
    );
  });

  it("is no slower than in company", () => {
    fc.assert(
      fc.property(fc.nat(1000), fc.integer({ min: 1, max: 3 }), (seed, replicas) => {
        const requests = question().requestsOf(seed).slice(0, 200);
        const { requests: records } = simulateAll({ ...setup, seed, requests, policy: { kind: "fixed", replicas } });
        const together = latenciesOf(records);
        const alone = unloadedLatencies(requests, setup.replica, setup.stepTime);
        for (const metric of ["ttft", "tpot"] as const) {
          // Sorted: the k-th fastest alone is no slower than the k-th fastest in company.
          alone[metric].forEach((time, i) => expect(time).toBeLessThanOrEqual(together[metric][i]!));
        }
      }),
      runs(10),
    );
  });

  it("is missing where it is longer than a server takes", () => {
    const replica = { ...setup.replica, maxModelLen: 100 };
    expect(unloadedLatencies([request(90, 10), request(90, 11)], replica, setup.stepTime)).toMatchObject({ missing: 1 });
  });
});
