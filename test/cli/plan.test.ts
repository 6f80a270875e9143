import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { beforeEach, describe, expect, it } from "vitest";
import { main } from "../../cli/main.ts";
import { planSchema } from "../../src/plan/schema.ts";
import { planText } from "../../src/report/text.ts";
import { sharedFileOrNull } from "../data.ts";
import { deviceModel } from "../fixtures.ts";
import { freshFolder } from "./folder.ts";
import { terminal } from "./terminal.ts";

const folder = freshFolder();
const write = (name: string, content: string | Uint8Array) => writeFileSync(join(folder.path, name), content);
const plan = async (...args: string[]) => {
  const { io, written } = terminal({ cwd: folder.path });
  const code = await main(["plan", ...args], io);
  return { code, out: written.out, err: folder.text(written.err) };
};

/** Two minutes of traffic, in Azure's form. */
const trace = [
  "TIMESTAMP,ContextTokens,GeneratedTokens",
  ...Array.from({ length: 240 }, (_, i) => {
    const at = new Date(Date.UTC(2023, 10, 16, 18, 0, 0, i * 500)).toISOString().replace("T", " ").replace("Z", "");
    return `${at},${500 + ((i * 37) % 900)},${20 + ((i * 11) % 80)}`;
  }),
].join("\n");
const scenario = `
model: Llama-3.1-8B
device: device.json
traffic:
  kind: poisson
  requests_per_s: 4
  duration_s: 60
  prompt: { kind: constant, tokens: 500 }
  output: { kind: constant, tokens: 50 }
`;

const onCpu = `
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: { name: llama }
spec:
  scaleTargetRef: { kind: Deployment, name: llama }
  maxReplicas: 8
  metrics: [{ type: Resource, resource: { name: cpu, target: { type: Utilization, averageUtilization: 80 } } }]
`;

beforeEach(() => {
  write("device.json", JSON.stringify(deviceModel()));
  write("conv.csv", trace);
  write("chat.yaml", scenario);
});

describe("ballast plan", () => {
  it("answers for a scenario: the text on stdout, progress on stderr", async () => {
    const { code, out, err } = await plan("chat.yaml");
    expect(code).toBe(0);
    expect(out).toContain("1 replica (95 % interval: 1) of Llama-3.1-8B on Example GPU meets TTFT p99 ≤ 2 s and TPOT p99 ≤ 100 ms");
    expect(out).toMatch(/^UNANCHORED/u);
    expect(err).toMatchInlineSnapshot(`
      "Simulating, stage 1 of 4, the smallest number: 1 replica, seed 42
      Simulating, stage 2 of 4, how sure: 1 replica, step times off, seed 42
      Simulating, stage 3 of 4, how much it takes: 1 replica at 1.25 times the rate
      Simulating, stage 4 of 4, an autoscaler: 1 replica at a steady 29.4 requests/s
      "
    `);
  });

  it("answers for a trace alone, gzipped or not, and prints what it writes", async () => {
    write("conv.csv.gz", gzipSync(trace));
    const { code, out, err } = await plan(
      "--traffic",
      "conv.csv.gz",
      "--device",
      "device.json",
      "--model",
      "Llama-3.1-8B",
      "--out",
      "plan.json",
    );
    expect(code).toBe(0);
    expect(err).toContain("Plan: plan.json\n");
    const written = planSchema.parse(JSON.parse(readFileSync(join(folder.path, "plan.json"), "utf8")));
    expect(out).toBe(planText(written));
    expect(written.inputs.find(({ name }) => name === "traffic")).toEqual({
      name: "traffic",
      value: "240 requests in 120 s, 2.01 requests/s on average",
      origin: "given",
      source: "conv.csv.gz",
    });
    const plain = await plan("--traffic", "conv.csv", "--device", "device.json", "--json");
    expect(JSON.parse(plain.out).capacity).toEqual(written.capacity);
  });

  it("prints JSON and nothing else with --json, the same bytes again", async () => {
    const once = await plan("chat.yaml", "--json");
    expect(planSchema.parse(JSON.parse(once.out)).seeds).toEqual(Array.from({ length: 1024 }, (_, i) => 42 + i));
    expect((await plan("chat.yaml", "--json")).out).toBe(once.out);
    expect(planSchema.parse(JSON.parse(once.out)).command).toBe("ballast plan chat.yaml");
  });

  it("takes objectives, model and replications of the command line before the scenario's", async () => {
    const { out } = await plan("chat.yaml", "--json", "--slo", "ttft.p99<=150ms", "--replications", "2", "--model", "llama-3.1-8b");
    const { seeds, inputs } = planSchema.parse(JSON.parse(out));
    expect(seeds).toEqual([42, 43]);
    expect(inputs).toContainEqual({ name: "objective, ttft.p99", value: "≤ 150 ms", origin: "given", source: "--slo" });
    expect(inputs).toContainEqual({ name: "objective, tpot.p99", value: "≤ 100 ms", origin: "assumed", source: "Ballast's default" });
    expect(inputs).toContainEqual({ name: "model", value: "Llama-3.1-8B", origin: "given", source: "--model" });
  });

  it("finds what a scenario names from the scenario's folder", async () => {
    write("traced.yaml", "model: Llama-3.1-8B\ndevice: device.json\ntraffic: { kind: trace, format: azure, file: conv.csv }\n");
    const { io, written } = terminal({ cwd: "/" });
    expect(await main(["plan", join(folder.path, "traced.yaml")], io)).toBe(0);
    expect(written.out).toContain("conv.csv");
  });

  it("says why where no number of replicas will do", async () => {
    const { code, out } = await plan("chat.yaml", "--slo", "tpot.p99<=5ms");
    expect(code).toBe(0);
    expect(out.replace(/\s+/gu, " ")).toContain(
      "No number of replicas of Llama-3.1-8B on Example GPU meets the objectives: TPOT p99 is 7.63 ms at best, where every request has an idle replica to itself (from 6 replicas on), and the limit is 5 ms.",
    );
  });

  it("answers without what runs today where nothing simulates that, and says why", async () => {
    write("cpu.yaml", onCpu);
    const { code, out } = await plan("chat.yaml", "--manifests", "cpu.yaml", "--json");
    expect(code).toBe(0);
    const { capacity, today, today_left_out: leftOut, autoscaler } = planSchema.parse(JSON.parse(out));
    expect([capacity.kind, today, autoscaler?.policy.slice(0, 6)]).toEqual(["found", null, "HPA on"]);
    expect(leftOut).toMatchInlineSnapshot(
      `"What runs today (HorizontalPodAutoscaler llama) is left out: it follows cpu of the pod, which is not modelled (cpu.yaml, HorizontalPodAutoscaler llama: spec.metrics.0). What a GPU server uses of it says little of its load: follow vllm:num_requests_waiting, vllm:kv_cache_usage_perc or another of its own. Or name the manifests in the scenario, and beside them what it keeps on average, such as policy: { kind: fixed, replicas: 4 }."`,
    );
    const { out: text } = await plan("chat.yaml", "--manifests", "cpu.yaml");
    expect(text.replace(/\s+/gu, " ")).toContain(`${leftOut} 1 replica`);
  });

  it("says where rates count starts of sessions", async () => {
    const sessions =
      "sessions_per_s: 2\n  turns: { kind: constant, turns: 2 }\n  think_s: { kind: constant, seconds: 1 }\n  max_prompt_tokens: 4000";
    write("sessions.yaml", scenario.replace("kind: poisson", "kind: sessions").replace("requests_per_s: 4", sessions));
    const countedIn = async (file: string): Promise<unknown[]> => {
      const { capacity, notes } = planSchema.parse(JSON.parse((await plan(file, "--json", "--replications", "1")).out));
      const headroom = notes.find((note) => note.startsWith("Headroom: "))!;
      return [capacity.kind === "found" && capacity.rates_count, / sustains? [\d.]+ (.*) \(to within/u.exec(headroom)![1]];
    };
    expect(await countedIn("sessions.yaml")).toEqual(["session starts", "sessions started a second"]);
    expect(await countedIn("chat.yaml")).toEqual([undefined, "requests/s"]);
    expect((await plan("sessions.yaml", "--replications", "1")).out.replace(/\s+/gu, " ")).toContain(
      "Burst and headroom count starts of sessions",
    );
  });

  it("says before the answer that what runs today never scales up", async () => {
    const onRunning =
      "{ type: Pods, pods: { metric: { name: vllm:num_requests_running }, target: { type: AverageValue, averageValue: 2000 } } }";
    write("never.yaml", onCpu.replace(/metrics: .*/u, `metrics: [${onRunning}]`));
    const { out } = await plan("chat.yaml", "--manifests", "never.yaml");
    expect(out.replace(/\s+/gu, " ")).toMatch(
      /llama, 1 to 8 replicas: vllm:num_requests_running never asks for more replicas\. .* 1 replica \(/u,
    );
  });

  it("refuses bad input with the place, the rule, what stands there, and what to do; and writes nothing", async () => {
    write("bad.csv", `${trace}\n2023-11-16 18:05:00,12`);
    write("quoted.csv", `${trace}\n"2023-11-16 18:05:00,12,3`);
    write("cut.csv.gz", gzipSync(trace).subarray(0, 100));
    write("conv.parquet", "PAR1");
    write("newer.json", JSON.stringify({ ...deviceModel(), schema: "ballast.device-model/3" }));
    write("edited.json", JSON.stringify({ ...deviceModel(), weight_bytes: "16 GB" }));
    write("other.yaml", scenario.replace("Llama-3.1-8B", "Qwen2.5-7B"));
    const device = ["--device", "device.json"];
    const bad = [
      ["missing.yaml"],
      ["chat.yaml", "--traffic", "conv.csv"],
      ["chat.yaml", "--slo", "fast"],
      ["chat.yaml", "--model", "GPT-7"],
      ["chat.yaml", "--device", "newer.json"],
      ["chat.yaml", "--device", "edited.json"],
      ["chat.yaml", "--device", "nowhere.json"],
      ["other.yaml"],
      ["--traffic", "missing.csv", ...device],
      ["--traffic", "bad.csv", ...device],
      ["--traffic", "quoted.csv", ...device],
      ["--traffic", "cut.csv.gz", ...device],
      ["--traffic", ".", "--format", "mooncake", ...device],
      ["--traffic", "conv.parquet", ...device],
    ];
    const messages: string[] = [];
    for (const args of bad) {
      const { code, out, err } = await plan(...args, "--out", "plan.json");
      expect({ code, out }).toEqual({ code: 1, out: "" });
      messages.push(err.trimEnd());
    }
    expect(messages.join("\n")).toMatchInlineSnapshot(`
      "missing.yaml: is not there. \`ballast init\` writes a scenario to begin with.
      --traffic: expected a scenario or a trace, got both chat.yaml and conv.csv. Name the trace in the scenario, or leave one out.
      --slo: expected one of ttft.p50, ttft.p90, ttft.p95, ttft.p99, tpot.p50, tpot.p90, tpot.p95, tpot.p99, itl.p50, itl.p90, itl.p95, itl.p99, e2e.p50, e2e.p90, e2e.p95, e2e.p99, goodput, rejected, scale-events, gpu-hours, cost, window, survive, got "fast". Write them so: "ttft.p99<=2s tpot.p99<=80ms scale-events<=2/h".
      model: expected a built-in model (tiny-llama, Llama-3.2-1B, Qwen2.5-7B, Llama-3.1-8B, Llama-3.1-70B) or a path to a config.json, got "GPT-7". For another model, give the path of its Hugging Face config.json.
      newer.json: schema: "ballast.device-model/3" is newer than this program, which reads up to "ballast.device-model/2". Update Ballast (git pull in a clone), or make the file again with this version.
      edited.json: weight_bytes: expected number, got "16 GB". Make it again: ballast calibrate --out FILE
      nowhere.json: is not there. Make a device model, \`ballast calibrate --out FILE\`, or name a profile or a run.
      device: expected a device model of Qwen2.5-7B, got one of Llama-3.1-8B. Calibrate the device for this model, ballast calibrate --model …, or ask about the other: --model Llama-3.1-8B
      missing.csv: is not there. \`ballast init\` says where public traces are to be had.
      bad.csv: line 242: expected at least 3 columns, got 2. Repair the line, or take it out.
      quoted.csv: line 242: expected CSV, got this: Quote Not Closed: the parsing is finished with an opening quote. Repair the line, or take it out.
      cut.csv.gz: expected a whole gzip file, got one that is cut off or damaged (Z_BUF_ERROR). Get it again.
      .: expected one file of format mooncake, got a folder or an archive. Name the file in it.
      conv.parquet: expected a trace in a format that is known (azure, mooncake, vllm, csv, agent-sessions), got "PAR1" as its first line. Write it as CSV with the columns arrival_s, prompt_tokens, output_tokens, or say which format it is."
    `);
    expect(existsSync(join(folder.path, "plan.json"))).toBe(false);
  });

  it("refuses options that would be ignored", async () => {
    const device = ["--device", "device.json"];
    const ignored = [
      [...device, "--manifests", "llama.yaml"],
      ["--traffic", "conv.csv", ...device, "--container", "vllm"],
      [...device, "--format", "azure"],
      ["chat.yaml", "--sessions-per-s", "2"],
      ["chat.yaml", "--workload", "Deployment/llama"],
      ["chat.yaml", "--against", "device.json"],
    ];
    const messages: string[] = [];
    for (const args of ignored) {
      const { code, err } = await plan(...args);
      expect(code).toBe(1);
      messages.push(err.trimEnd());
    }
    expect(messages.join("\n")).toMatchInlineSnapshot(`
      "--manifests: expected a scenario beside it, got none. Write one, \`ballast init\`, and name it: ballast plan SCENARIO
      --container: expected a scenario beside it, got none. Write one, \`ballast init\`, and name it: ballast plan SCENARIO
      --format: expected a trace beside it, got none. Name one, --traffic FILE; a scenario says this under traffic.
      --sessions-per-s: expected a trace beside it, got none. Name one, --traffic FILE; a scenario says this under traffic.
      --workload: expected manifests to choose from, got none. Name their file: --manifests FILE, or manifests in the scenario.
      --against: expected --sensitivity beside it, got none. Add --sensitivity, or leave it out."
    `);
  });

  it("holds the answer against other devices by the names that tell them apart", async () => {
    write("faster.json", JSON.stringify(deviceModel({ device: "Faster GPU" })));
    write("qwen.json", JSON.stringify(deviceModel({ model: "Qwen2.5-7B" })));
    const asked = ["chat.yaml", "--replications", "2", "--json", "--sensitivity", "--against"];
    const { out } = await plan(...asked, "device.json", "faster.json", "device.json");
    const names = planSchema.parse(JSON.parse(out)).sensitivity?.rows.map(({ name }) => name) ?? [];
    expect(names.filter((name) => name.startsWith("it runs on")).sort()).toEqual([
      "it runs on Example GPU, device.json",
      "it runs on Example GPU, device.json",
      "it runs on Faster GPU",
    ]);
    expect((await plan(...asked, "qwen.json")).err).toBe(
      "qwen.json: expected a device model of Llama-3.1-8B, got one of Qwen2.5-7B. Calibrate that device for this model: ballast calibrate --model …\n",
    );
  });

  it.each([
    ["a format that there is not", ["--format", "parquet"], "Allowed choices are azure, mooncake, vllm, csv, agent-sessions."],
    ["no replication at all", ["--replications", "0"], "Expected a whole number, 1 or above."],
  ])("refuses %s", async (_, args, message) => {
    const { code, err } = await plan(...args);
    expect(code).toBe(1);
    expect(err).toContain(message);
  });

  const conv = sharedFileOrNull("traces", "azure2023", "AzureLLMInferenceTrace_conv.csv");
  it.skipIf(conv === null)(
    "answers for Azure's conversation hour (needs the trace)",
    async () => {
      const { code, out } = await plan(
        "--traffic",
        conv ?? "",
        "--device",
        "device.json",
        "--slo",
        "ttft.p99<=400ms tpot.p99<=15ms",
        "--json",
      );
      expect(code).toBe(0);
      const { capacity, autoscaler } = planSchema.parse(JSON.parse(out));
      if (capacity.kind !== "found") throw new Error(capacity.because);
      expect(capacity.candidate.verdict).toBe("meets");
      expect(capacity.one_fewer?.verdict).toBe("misses");
      expect(autoscaler).not.toBeNull();
    },
    240_000,
  );
});
