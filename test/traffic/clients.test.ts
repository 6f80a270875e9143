import { describe, expect, it } from "vitest";
import { readTrafficData } from "../../cli/read-traffic-data.ts";
import { createStreams } from "../../src/sim/streams.ts";
import { parseLengths, parseRates } from "../../src/traffic/clients/parse.ts";
import { readClients } from "../../src/traffic/clients/read.ts";
import { quantile, type ClientStatistics } from "../../src/traffic/clients/statistics.ts";
import { NO_DATA } from "../../src/traffic/data.ts";
import { describeTraffic } from "../../src/traffic/describe.ts";
import { generate } from "../../src/traffic/generate.ts";
import { trafficSchema, type TrafficOf } from "../../src/traffic/schema.ts";
import { sharedFileOrNull } from "../data.ts";
import { messageOf } from "../message-of.ts";
import { each } from "./texts.ts";

const rates = (rate: number, kind = "Gamma", shape = 0.25) =>
  `0,${rate},2,${kind},${shape},1\n600,0,0,,0,0\n1200,${2 * rate},2,${kind},${shape},1\n`;
const lengths = (text: string) =>
  JSON.stringify({ 0: { input_tokens: text, output_tokens: "{7: 1.0}" }, 21600: { input_tokens: "{}", output_tokens: "{}" } });
const clientsOf = (files: Record<string, string>): Promise<ClientStatistics[]> =>
  readClients(each(Object.entries(files).map(([name, text]) => ({ name, text }))), "data");
const traffic = (fields: object = {}): TrafficOf<"clients"> =>
  trafficSchema.parse({ kind: "clients", traces: "data", duration_s: 1800, ...fields }) as TrafficOf<"clients">;

describe("clients' statistics", () => {
  it("are read as windows of rates and of lengths", () => {
    expect(parseRates(rates(2), "a")).toEqual([
      { from: 0, until: 600, rate: 2, gaps: { kind: "gamma", shape: 0.25 } },
      { from: 600, until: 1200, rate: 0, gaps: null },
      { from: 1200, until: 1800, rate: 4, gaps: { kind: "gamma", shape: 0.25 } },
    ]);
    const [window, ...others] = parseLengths(lengths("{163: 0.25, 9: 0.5, 0: 0.25}"), "b");
    expect(others).toEqual([]);
    expect(window).toMatchObject({ from: 0, until: 21_600 });
    expect([0, 0.2, 0.25, 0.74, 0.75, 0.999].map((share) => quantile(window!.prompts, share))).toEqual([1, 1, 9, 9, 163, 163]);
  });

  it("may have their shares as JSON too", () => {
    const text = JSON.stringify({ 0: { input_tokens: { 9: 0.5, 163: 0.5 }, output_tokens: { 7: 1 } } });
    expect(parseLengths(text, "b")).toEqual(
      parseLengths(JSON.stringify({ 0: { input_tokens: "{9: 0.5, 163: 0.5}", output_tokens: "{7: 1}" } }), "b"),
    );
  });

  it("are refused with the place, the rule, what stands there, and what to do; what looks like code is not run", async () => {
    const bad: [string, () => unknown][] = [
      ["a short line", () => parseRates("0,1,1,Gamma,1\n", "t.csv")],
      ["a pattern that there is not", () => parseRates("0,1,1,Pareto,1,1\n", "t.csv")],
      ["a rate in words", () => parseRates("0,1,1,Gamma,1,1\n600,much,1,Gamma,1,1", "t.csv")],
      ["windows out of order", () => parseRates("600,1,1,Gamma,1,1\n0,1,1,Gamma,1,1", "t.csv")],
      ["a shape of 0", () => parseRates("0,1,1,Weibull,0,1", "t.csv")],
      ["no JSON", () => parseLengths("{0:", "d.json")],
      ["code", () => parseLengths(lengths("{1: __import__('os')}"), "d.json")],
      ["a call", () => parseLengths(lengths("exit()"), "d.json")],
      ["shares that are not all", () => parseLengths(lengths("{1: 0.5}"), "d.json")],
      ["half a token", () => parseLengths(lengths("{1.5: 1}"), "d.json")],
      ["a window in words", () => parseLengths(JSON.stringify({ noon: {} }), "d.json")],
      ["no lengths in a window", () => parseLengths(JSON.stringify({ 0: {} }), "d.json")],
    ];
    const messages = bad.map(([what, act]) => `${what}: ${messageOf(act)}`);
    for (const files of [{}, { "chunk-1-trace.csv": rates(1) }] as Record<string, string>[])
      messages.push(await clientsOf(files).then(String, String));
    expect(messages.join("\n")).toMatchInlineSnapshot(`
      "a short line: InputError: t.csv: line 1: expected 6 columns, got 5. Repair it, or get the file again.
      a pattern that there is not: InputError: t.csv: line 1: expected Gamma or Weibull where the rate is above 0, got "Pareto". Repair it, or get the file again.
      a rate in words: InputError: t.csv: line 2: expected the rate to be a number, at least 0, got "much". Repair it, or get the file again.
      windows out of order: InputError: t.csv: line 2: expected windows in rising order, got 0 s after 600 s. Sort the file by time.
      a shape of 0: InputError: t.csv: line 1: expected a shape above 0, got 0. Repair it, or get the file again.
      no JSON: InputError: d.json: expected a JSON object, got the beginning of one (3 characters). Repair it, or get the file again.
      code: InputError: d.json: 0.input_tokens: expected a whole number of tokens and a share from 0 to 1, got 1: __import__('os'). Repair it, or get the file again.
      a call: InputError: d.json: 0.input_tokens: expected {tokens: share, …}, got "exit()". Repair it, or get the file again.
      shares that are not all: InputError: d.json: 0.input_tokens: expected shares that add up to 1, got 0.5. Repair it, or get the file again.
      half a token: InputError: d.json: 0.input_tokens: expected a whole number of tokens and a share from 0 to 1, got 1.5: 1. Repair it, or get the file again.
      a window in words: InputError: d.json: expected windows by their start in seconds, got "noon". Repair it, or get the file again.
      no lengths in a window: InputError: d.json: 0.input_tokens: expected shares by token count, got nothing. Repair it, or get the file again.
      InputError: data: expected clients' rates, got none. ServeGen's data have them as chunk-<client>-trace.csv.
      InputError: data: expected clients' lengths, got none. ServeGen's data have them as chunk-<client>-dataset.json."
    `);
  });
});

describe("generated clients", () => {
  it("send together in order, each at its rate in each window", async () => {
    const clients = await clientsOf({
      "chunk-1-trace.csv": rates(5),
      "chunk-1-dataset.json": lengths("{100: 1}"),
      "x/chunk-22-trace.csv": rates(10, "Weibull", 0.8),
      "x/chunk-22-dataset.json": lengths("{200: 1}"),
      "README.md": "",
    });
    const requests = [...generate(traffic(), createStreams(2), { ...NO_DATA, clients })];
    const times = requests.map(({ arrivedAt }) => arrivedAt / 1e9);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(requests.map(({ id }) => id)).toEqual(requests.map((_, i) => i));
    const count = (from: number, until: number, prompt: number) =>
      requests.filter(({ promptTokens }, i) => promptTokens === prompt && times[i]! >= from && times[i]! < until).length;
    // A count of n requests has standard deviation cv·√n over long times: cv is 2 for the gamma, 1.26 for the Weibull.
    expect(Math.abs(count(0, 600, 100) - 3000)).toBeLessThan(5 * 2 * Math.sqrt(3000));
    expect(Math.abs(count(1200, 1800, 100) - 6000)).toBeLessThan(5 * 2 * Math.sqrt(6000));
    expect(Math.abs(count(0, 600, 200) - 6000)).toBeLessThan(5 * 1.3 * Math.sqrt(6000));
    expect(times.filter((at) => at >= 600 && at < 1200)).toEqual([]);
  });

  it("without lengths take those of the others, in proportion to what each sends", async () => {
    const clients = await clientsOf({
      "chunk-1-trace.csv": rates(1),
      "chunk-1-dataset.json": lengths("{100: 1}"),
      "chunk-2-trace.csv": rates(3),
      "chunk-2-dataset.json": lengths("{200: 1}"),
      "chunk-3-trace.csv": rates(20),
    });
    const prompts = Array.from(generate(traffic(), createStreams(2), { ...NO_DATA, clients }), ({ promptTokens }) => promptTokens);
    const share = prompts.filter((tokens) => tokens === 200).length / prompts.length;
    expect(share).toBeGreaterThan(0.72);
    expect(share).toBeLessThan(0.78);
  });

  it("of a client that another joins stay as they were", async () => {
    const one = { "chunk-1-trace.csv": rates(2), "chunk-1-dataset.json": lengths("{100: 0.5, 101: 0.5}") };
    const two = { ...one, "chunk-2-trace.csv": rates(2), "chunk-2-dataset.json": lengths("{200: 1}") };
    const prompts = async (files: Record<string, string>) =>
      Array.from(generate(traffic(), createStreams(2), { ...NO_DATA, clients: await clientsOf(files) }))
        .filter(({ promptTokens }) => promptTokens < 200)
        .map(({ arrivedAt, promptTokens }) => [arrivedAt, promptTokens]);
    expect(await prompts(two)).toEqual(await prompts(one));
  });

  const r1 = sharedFileOrNull("traces", "servegen", "reason_deepseek-r1_traces.tar.gz");
  it.skipIf(r1 === null)("of DeepSeek-R1's day send what their statistics say (needs the data)", async () => {
    const day = traffic({ traces: r1, start_s: 0, duration_s: 86_400, rate_factor: 0.1 });
    const data = await readTrafficData(day, "/");
    expect(data.clients.length).toBe(73);
    const found = describeTraffic(generate(day, createStreams(1), data));
    // The data's own notes: 1.38 million requests in the day, 16.0 a second.
    expect(Math.abs(found.requests / 138_000 - 1)).toBeLessThan(0.02);
    expect(found.promptTokens.p50).toBeGreaterThan(150);
    expect(found.promptTokens.p50).toBeLessThan(270);
    expect(found.outputTokens.p50).toBeGreaterThan(720);
    expect(found.outputTokens.p50).toBeLessThan(870);
  });
});
