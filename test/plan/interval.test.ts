import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BLOCKS, localBlockBootstrap } from "../../src/plan/confidence/block-bootstrap.ts";
import { breakingRateOrNull, BREAKING_PRECISION } from "../../src/plan/stress/breaking-rate.ts";
import { capacityInterval, stepErrorOrNull } from "../../src/plan/confidence/capacity-interval.ts";
import { smallestFixed } from "../../src/plan/search/fixed-capacity.ts";
import type { Question } from "../../src/plan/search/question.ts";
import { createStreams } from "../../src/sim/streams.ts";
import type { Request } from "../../src/traffic/request.ts";
import { deviceModel } from "../fixtures.ts";
import { runs } from "../runs.ts";
import { chat, question } from "./questions.ts";

const found = (asked: Question) => {
  const search = smallestFixed(asked);
  if (search.kind !== "found") throw new Error(search.because);
  return search;
};

describe("a trace as it could have been", () => {
  const traces = fc.array(fc.integer({ min: 0, max: 5000 }), { minLength: 2, maxLength: 200 }).map((gaps): Request[] => {
    let arrivedAt = 1_000_000;
    return gaps.map((gap, id) => ({
      id,
      arrivedAt: (arrivedAt += gap * 1_000_000 + (id === 1 ? 1 : 0)),
      promptTokens: 1 + id,
      outputTokens: 1,
    }));
  });

  it("has requests of the trace, in order, within its span, none from further than its reach", () => {
    fc.assert(
      fc.property(traces, fc.nat(), (trace, seed) => {
        const drawn = localBlockBootstrap(trace, createStreams(seed).named("bootstrap"));
        const [first, last] = [trace[0]!.arrivedAt, trace.at(-1)!.arrivedAt];
        const block = (last - first + 1) / BLOCKS;
        drawn.forEach(({ id, arrivedAt, promptTokens }, i) => {
          expect(id).toBe(i);
          expect(arrivedAt).toBeGreaterThanOrEqual(drawn[i - 1]?.arrivedAt ?? first);
          expect(arrivedAt).toBeLessThanOrEqual(last + 1);
          expect(Math.abs(arrivedAt - trace[promptTokens - 1]!.arrivedAt)).toBeLessThanOrEqual(5 * block + 2);
        });
      }),
      runs(50),
    );
  });

  it("has no prompt twice that the trace has once, and shares what the trace shares", () => {
    const trace = chat(
      20,
      120,
    )(1).map((request, i): Request => ({
      ...request,
      parts: [
        { id: 0, tokens: 100 },
        { id: i + 1, tokens: request.promptTokens },
      ],
      session: i,
    }));
    const drawn = localBlockBootstrap(trace, createStreams(1).named("bootstrap"));
    const ids = (place: number) => new Set(drawn.map(({ parts }) => parts![place]!.id)).size;
    expect(new Set(drawn.map(({ promptTokens, outputTokens }) => `${promptTokens} ${outputTokens}`)).size).toBeLessThan(drawn.length);
    expect([ids(0), ids(1), new Set(drawn.map(({ session }) => session)).size]).toEqual([1, drawn.length, drawn.length]);
  });

  it("has as many requests on average, and not the same ones", () => {
    const trace = chat(20, 120)(1);
    const draws = Array.from({ length: 40 }, (_, draw) => localBlockBootstrap(trace, createStreams(1).named(`${draw}`)));
    const mean = draws.reduce((sum, { length }) => sum + length, 0) / draws.length;
    expect(mean / trace.length).toBeGreaterThan(0.85);
    expect(mean / trace.length).toBeLessThan(1.15);
    expect(new Set(draws.map(({ length }) => length)).size).toBeGreaterThan(10);
  });
});

describe("the interval of the number of replicas", () => {
  it("holds the answer, and is wider where the step model's error is larger", () => {
    const asked = question({ seeds: [1, 2, 3, 4] });
    const answer = found(asked);
    const [none, some, much] = [null, 0.05, 0.2].map((error) => capacityInterval(asked, answer, error, false));
    for (const { low, high } of [none!, some!, much!]) {
      expect(low).toBeLessThanOrEqual(answer.replicas);
      expect(high).toBeGreaterThanOrEqual(answer.replicas);
    }
    expect([none!.low, none!.high]).toEqual([answer.atLeast, answer.replicas]);
    expect(some!.high).toBeLessThanOrEqual(much!.high);
    expect(much!.low).toBeLessThan(much!.high);
    expect(none!.of).toBe("the replications");
    expect(much!.of).toBe("the replications and the step model's held-out error");
  });

  it("says that it holds no chance where the traffic was drawn once", () => {
    const asked = question({ seeds: [1] });
    const [unknown, known] = [null, 0.05].map((error) => capacityInterval(asked, found(asked), error, false).of);
    const rest = "(one simulation says nothing of how another draw of the traffic would differ)";
    expect(unknown).toBe(`nothing ${rest}`);
    expect(known).toBe(`the step model's held-out error ${rest}`);
  });

  it("of a trace holds traces as they could have been", () => {
    const trace = chat(20, 120)(1);
    const asked = question({ seeds: [1], requestsOf: () => trace });
    const answer = found(asked);
    const { low, high, of } = capacityInterval(asked, answer, null, true);
    expect(of).toBe("resamples of the trace in blocks");
    expect(low).toBeLessThanOrEqual(answer.replicas);
    expect(high).toBeGreaterThanOrEqual(answer.replicas);
    expect(high).toBeGreaterThan(low);
  });

  it("of a trace has no end where draws are met by no number that is tried, and neither has the prediction", () => {
    const trace = chat(5, 30)(1);
    const asked = question({ seeds: [1], requestsOf: () => trace, objectives: { ttft_p99_s: 1, tpot_p99_s: 0.012 } });
    const { low, high, prediction } = capacityInterval(asked, found(asked), 0.8, true);
    expect(high).toBe(Infinity);
    expect(prediction!.high).toBe(Infinity);
    expect(low).toBeLessThan(Infinity);
  });

  it("and the prediction leave at least one replica where some may be gone", () => {
    const trace = chat(5, 30)(1);
    const objectives = { ttft_p99_s: Infinity, tpot_p99_s: Infinity, ttft_p50_s: 5, survive: 2 };
    const asked = question({ seeds: [1], requestsOf: () => trace, objectives });
    const answer = { kind: "found", replicas: 4, atLeast: 4, tried: [], replicationsOf: () => [] } as const;
    const { low, prediction } = capacityInterval(asked, answer, null, true);
    expect([low, prediction!.low]).toEqual([3, 3]);
  });

  it("is looked for in growing steps: an answer ten times too large takes each draw no more than a dozen tries", () => {
    const trace = chat(2, 20)(1);
    const tries: string[] = [];
    const asked = question({ seeds: [1], requestsOf: () => trace, onProgress: (what) => tries.push(what) });
    const answer = { kind: "found", replicas: 40, atLeast: 40, tried: [], replicationsOf: () => [] } as const;
    expect(capacityInterval(asked, answer, null, true)).toMatchObject({ low: 1, high: 40, prediction: { low: 1, high: 40 } });
    expect(tries.length / 39).toBeLessThan(12);
  });

  it("takes the model's error from the points that the fit did not see", () => {
    const { step } = deviceModel();
    const checked = deviceModel({
      step: { ...step, error: { kind: "checked", points: [], median_abs: 0.02, p90_abs: 0.0822427, bias: 0 } },
    });
    expect(stepErrorOrNull(checked)).toBeCloseTo(0.05, 6);
    expect(stepErrorOrNull(deviceModel({ step: { ...step, error: { kind: "not-checked", because: "few points" } } }))).toBeNull();
  });
});

describe("the rate that breaks an answer", () => {
  it("is above the traffic's own, and higher with more replicas", () => {
    const asked = question();
    const { replicas } = found(asked);
    const [at, more] = [breakingRateOrNull(asked, replicas), breakingRateOrNull(asked, 2 * replicas)];
    expect(at).toBeGreaterThanOrEqual(1);
    expect(more! / at!).toBeGreaterThan(1.3);
    expect(more! / at!).toBeLessThan(3 * (1 + BREAKING_PRECISION));
  });

  it("is none where the requests are too few to break anything", () => {
    expect(breakingRateOrNull(question({ requestsOf: chat(0.2, 20) }), 4)).toBeNull();
  });
});
