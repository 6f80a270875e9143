import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { resolveScenario } from "../../src/scenario/resolve.ts";
import { scenarioOf } from "../../src/scenario/parse.ts";
import { builtInModel } from "../../src/model/built-in.ts";
import { createStreams } from "../../src/sim/streams.ts";
import { NO_DATA } from "../../src/traffic/data.ts";
import { generate } from "../../src/traffic/generate.ts";
import { countedArrivals } from "../../src/traffic/prometheus/arrivals.ts";
import { bucketLengths, drawLength } from "../../src/traffic/prometheus/bucket-lengths.ts";
import type { PrometheusFile } from "../../src/traffic/prometheus/files.ts";
import { bucketOf, histogramOf, quantileBetween } from "../../src/traffic/prometheus/histogram.ts";
import { parseMatrix } from "../../src/traffic/prometheus/matrix.ts";
import { arrivalsOfCounter, arrivalsOfRate } from "../../src/traffic/prometheus/rates.ts";
import { readPrometheus } from "../../src/traffic/prometheus/read.ts";
import { prometheusSchema } from "../../src/traffic/prometheus/schema.ts";
import { trafficSchema } from "../../src/traffic/schema.ts";
import { deviceModel } from "../fixtures.ts";
import { messageOf } from "../message-of.ts";
import { answer, EPOCH, exported } from "./prometheus-export.ts";

const lognormal = (p50: number, p99: number, most: number) => ({
  kind: "log-normal",
  p50_tokens: p50,
  p99_tokens: p99,
  max_tokens: most,
});
const traffic = {
  kind: "bursty",
  requests_per_s: 12,
  duration_s: 1800,
  prompt: lognormal(800, 4000, 8000),
  output: lognormal(100, 500, 1000),
};
const from = scenarioOf({ model: "Llama-3.1-8B", traffic }, "chat.yaml");
const requests = [...generate(trafficSchema.parse(traffic) as never, createStreams(3))];
const setup = resolveScenario(from, deviceModel(), builtInModel("Llama-3.1-8B"), requests);
const fleet = (changes: readonly { at: number; by: number }[] = []) =>
  exported({ ...setup, policy: { kind: "fixed", replicas: 3 }, seed: 1 }, requests, { lasts: 1800, changes });

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const series = (values: readonly (number | string | null)[], metric: Record<string, string> = {}, step = 15) => ({
  metric,
  values: values.flatMap((value, i) => (value === null ? [] : [[EPOCH + i * step, String(value)] as [number, string]])),
});
const counter = (...all: ReturnType<typeof series>[]) => arrivalsOfCounter(parseMatrix(answer(all), "requests.json"), []);

describe("traffic from a simulated fleet's own metrics, scraped every 15 s", () => {
  const windowsOf = (files: Map<PrometheusFile, string>) => {
    const { arrivals } = readPrometheus({ folder: "prom", texts: files });
    const arrived = arrivals.counts.map((_count, i) => requests.filter(({ arrivedAt: at }) => Math.floor(at / 15e9) === i).length);
    return { arrivals, arrived };
  };

  it("of a fixed fleet: exactly as many requests in each window as arrived in it", () => {
    const { arrivals, arrived } = windowsOf(fleet().files);
    expect(arrivals).toMatchObject({ window: 15, begins: EPOCH, notes: [] });
    expect(arrivals.counts).toEqual(arrived);
  });

  it("of one that grows and shrinks: to half a percent, for what a leaving replica finishes after its last scrape is not seen", () => {
    const changes = [
      { at: 400, by: 2 },
      { at: 1000, by: -2 },
    ];
    const { arrivals, arrived } = windowsOf(fleet(changes).files);
    expect(arrivals.counts.slice(0, 66)).toEqual(arrived.slice(0, 66));
    expect(Math.abs(sum(arrivals.counts) / sum(arrived) - 1)).toBeLessThan(0.005);
  });

  it("without the gauges requests count when they end, which is said, and the mean rate is within 3 %", () => {
    const texts = new Map([...fleet().files].filter(([name]) => name !== "running"));
    const { arrivals, notes } = readPrometheus({ folder: "prom", texts });
    expect(Math.abs(sum(arrivals.counts) / requests.length - 1)).toBeLessThan(0.03);
    expect(notes.join(" ")).toContain("Requests are counted when they end");
  });

  it("drawn anew: quantiles of the lengths lie in the same buckets as the real ones, and their means are within 2 %", () => {
    const { files } = fleet();
    const data = { ...NO_DATA, prometheus: readPrometheus({ folder: "prom", texts: files }) };
    const drawn = [...generate(prometheusSchema.parse({ kind: "prometheus", folder: "prom" }), createStreams(8), data)];
    expect(Math.abs(drawn.length / requests.length - 1)).toBeLessThan(0.001);
    for (const [side, histogram] of [
      ["promptTokens", data.prometheus.prompts!],
      ["outputTokens", data.prometheus.outputs!],
    ] as const) {
      const [real, again] = [requests, drawn].map((all) => all.map((one) => one[side]).sort((a, b) => a - b));
      for (const share of [0.1, 0.25, 0.5, 0.75, 0.9]) {
        const at = (sorted: readonly number[]): number => sorted[Math.floor(share * (sorted.length - 1))]!;
        const { low, high } = bucketOf(histogram.bounds, at(real!));
        expect(at(again!)).toBeGreaterThan(low * 0.97);
        expect(at(again!)).toBeLessThanOrEqual(high * 1.03);
      }
      expect(Math.abs(sum(again!) / again!.length / (sum(real!) / real!.length) - 1)).toBeLessThan(0.02);
    }
  });
});

describe("what a real Prometheus (2.42) answered to the printed queries", () => {
  // It scraped four servers that gave out a simulated fleet's metrics, each second for 70 s: 2,436 requests arrived. Two servers came and went, and one
  // failed for 2.5 s.
  const names = ["requests", "running", "waiting"] as const;
  const texts = new Map(names.map((name) => [name, readFileSync(join(import.meta.dirname, "prometheus-2.42", `${name}.json`), "utf8")]));

  it("is read: failed scrapes and servers that come lose nothing, those that leave what they finished unseen", () => {
    const { arrivals, notes } = readPrometheus({ folder: "prom", texts });
    expect([arrivals.window, arrivals.counts.length]).toEqual([1, 70]);
    expect(sum(arrivals.counts)).toBeCloseTo(2433, 6);
    expect(notes).toEqual([
      "32 requests fell into gaps between the samples of a server, and are spread evenly over them.",
      "40 requests are of servers that came inside the range, whose counters are taken to begin at 0 then.",
    ]);
  });
});

describe("counters", () => {
  it.each<[string, () => { counts: readonly number[]; notes: readonly string[] }, number[], string]>([
    ["plain", () => counter(series([5, 8, 8, 20])), [3, 0, 12], ""],
    ["one that begins anew counts from 0", () => counter(series([50, 60, 4, 9])), [10, 4, 5], "began anew 1 times"],
    ["several add up", () => counter(series([0, 1, 2], { instance: "a" }), series([0, 10, 20], { instance: "b" })), [11, 11], ""],
    ["a gap is filled evenly, and nothing of it is lost", () => counter(series([0, 4, null, null, 10, 11])), [4, 2, 2, 2, 1], "gaps"],
    [
      "a server that comes begins at 0",
      () => counter(series([0, 6, 12], { instance: "a" }), series([null, 5, 9], { instance: "b" })),
      [11, 10],
      "came inside the range",
    ],
    [
      "one that was there before, unseen, does not",
      () => counter(series([0, 6, 12], { instance: "a" }), series([null, 5000, 5004], { instance: "b" })),
      [6, 10],
      "",
    ],
    [
      "how requests ended is no server of its own",
      () => counter(series([9, 10, 3], { finished_reason: "stop" }), series([4, 4, 3], { finished_reason: "abort" })),
      [1, 6],
      "began anew 1 times",
    ],
  ])("%s", (_, read, counts, note) => {
    const arrivals = read();
    expect(arrivals.counts).toEqual(counts);
    expect(arrivals.notes.join(" ")).toContain(note);
  });

  describe("with the gauges", () => {
    const matrix = (name: string, ...all: ReturnType<typeof series>[]) => parseMatrix(answer(all), name);
    const arrivals = (
      finished: (number | null)[],
      running: (number | null)[],
      waiting: (number | null)[] = running.map((one) => one && 0),
    ) =>
      arrivalsOfCounter(matrix("requests.json", series(finished, { instance: "a", finished_reason: "stop", __name__: "x" })), [
        matrix("running.json", series(running, { instance: "a", __name__: "y" })),
        matrix("waiting.json", series(waiting, { instance: "a", __name__: "z" })),
      ]);

    it("a server that crashes and begins anew under its name takes back nothing of what had arrived", () => {
      // 30 requests in each window, each in flight for two of them.
      const { counts, notes } = arrivals([1000, 1030, 1060, 1090, 1120, 0, 0, 30], [60, 60, 60, 60, 60, 30, 60, 60]);
      expect(counts).toEqual([30, 30, 30, 30, 30, 30, 30]);
      expect(notes).toEqual(["Request counters began anew 1 times: what a server had counted since its last scrape is not known."]);
    });

    it("and so where its counter comes back later than its gauges", () => {
      const { counts } = arrivals([1000, 1030, 1060, null, null, 30], [60, 60, 60, 30, 60, 60]);
      expect(sum(counts)).toBe(150);
    });

    it("law: of steady traffic each window has the same, whenever the server begins anew", () => {
      fc.assert(
        fc.property(
          fc.integer({ min: 1, max: 40 }),
          fc.integer({ min: 0, max: 4 }),
          fc.integer({ min: 2, max: 12 }),
          (rate, windows, at) => {
            const finished = Array.from({ length: 15 }, (_, i) => (i < at ? 1000 + rate * i : rate * Math.max(0, i - at + 1 - windows)));
            const running = finished.map((_, i) => rate * (i < at ? windows : Math.min(windows, i - at + 1)));
            expect(arrivals(finished, running).counts).toEqual(Array(14).fill(rate));
          },
        ),
      );
    });

    it("a counter that begins with the first request that ended is told by its time", () => {
      const { counts, begins, notes } = arrivals([null, null, 3, 8, 12], [0, 4, 6, 6, 2]);
      expect({ counts, begins }).toEqual({ counts: [5, 0], begins: EPOCH + 30 });
      expect(notes).toEqual(["Requests are counted from 30 s after the gauges' first sample on, where their counter begins."]);
    });
  });

  it("law: whatever is scraped when, the increases come to what was counted from the first sample to the last", () => {
    fc.assert(
      fc.property(fc.array(fc.record({ gained: fc.nat(50), seen: fc.boolean() }), { minLength: 3, maxLength: 60 }), (steps) => {
        let total = 100;
        const values = steps.map(({ gained, seen }, i) => {
          total += gained;
          return seen || i < 2 || i === steps.length - 1 ? total : null;
        });
        expect(sum(counter(series(values)).counts)).toBeCloseTo(total - values[0]!, 6);
      }),
    );
  });

  it("a rate is requests per second over the time before it; a missing one is refused", () => {
    const rate = (...values: (number | null)[]) => arrivalsOfRate(parseMatrix(answer([series(values, {}, 60)]), "rate.json"));
    expect(rate(2, 0, 1.5)).toMatchObject({ counts: [120, 0, 90], window: 60, begins: EPOCH - 60 });
    expect(messageOf(() => rate(2, 1, null, 1.5))).toBe(
      `InputError: rate.json: expected a value every 60 s, got none at 1 of 4 times, first at ${EPOCH + 120}. Save the counter instead, as requests.json: it loses nothing in a gap. Or choose a range without one.`,
    );
  });
});

describe("arrivals inside a window", () => {
  const times = (counts: readonly number[], cv: number, seed = 1): number[] => [
    ...countedArrivals({ window: 60, begins: 0, counts, notes: [] }, cv, createStreams(seed).named("arrivals")),
  ];

  it("law: each window has the number that was counted, in order, whatever the burstiness", () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(40), { minLength: 1, maxLength: 20 }),
        fc.constantFrom(0.3, 1, 2, 4),
        fc.nat(1000),
        (counts, cv, seed) => {
          const found = times(counts, cv, seed);
          expect(found).toEqual(found.toSorted((a, b) => a - b));
          expect(counts.map((_, i) => found.filter((at) => Math.floor(at / 60) === i).length)).toEqual(counts);
        },
      ),
    );
  });

  it("numbers that are not whole keep their running total to within one", () => {
    const found = times(Array<number>(1000).fill(0.37), 1);
    expect(Math.abs(found.length - 370)).toBeLessThanOrEqual(1);
  });

  it("variance over mean of the counts in 1 s: 1 of a Poisson process given its counts, and well above it where gaps cluster", () => {
    const dispersion = (cv: number): number => {
      const bins = Array<number>(60 * 200).fill(0);
      for (const at of times(Array<number>(200).fill(600), cv)) bins[Math.floor(at)]! += 1;
      const mean = sum(bins) / bins.length;
      return sum(bins.map((count) => (count - mean) ** 2)) / bins.length / mean;
    };
    // Given 600 in 60 s, a second's count is binomial: variance over mean 1 − 1/60.
    expect(dispersion(1)).toBeCloseTo(1 - 1 / 60, 1);
    expect(dispersion(4)).toBeGreaterThan(5);
  });
});

describe("lengths in buckets", () => {
  const histogram = (counts: readonly number[], total?: number) => ({
    bounds: [10, 100, 1000, Infinity],
    counts,
    count: sum(counts),
    sum: total ?? null,
  });
  const draw = (lengths: ReturnType<typeof bucketLengths>, many = 20_000): number[] => {
    const stream = createStreams(5).named("lengths");
    return Array.from({ length: many }, () => drawLength(lengths, stream));
  };

  it("law: each bucket is drawn as often as it was counted, within its bounds, and the mean is the measured one where the bounds allow", () => {
    for (const mean of [90, 200, 300]) {
      const counts = [2000, 10_000, 8000, 0];
      const lengths = bucketLengths(histogram(counts, mean * 20_000));
      const drawn = draw(lengths);
      expect(lengths.mean).toBeCloseTo(mean, 1);
      // Four standard errors of 20,000 draws, whose standard deviation is below 300.
      expect(Math.abs(sum(drawn) / drawn.length - mean)).toBeLessThan(8.5);
      expect(drawn.filter((tokens) => tokens <= 10).length / 20_000).toBeCloseTo(0.1, 1);
      expect(drawn.filter((tokens) => tokens <= 100).length / 20_000).toBeCloseTo(0.6, 1);
      expect(Math.max(...drawn)).toBeLessThanOrEqual(1000);
      expect(Math.min(...drawn)).toBeGreaterThanOrEqual(1);
    }
  });

  it("without a sum they are log-uniform inside a bucket: half of them below the geometric mean of its bounds", () => {
    const drawn = draw(bucketLengths(histogram([0, 0, 1000, 0])));
    expect(drawn.filter((tokens) => tokens <= 316).length / drawn.length).toBeCloseTo(0.5, 1);
  });

  it("above the last bound they end at the model's limit", () => {
    expect(Math.max(...draw(bucketLengths(histogram([0, 0, 0, 9]), 1200)))).toBe(1200);
    expect(Math.max(...draw(bucketLengths(histogram([0, 0, 0, 9]))))).toBe(2500);
  });

  it("a quantile is known to lie between two bounds", () => {
    expect(quantileBetween(histogram([10, 10, 70, 10]), 0.1)).toEqual({ low: 0, high: 10 });
    expect(quantileBetween(histogram([10, 10, 70, 10]), 0.5)).toEqual({ low: 100, high: 1000 });
    expect(quantileBetween(histogram([10, 10, 70, 10]), 0.99)).toEqual({ low: 1000, high: Infinity });
  });

  it("of servers with other bounds, those that all have are taken", () => {
    const buckets = (instance: string, counts: Record<string, number>) =>
      Object.entries(counts).map(([le, count]) => series([0, count], { instance, le, __name__: "x_bucket" }));
    const text = answer([...buckets("a", { "10": 1, "20": 2, "+Inf": 4 }), ...buckets("b", { "20": 5, "50": 6, "+Inf": 6 })]);
    expect(histogramOf(parseMatrix(text, "ttft.json"))).toEqual({ bounds: [20, Infinity], counts: [7, 3], count: 10, sum: null });
  });
});

describe("what is refused, and what to do", () => {
  const read = (texts: Partial<Record<PrometheusFile, string>>) => () =>
    readPrometheus({ folder: "prom", texts: new Map(Object.entries(texts) as [PrometheusFile, string][]) });
  const good = answer([series([0, 3, 5])]);
  it.each<[string, () => unknown]>([
    ["neither", read({ running: good })],
    ["both", read({ requests: good, rate: good })],
    ["an error", read({ requests: JSON.stringify({ status: "error", errorType: "bad_data", error: 'parse error: unexpected "}"' }) })],
    ["a vector", read({ requests: JSON.stringify({ status: "success", data: { resultType: "vector", result: [] } }) })],
    ["no series", read({ requests: answer([]) })],
    ["no JSON", read({ requests: "<html>502 Bad Gateway</html>" })],
    ["another JSON", read({ requests: "{}" })],
    ["NaN", read({ requests: answer([series([0, "NaN", 5])]) })],
    ["+Inf", read({ rate: answer([series([0, 1, "+Inf"])]) })],
    ["numbers that are not text", read({ requests: good.replaceAll('"3"', "3") })],
    ["one sample", read({ requests: answer([series([4])]) })],
    ["no request", read({ requests: answer([series([4, 4, 4])]) })],
    ["a sum that loses a server", read({ requests: answer([series([1000, 1010, 700, 710])]) })],
    ["two models", read({ requests: answer([series([0, 1], { model_name: "a" }), series([0, 1], { model_name: "b" })]) })],
    [
      "a pair of Prometheus servers",
      read({ requests: answer([series([0, 1], { prometheus_replica: "0" }), series([0, 1], { prometheus_replica: "1" })]) }),
    ],
    ["gauges of other times", read({ requests: good, running: answer([series([0, 3])]), waiting: good })],
    [
      "a native histogram",
      read({
        requests: good,
        prompt_tokens: JSON.stringify({ status: "success", data: { resultType: "matrix", result: [{ metric: {}, histograms: [] }] } }),
      }),
    ],
    ["no buckets", read({ requests: good, prompt_tokens: good })],
    [
      "a histogram of nothing",
      read({ requests: good, prompt_tokens: answer([series([7, 7], { le: "5" }), series([9, 9], { le: "+Inf" })]) }),
    ],
  ])("%s", (_, act) => {
    expect(messageOf(act)).toMatchSnapshot();
  });

  it("what Prometheus warned of is kept", () => {
    const warned = good.replace('{"status"', '{"warnings":["store 2 did not answer"],"status"');
    expect(read({ requests: warned })().notes.at(-1)).toBe("Prometheus warned in prom/requests.json: store 2 did not answer");
  });
});
