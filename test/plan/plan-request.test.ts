import { expect, it } from "vitest";
import { meanRateOf } from "../../src/plan/plan-request.ts";
import { createStreams } from "../../src/sim/streams.ts";
import { generate } from "../../src/traffic/generate.ts";
import { question } from "./questions.ts";

it("counts the mean rate of the first seed's requests, since that of a generator may be of a day of which the traffic is the busiest hour", () => {
  const lengths = { prompt: { kind: "constant", tokens: 100 }, output: { kind: "constant", tokens: 10 } } as const;
  const hour = { kind: "diurnal", requests_per_s: 2, duration_s: 3600, swing: 1, peak_s: 1800, day_s: 86_400, ...lengths } as const;
  const rate = meanRateOf(question({ requestsOf: (seed) => [...generate(hour, createStreams(seed))] }));
  // In the hour around the peak the rate is 2·(1 + sin(π/24)/(π/24)) = 3.994 on average: of 14,379 requests, give or take 120.
  expect(Math.abs(rate - 3.994)).toBeLessThan(0.1);
});
