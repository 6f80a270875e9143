import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
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
import { fleetValidationSchema } from "../../src/validation/fleet-schema.ts";
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

/** Every time of the step curve twice as long. */
const slowDevice = () => {
  const device = deviceModel();
  const twice = (value: unknown): unknown => {
    if (typeof value === "number") return 2 * value;
    if (Array.isArray(value)) return value.map(twice);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [key, ["at", "valid", "error"].includes(key) ? inner : twice(inner)]),
    );
  };
  return { ...device, step: twice(device.step) };
};

describe("a fleet's own hours", () => {
  const validate = (device: string, ...args: string[]) =>
    ballast(
      "validate",
      "--fleet",
      "prom",
      "--device",
      device,
      "--model",
      "Llama-3.1-8B",
      "--seeds",
      "2",
      "--out",
      "validation.json",
      ...args,
    );
  const saved = () => fleetValidationSchema.parse(JSON.parse(readFileSync(join(folder.path, "validation.json"), "utf8")));
  const planned = (device: string) =>
    ballast(
      "plan",
      "--traffic",
      "prom",
      "--device",
      device,
      "--model",
      "Llama-3.1-8B",
      "--replications",
      "2",
      "--validated",
      "validation.json",
    );

  it("are reproduced by the simulator that made them, and a plan says that it stands on them", async () => {
    const { code, out, err } = await validate("device.json", "--html", "page.html");
    expect({ code, err }).toEqual({ code: 0, err: expect.stringContaining("Validation: validation.json\nReport: page.html\n") });
    const page = readFileSync(join(folder.path, "page.html"), "utf8");
    expect(page.match(/class="plot"/gu)?.length).toBe(3);
    expect(page).toContain("all 20 figures are reproduced");
    expect(out).toContain("all 20 figures are reproduced to within 10 %");
    expect(out).toMatch(/TTFT p99 ≤ 2 s +reproduced\n/u);
    const { rows, cvs, over_time: overTime } = saved();
    expect(cvs).toEqual([1, 2, 4]);
    expect(overTime.at_s).toHaveLength(41);
    expect(overTime.replicas).toEqual({ observed: Array(41).fill(2), simulated: Array(41).fill(2) });
    const meanOf = (metric: string) => rows.find((row) => row.metric === metric && row.statistic === "mean")!;
    for (const metric of ["ttft", "tpot", "itl", "e2e", "output_tokens_per_s"]) expect(Math.abs(meanOf(metric).error)).toBeLessThan(0.05);
    const plan = await planned("device.json");
    expect(plan.out).toContain("meets TTFT p99 ≤ 2 s and TPOT p99 ≤ 100 ms");
    expect(plan.out.replaceAll(/\s+/gu, " ")).toContain(
      "Validated on 10 min of the user's own fleet from 2026-01-05T08:00:00Z on, to within 10 % (validation.json); reproduced: TTFT p99 ≤ 2 s and TPOT p99 ≤ 100 ms.",
    );
  });

  it("are not by steps that take twice as long: a plan then has no recommendation", async () => {
    write("slow.json", JSON.stringify(slowDevice()));
    const { out } = await validate("slow.json", "--slo", "e2e.p50<=5s");
    expect(out).toMatch(/TTFT p99 ≤ 2 s +not reproduced: TTFT mean is simulated as/u);
    expect(out).toMatch(/end to end p50 ≤ 5 s +not reproduced/u);
    const ofClass = await validate("slow.json", "--slo", "ttft.p99[priority=1]<=4s goodput>=90%");
    expect(ofClass.out).toMatch(/TTFT p99 of priority 1 ≤ 4 s +not reproduced/u);
    expect(ofClass.out).toMatch(/goodput ≥ 90 % +not checked: no figure is about it/u);
    expect(ofClass.out).not.toMatch(/TTFT p99 ≤/u);
    const plan = await planned("slow.json");
    expect(plan.code).toBe(0);
    expect(plan.out.replaceAll(/\s+/gu, " ")).toContain(
      "No recommendation for Llama-3.1-8B on Example GPU: on the fleet's own hours the simulation has not reproduced TTFT p99 ≤ 2 s (TTFT mean observed",
    );
    expect(plan.out).not.toMatch(/\d replicas?\b|sustain/u);
    const other = JSON.stringify({ ...saved(), device: "Another GPU" });
    write("validation.json", other);
    expect((await planned("slow.json")).err).toBe(
      "validation.json: device: expected that of the plan, Example GPU, got Another GPU. Validate what you plan with: ballast validate --fleet FOLDER.\n",
    );
  });

  it("are of servers that a plan has too: others are refused by what is set otherwise", async () => {
    await validate("device.json", "--seeds", "1");
    const plan = (device: string, fields: string) => {
      write("chat.yaml", `model: Llama-3.1-8B\ndevice: ${device}\ntraffic: { kind: prometheus, folder: prom }\n${fields}`);
      return ballast("plan", "chat.yaml", "--replications", "1", "--validated", "validation.json");
    };
    expect((await plan("device.json", "replica: { max_num_seqs: 16 }\n")).err).toContain(
      "validation.json: server, max_num_seqs: expected that of the plan, 16, got 1024. Validate what you plan with: ballast validate --fleet FOLDER.\n",
    );
    expect((await plan("device.json", "router: { kind: round-robin }\n")).err).toContain("validation.json: server, router: expected");
    write("slow.json", JSON.stringify(slowDevice()));
    expect((await plan("slow.json", "")).err).toContain("validation.json: server, step time: expected that of the plan, from");
    write("two.json", JSON.stringify({ ...deviceModel(), tensor_parallel: 2 }));
    expect((await plan("two.json", "")).err).toContain("validation.json: server, gpus_per_replica: expected that of the plan, 2, got 1.");
  });

  it("are replayed with the scenario's own policy too, and the mean number of replicas is then a figure", async () => {
    write(
      "chat.yaml",
      "model: Llama-3.1-8B\ndevice: device.json\ntraffic: { kind: prometheus, folder: prom }\npolicy: { kind: fixed, replicas: 1 }\n",
    );
    const { code, out } = await ballast("validate", "chat.yaml", "--fleet", "prom", "--policy", "--seeds", "1");
    expect(code).toBe(0);
    expect(out).toMatch(/replicas mean +2 +1 +−50 % +no/u);
    expect(out).toContain("replicas as the policy decides");
  });

  it.each([
    [
      ["validate"],
      "validate: expected what to replay, got neither --run nor --fleet. Name a logged run, or a folder of range queries: --queries prints them.\n",
    ],
    [
      ["validate", "--fleet", "prom", "--tables", "x"],
      "--tables: has no part in --fleet, whose servers a scenario and a device describe. Leave it out; `ballast calibrate --out` makes the device of tables and a log.\n",
    ],
    [
      ["validate", "--fleet", "nowhere"],
      "nowhere: is not a folder. `ballast traffic queries` prints the commands that fill one from your Prometheus.\n",
    ],
    [
      ["plan", "--validated", "device.json"],
      "--validated: expected a scenario or --traffic beside it, got neither. Plan for what was validated.\n",
    ],
    [
      ["plan", "--traffic", "prom", "--device", "device.json", "--validated", "device.json"],
      'device.json: schema: expected ballast.fleet-validation/1, got "ballast.device-model/2". Save one: ballast validate --fleet FOLDER --out FILE.\n',
    ],
  ])("%j is refused", async (args, message) => {
    expect(await ballast(...args)).toMatchObject({ code: 1, err: message });
  });

  it.each([
    ["ttft.json tpot.json itl.json e2e.json", "prom: expected one of ttft.json, tpot.json, itl.json, e2e.json, got none."],
    ["running.json", "prom/running.json: is not there."],
  ])("without %s there is nothing to hold it against", async (names, message) => {
    for (const name of names.split(" ")) rmSync(join(folder.path, "prom", name));
    expect((await validate("device.json")).err).toContain(message);
  });
});
