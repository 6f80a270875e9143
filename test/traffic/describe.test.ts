import { describe, expect, it } from "vitest";
import { readTrace } from "../../cli/read-trace.ts";
import { describeTraffic } from "../../src/traffic/describe.ts";
import { traceSchema } from "../../src/traffic/trace/schema.ts";
import { sharedFileOrNull } from "../data.ts";

const at = (...seconds: number[]) =>
  seconds.map((time, id) => ({ id, arrivedAt: time * 1e9, promptTokens: 10 * (id + 1), outputTokens: 1 }));

const requestsIn = async (file: string | null) =>
  (await readTrace(traceSchema.parse({ kind: "trace", file: "trace" }), file ?? "", { seed: 1 })).requests;

describe("the description of traffic", () => {
  it("counts in whole bins from the first arrival on", () => {
    // Two whole bins of 10 s from 100 s on, with 3 and 1 arrivals; the third is not full.
    const { in10s, in60s, rate, span } = describeTraffic(at(100, 101, 109.9, 110, 121, 122));
    expect(in10s).toEqual({ indexOfDispersion: 1, peakToMean: 1.5 });
    expect(in60s).toBeNull();
    expect(span).toBe(22);
    expect(rate).toBeCloseTo(6 / 22, 12);
  });

  it("gives percentiles that occur", () => {
    expect(describeTraffic(at(0, 1, 2, 3)).promptTokens).toMatchObject({ p50: 20, p90: 40, p99: 40, max: 40, mean: 25, total: 100 });
  });

  it("has no rate where all arrive at one instant", () => {
    expect(describeTraffic(at(5, 5))).toMatchObject({ requests: 2, span: 0, rate: null, in10s: null });
  });

  // The figures published with the data, computed there by other means.
  const conv = sharedFileOrNull("traces", "azure2023", "AzureLLMInferenceTrace_conv.csv");
  it.skipIf(conv === null)("finds in Azure's conversation hour what others found (needs the trace)", async () => {
    const found = describeTraffic(await requestsIn(conv));
    expect(found.requests).toBe(19_366); // the last line, which has no ending, included
    expect(found.span / 60).toBeCloseTo(58.4, 1);
    expect((found.rate ?? 0) * 60).toBeCloseTo(331.8, 1);
    expect(found.in10s?.indexOfDispersion).toBeCloseTo(3.87, 2);
    expect(found.in60s?.indexOfDispersion).toBeCloseTo(16.4, 1);
    expect(found.in10s?.peakToMean).toBeCloseTo(1.77, 2);
    expect(found.in60s?.peakToMean).toBeCloseTo(1.52, 2);
    expect(found.promptTokens).toMatchObject({ p50: 1020, p90: 2735, p99: 4142, max: 14_050 });
    expect(found.outputTokens).toMatchObject({ p50: 129, p90: 424, p99: 601, max: 1000 });
  });

  const code = sharedFileOrNull("traces", "azure2023", "AzureLLMInferenceTrace_code_first40min.csv");
  it.skipIf(code === null)("reads Azure's code trace (needs the trace)", async () => {
    const found = describeTraffic(await requestsIn(code));
    expect(found.requests).toBe(7492 - 1);
    expect(found.span).toBeLessThan(2400);
    expect(found.promptTokens.max).toBeLessThanOrEqual(7437);
  });

  const mooncake = sharedFileOrNull("traces", "mooncake", "conversation_trace.jsonl.gz");
  it.skipIf(mooncake === null)("reads Mooncake's conversation hour, without spikes on its grid (needs the trace)", async () => {
    const requests = await requestsIn(mooncake);
    const found = describeTraffic(requests);
    expect(found.requests).toBe(12_031);
    expect(found.span / 60).toBeCloseTo(59, 0);
    expect(found.promptTokens).toMatchObject({ p50: 6909, max: 126_195 });
    expect(found.outputTokens).toMatchObject({ p50: 350, max: 2000 });
    expect(found.in60s?.indexOfDispersion).toBeGreaterThan(2.5);
    expect(found.in60s?.indexOfDispersion).toBeLessThan(3.5);
    const inFirstSecond = requests.filter(({ arrivedAt }) => arrivedAt % 3e9 < 1e9).length / requests.length;
    expect(inFirstSecond).toBeGreaterThan(0.31);
    expect(inFirstSecond).toBeLessThan(0.36);
  });
});
