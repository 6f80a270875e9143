import { expect, it } from "vitest";
import { meanRateOf } from "../../src/plan/plan-request.ts";
import { createStreams } from "../../src/sim/streams.ts";
import { generate } from "../../src/traffic/generate.ts";
import { trafficSchema } from "../../src/traffic/schema.ts";
import { question } from "./questions.ts";

it("counts the mean rate of the first seed's requests, since that of a generator may be of a day of which the traffic is the busiest hour", () => {
  const lengths = { prompt: { kind: "constant", tokens: 100 }, output: { kind: "constant", tokens: 10 } };
  const day = { kind: "diurnal", requests_per_s: 2, swing: 1, peak_s: 1800, ...lengths };
  const rateOf = (duration: number) => {
    const traffic = trafficSchema.parse({ ...day, duration_s: duration });
    return meanRateOf(question({ requestsOf: (seed) => [...generate(traffic, createStreams(seed))] }));
  };
  // In the hour around the peak the rate is 2·(1 + sin(π/24)/(π/24)) = 3.994 on average: of 14,379 requests, give or take 120.
  expect(Math.abs(rateOf(3600) - 3.994)).toBeLessThan(0.1);
});
