import { describe, expect, it } from "vitest";
import type { RequestRecord } from "../../src/fleet/config.ts";
import { evaluate, latenciesOf, objectivesInWords, parseObjectives, worstOf } from "../../src/plan/objectives.ts";

const record = (fields: Partial<RequestRecord> & { ttft?: number; tpot?: number }): RequestRecord => {
  const { ttft = 1, tpot = 0.01, outputTokens = 11, ...rest } = fields;
  return {
    id: 0,
    origin: 0,
    turn: 0,
    arrivedAt: 5e9,
    attempts: 1,
    reason: null,
    promptTokens: 10,
    outputTokens,
    state: "finished",
    firstTokenAt: 5e9 + ttft * 1e9,
    lastTokenAt: 5e9 + (ttft + tpot * (outputTokens - 1)) * 1e9,
    preemptions: 0,
    ...rest,
  };
};
const rejected = record({ state: "rejected", firstTokenAt: null, lastTokenAt: null });
const limits = { ttft_p99_s: 2, tpot_p99_s: 0.1 };
const times = (count: number, of: RequestRecord) => Array.from({ length: count }, () => of);
const met = (records: readonly RequestRecord[]) => evaluate(latenciesOf(records), limits).map(({ is_met }) => is_met);
const values = (records: readonly RequestRecord[]) => evaluate(latenciesOf(records), limits).map(({ value_s }) => value_s);

describe("objectives on a run", () => {
  it.each([
    ["at the limit", record({ ttft: 2, tpot: 0.1 }), [true, true]],
    ["a TTFT beyond it", record({ ttft: 2.001 }), [false, true]],
    ["a TPOT beyond it", record({ tpot: 0.1001 }), [true, false]],
  ])("%s", (_, one, expected) => {
    expect(met([one])).toEqual(expected);
  });

  it("are percentiles of type 7", () => {
    const rising = Array.from({ length: 101 }, (_, i) => record({ ttft: i / 100 }));
    expect(values(rising)[0]).toBeCloseTo(0.99, 12);
    expect(values(rising.slice(0, 51))[0]).toBeCloseTo(0.495, 12);
  });

  it("count a rejected request as later than any time, in both", () => {
    expect(values([...times(98, record({})), ...times(2, rejected)])).toEqual([null, null]);
    // 1 of 102 lies beyond the percentile; 1 of 100 shares in it.
    expect(values([...times(101, record({})), rejected])).toEqual([1, expect.closeTo(0.01, 12)]);
    expect(values([...times(99, record({})), rejected])).toEqual([null, null]);
  });

  it.each(["deferred", "queued", "running", "timed_out", "cut_off", "lost"] as const)("count a request that ends %s as missed", (state) => {
    expect(met([record({ state, lastTokenAt: null })])).toEqual([false, false]);
  });

  it("measure time per output token per request, and not where there is one token only", () => {
    const long = record({ outputTokens: 1001, tpot: 0.09 });
    const short = record({ outputTokens: 2, tpot: 0.11 });
    const single = record({ outputTokens: 1 });
    expect(met([long])[1]).toBe(true);
    expect(met([long, short])[1]).toBe(false);
    expect(latenciesOf([single, long]).tpot).toHaveLength(1);
    expect(values([single])).toEqual([1, 0]);
  });

  it("are over several runs those of the worst", () => {
    const good = evaluate(latenciesOf([record({})]), limits);
    const bad = evaluate(latenciesOf([record({ ttft: 3 })]), limits);
    const never = evaluate(latenciesOf([rejected]), limits);
    expect(worstOf([good, bad]).map(({ value_s, is_met }) => [value_s, is_met])).toEqual([
      [3, false],
      [expect.closeTo(0.01, 12), true],
    ]);
    expect(worstOf([bad, never, good])[0]?.value_s).toBeNull();
  });

  it("are named as they are written", () => {
    expect(evaluate(latenciesOf([record({})]), limits).map(({ objective }) => objective)).toEqual(["ttft.p99<=2s", "tpot.p99<=100ms"]);
    expect(objectivesInWords(limits)).toBe("TTFT p99 ≤ 2 s and TPOT p99 ≤ 100 ms");
  });
});

describe("objectives as text", () => {
  it.each([
    ["ttft.p99<=2s tpot.p99<=80ms", { ttft_p99_s: 2, tpot_p99_s: 0.08 }],
    ["tpot.p99<=80ms,ttft.p99<=500ms", { ttft_p99_s: 0.5, tpot_p99_s: 0.08 }],
    ["ttft.p99<0.5s", { ttft_p99_s: 0.5 }],
    ["  tpot.p99<=.05s ", { tpot_p99_s: 0.05 }],
  ])("%s", (text, expected) => {
    expect(parseObjectives(text, "--slo")).toEqual(expected);
  });

  it("is what results are named by", () => {
    const names = evaluate(latenciesOf([record({})]), limits).map(({ objective }) => objective);
    expect(parseObjectives(names.join(" "), "--slo")).toEqual(limits);
  });

  it("is refused with the rule, what stands there, and what to write", () => {
    const bad = ["", "fast", "ttft.p95<=2s", "ttft.p99<=2", "ttft.p99>=2s", "ttft.p99<=0s", "ttft.p99<=1s ttft.p99<=2s"];
    const message = (text: string) => {
      try {
        return JSON.stringify(parseObjectives(text, "--slo"));
      } catch (error) {
        return (error as Error).message;
      }
    };
    expect(bad.map(message).join("\n")).toMatchInlineSnapshot(`
      "--slo: expected objectives on ttft.p99 or tpot.p99 with a limit in s or ms, got "". Write them so: "ttft.p99<=2s tpot.p99<=80ms".
      --slo: expected objectives on ttft.p99 or tpot.p99 with a limit in s or ms, got "fast". Write them so: "ttft.p99<=2s tpot.p99<=80ms".
      --slo: expected objectives on ttft.p99 or tpot.p99 with a limit in s or ms, got "ttft.p95<=2s". Write them so: "ttft.p99<=2s tpot.p99<=80ms".
      --slo: expected objectives on ttft.p99 or tpot.p99 with a limit in s or ms, got "ttft.p99<=2". Write them so: "ttft.p99<=2s tpot.p99<=80ms".
      --slo: expected objectives on ttft.p99 or tpot.p99 with a limit in s or ms, got "ttft.p99>=2s". Write them so: "ttft.p99<=2s tpot.p99<=80ms".
      --slo: expected objectives on ttft.p99 or tpot.p99 with a limit in s or ms, got "ttft.p99<=0s". Write them so: "ttft.p99<=2s tpot.p99<=80ms".
      --slo: expected ttft.p99 once, got it twice. Keep one of them."
    `);
  });
});
