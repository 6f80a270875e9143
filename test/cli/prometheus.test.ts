import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { main } from "../../cli/main.ts";
import { builtInModel } from "../../src/model/built-in.ts";
import { scenarioOf } from "../../src/scenario/parse.ts";
import { resolveScenario } from "../../src/scenario/resolve.ts";
import { createStreams } from "../../src/sim/streams.ts";
import { generate } from "../../src/traffic/generate.ts";
import { trafficSchema } from "../../src/traffic/schema.ts";
import { planSchema } from "../../src/plan/schema.ts";
import { deviceModel } from "../fixtures.ts";
import { exported } from "../traffic/prometheus-export.ts";
import { freshFolder } from "./folder.ts";
import { terminal } from "./terminal.ts";

const folder = freshFolder();
const write = (name: string, content: string) => writeFileSync(join(folder.path, name), content);
const ballast = async (...args: string[]) => {
  const { io, written } = terminal({ cwd: folder.path });
  const code = await main(args, io);
  return { code, out: written.out, err: folder.text(written.err) };
};

const traffic = {
  kind: "poisson",
  requests_per_s: 6,
  duration_s: 600,
  prompt: { kind: "log-normal", p50_tokens: 500, p99_tokens: 3000, max_tokens: 6000 },
  output: { kind: "log-normal", p50_tokens: 60, p99_tokens: 300, max_tokens: 800 },
};
/** What a simulated fleet of two exports, scraped so often. */
const save = (scrape: number): void => {
  const requests = [...generate(trafficSchema.parse(traffic) as never, createStreams(3))];
  const setup = resolveScenario(
    scenarioOf({ model: "Llama-3.1-8B", traffic }, "chat.yaml"),
    deviceModel(),
    builtInModel("Llama-3.1-8B"),
    requests,
  );
  const { files } = exported({ ...setup, policy: { kind: "fixed", replicas: 2 }, seed: 1 }, requests, { lasts: 600, scrape });
  mkdirSync(join(folder.path, "prom"), { recursive: true });
  for (const [name, text] of files) write(`prom/${name}.json`, text);
};

beforeEach(() => {
  write("device.json", JSON.stringify(deviceModel()));
  save(15);
});

describe("traffic from a Prometheus", () => {
  it("is planned for from its folder alone; what it assumes is among the inputs, and the interval holds bursts that nobody saw", async () => {
    const { code, out, err } = await ballast(
      "plan",
      "--traffic",
      "prom",
      "--device",
      "device.json",
      "--model",
      "Llama-3.1-8B",
      "--replications",
      "4",
      "--out",
      "plan.json",
    );
    expect({ code, err }).toEqual({ code: 0, err: expect.stringContaining("Plan: plan.json\n") });
    expect(out).toContain("1 replica (95 % interval: 1) of Llama-3.1-8B on Example GPU meets");
    const { capacity, inputs } = planSchema.parse(JSON.parse(readFileSync(join(folder.path, "plan.json"), "utf8")));
    expect(capacity).toMatchObject({ interval: { of: expect.stringContaining("bursts inside the 15 s between two samples") } });
    expect(
      inputs
        .filter(({ name }) => /traffic|arrivals|prompt|output/u.test(name))
        .map(({ name, origin, source }) => `${name} (${origin}, ${source})`),
    ).toEqual([
      "traffic (given, prom)",
      "arrivals inside 15 s (assumed, no metric says it)",
      "prompt (given, prom)",
      "prompt, inside a bucket (assumed, fitted to the histogram's sum)",
      "output (given, prom)",
      "output, inside a bucket (assumed, fitted to the histogram's sum)",
    ]);
  });

  it("is described and simulated, from a scenario too", async () => {
    write(
      "chat.yaml",
      "model: Llama-3.1-8B\ndevice: device.json\ntraffic: { kind: prometheus, folder: prom, cv: 3 }\npolicy: { kind: fixed, replicas: 2 }\n",
    );
    expect((await ballast("traffic", "describe", "prom")).out).toContain("as the Prometheus of prom counted it; drawn once, with seed 42");
    const { code, out } = await ballast("simulate", "chat.yaml", "--json");
    expect(code).toBe(0);
    const run = JSON.parse(out) as { requests: { arrived: number; rejected: number }; not_modelled: string[] };
    expect(run.requests).toMatchObject({ arrived: 3625, rejected: 0 });
    expect(run.not_modelled[0]).toContain("Prometheus has counts, not requests");
  });

  it("is asked for with the commands that `traffic queries` prints", async () => {
    const { out } = await ballast("traffic", "queries", "--selector", 'model_name="chat"', "--hours", "6", "--fleet");
    expect(out).toMatchSnapshot();
    const { code, err } = await ballast("traffic", "queries", "--hours", "72");
    expect({ code, err }).toEqual({
      code: 1,
      err: "--hours: expected at most 11,000 samples of a series, which is what Prometheus gives, got 17,281. Ask for fewer hours, or for a sample every 24 s: --scrape.\n",
    });
  });
});
