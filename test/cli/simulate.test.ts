import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { main } from "../../cli/main.ts";
import { runSchema } from "../../src/fleet/run.ts";
import { runText } from "../../src/report/text.ts";
import { deviceModel } from "../fixtures.ts";
import { deployment, hpa as hpaManifest, scaledObject } from "../manifests/examples.ts";
import { freshFolder } from "./folder.ts";
import { terminal } from "./terminal.ts";

const folder = freshFolder();
const simulate = async (...args: string[]) => {
  const { io, written } = terminal({ cwd: folder.path });
  return { code: await main(["simulate", ...args], io), ...written };
};
const scenario = (policy: string, duration = 120) => `
name: chat
model: Llama-3.1-8B
device: device.json
traffic:
  kind: bursty
  requests_per_s: 15
  duration_s: ${duration}
  burst_s: 10
  calm_s: 40
  prompt: { kind: log-normal, p50_tokens: 800, p99_tokens: 4000, max_tokens: 8000 }
  output: { kind: log-normal, p50_tokens: 50, p99_tokens: 300, max_tokens: 500 }
${policy}
`;
const hpa = "policy: { kind: hpa, min_replicas: 1, max_replicas: 6, target_average: 10 }\ncold_start: { provision_s: 5, image_s: 5 }";

beforeEach(() => {
  writeFileSync(join(folder.path, "device.json"), JSON.stringify(deviceModel()));
  writeFileSync(join(folder.path, "chat.yaml"), scenario(hpa));
  writeFileSync(join(folder.path, "bare.yaml"), scenario(""));
  writeFileSync(join(folder.path, "empty.yaml"), scenario(hpa, 1e-6));
});

const UNANCHORED =
  "UNANCHORED: this speaks for a WebGPU engine on this device. No measurement of vLLM or another production engine stands behind it.";

describe("ballast simulate", () => {
  it("prints on stdout what it writes with --out", async () => {
    const { code, out, err } = await simulate("chat.yaml", "--out", "run.json");
    expect({ code, err }).toEqual({ code: 0, err: "Run: run.json\n" });
    const run = runSchema.parse(JSON.parse(readFileSync(join(folder.path, "run.json"), "utf8")));
    const objectives = /^  (?:TTFT|TPOT) p99 ≤ .* (?:met|missed): .* of the requests lie beyond it\.\n/gmu;
    expect(out.match(objectives)).toHaveLength(2);
    expect(out.replaceAll(objectives, "")).toBe(`${UNANCHORED}\n\n${runText(run)}`);
    expect(run).toMatchObject({ scenario: "chat", seed: 42, policy: "HPA on requests_in_flight, target 10 a pod, 1 to 6 replicas" });
    expect(run.requests.finished).toBe(run.requests.arrived);
    expect(run.scale_events.length).toBeGreaterThan(0);
  });

  it("writes a trace with --trace-out, and prints the same as without it", async () => {
    const { code, out, err } = await simulate("chat.yaml", "--trace-out", "trace.json");
    expect({ code, err }).toEqual({ code: 0, err: "Trace, for https://ui.perfetto.dev or chrome://tracing: trace.json\n" });
    expect(out).toBe((await simulate("chat.yaml")).out);
    const trace = JSON.parse(readFileSync(join(folder.path, "trace.json"), "utf8")) as { traceEvents: { ph: string; name: string }[] };
    const phases = new Set(trace.traceEvents.filter(({ ph }) => ph === "X").map(({ name }) => name));
    expect([...phases].sort()).toEqual(["loading", "provisioning", "serving", "warming"]);
  });

  it("gives the same bytes again, and step by step", async () => {
    const { out } = await simulate("chat.yaml", "--json");
    expect((await simulate("chat.yaml", "--json")).out).toBe(out);
    expect((await simulate("chat.yaml", "--json", "--stepwise")).out).toBe(out);
  });

  it("draws other traffic with another --seed", async () => {
    const run = async (...args: string[]) => runSchema.parse(JSON.parse((await simulate("chat.yaml", "--json", ...args)).out));
    const [own, other] = [await run(), await run("--seed", "7")];
    expect(other.seed).toBe(7);
    expect(other.timeline.arrivals).not.toEqual(own.timeline.arrivals);
  });

  describe("with manifests", () => {
    const write = (name: string, text: string): void => writeFileSync(join(folder.path, name), text);
    const oneGpu = deployment.replace('- "2"', '- "1"').replace('gpu: "2"', 'gpu: "1"');
    const json = async (...args: string[]) => runSchema.parse(JSON.parse((await simulate(...args, "--json")).out));

    it("follows their autoscaler and their server's arguments, and lists what of them is not modelled", async () => {
      write("llama.yaml", `${oneGpu}---\n${hpaManifest}`);
      const run = await json("bare.yaml", "--manifests", "llama.yaml");
      expect(run.policy).toBe("HorizontalPodAutoscaler llama, 2 to 8 replicas");
      expect(run.scale_events[0]).toMatchObject({ from: 2, to: 3 });
      expect(run.inputs).toContainEqual({ name: "max_num_seqs", value: "128", origin: "given", source: "llama.yaml" });
      expect(run.not_modelled).toContain("Arguments of Deployment/llama that are not modelled: --kv-cache-dtype fp8, --enforce-eager.");
    });

    it("named in the scenario gives the same run", async () => {
      write("llama.yaml", `${oneGpu}---\n${hpaManifest}`);
      write("own.yaml", scenario("manifests: { file: llama.yaml }"));
      const { inputs: _, ...named } = await json("own.yaml");
      expect(await json("bare.yaml", "--manifests", "llama.yaml")).toMatchObject(named);
    });

    it("named on the command line go before the scenario's own policy; in the scenario the policy goes before them, and that is said", async () => {
      write("llama.yaml", `${oneGpu}---\n${hpaManifest}`);
      write("both.yaml", scenario("manifests: { file: llama.yaml }\npolicy: { kind: fixed, replicas: 3 }"));
      expect((await json("both.yaml", "--manifests", "llama.yaml")).policy).toBe("HorizontalPodAutoscaler llama, 2 to 8 replicas");
      const own = await json("both.yaml");
      expect(own.policy).toBe("fixed, 3 replicas");
      expect(own.not_modelled[0]).toBe("HorizontalPodAutoscaler llama in llama.yaml: the scenario has a policy of its own, fixed.");
    });

    it("that scale nothing are a fixed fleet", async () => {
      write("llama.yaml", oneGpu);
      expect((await json("bare.yaml", "--manifests", "llama.yaml")).policy).toBe("fixed, 2 replicas");
    });

    it("are refused with the file, the object, the rule, and what to do", async () => {
      write("both.yaml", `${oneGpu}---\n${hpaManifest}---\n${scaledObject}`);
      write("two-gpus.yaml", `${deployment}---\n${hpaManifest}`);
      write("swapped.yaml", hpaManifest.replace("minReplicas: 2", "minReplicas: 20"));
      write("unknown.yaml", hpaManifest.replace("minReplicas: 2", "minReplica: 2"));
      write("nobody.yaml", hpaManifest.replace("vllm:num_requests_waiting", "queue_depth"));
      write("slip.yaml", `${oneGpu}---\n${hpaManifest.replace("name: llama }", "name: lama }")}`);
      write("zero.yaml", hpaManifest.replace('averageValue: "5"', 'averageValue: "0"'));
      const messages: string[] = [];
      for (const file of [
        "both.yaml",
        "two-gpus.yaml",
        "swapped.yaml",
        "unknown.yaml",
        "nobody.yaml",
        "zero.yaml",
        "slip.yaml",
        "missing.yaml",
      ]) {
        const { code, err } = await simulate("bare.yaml", "--manifests", file);
        expect(code).toBe(1);
        messages.push(err.trimEnd());
      }
      expect(messages.join("\n")).toMatchInlineSnapshot(`
        "both.yaml: expected one autoscaler, got 2: HorizontalPodAutoscaler/llama, ScaledObject/llama. Choose one: --autoscaler HorizontalPodAutoscaler/llama, or autoscaler beside the file in the scenario.
        two-gpus.yaml: --tensor-parallel-size: expected what the device model is for, 1, got 2. Give the step times of an engine on so many GPUs: ballast calibrate --tp …
        swapped.yaml, HorizontalPodAutoscaler llama: spec.minReplicas: expected at most maxReplicas, 8, got 20. Swap the two, or raise maxReplicas.
        unknown.yaml, HorizontalPodAutoscaler llama: spec: there is no field "minReplica". Did you mean "minReplicas"?
        nobody.yaml, HorizontalPodAutoscaler llama: spec.metrics.0.pods.metric.name: expected a metric that the servers export, got "queue_depth". There are: vllm:num_requests_running, vllm:num_requests_waiting, requests_in_flight, vllm:kv_cache_usage_perc, DCGM_FI_DEV_GPU_UTIL, requests_per_second. Or name the manifests in the scenario, and beside them what it keeps on average, such as policy: { kind: fixed, replicas: 4 }. Or ask how many replicas it takes, which leaves it out: ballast plan bare.yaml, with the same manifests.
        zero.yaml, HorizontalPodAutoscaler llama: spec.metrics.0.pods.target.averageValue: expected a quantity above 0, got "0". See https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/horizontal-pod-autoscaler-v2/.
        slip.yaml, document 2, HorizontalPodAutoscaler llama: spec.scaleTargetRef.name: expected a workload of this file, llama, got "lama". Did you mean "llama"?
        missing.yaml: is not there. Print what the cluster has: kubectl get deployment,hpa -o yaml"
      `);
      expect((await simulate("bare.yaml", "--manifests", "both.yaml", "--autoscaler", "ScaledObject/llama")).out).toContain(
        "ScaledObject llama, 1 to 10 replicas",
      );
    });
  });

  it("writes every request to a file, and nothing where the run fails", async () => {
    const { code, err } = await simulate("chat.yaml", "--records", "kept/requests.csv", "--out", "run.json");
    expect({ code, err }).toEqual({ code: 0, err: "Requests: kept/requests.csv\nRun: run.json\n" });
    const run = runSchema.parse(JSON.parse(readFileSync(join(folder.path, "run.json"), "utf8")));
    const [head, ...rows] = readFileSync(join(folder.path, "kept", "requests.csv"), "utf8")
      .trimEnd()
      .split("\n");
    expect(head).toBe(
      "id,origin,turn,state,reason,attempts,arrived_at_s,prompt_tokens,output_tokens,ttft_s,tpot_s,end_to_end_s,preemptions",
    );
    expect(rows).toHaveLength(run.requests.arrived);
    const column = (name: string): number[] => rows.map((row) => Number(row.split(",")[head!.split(",").indexOf(name)]));
    expect(column("output_tokens").reduce((sum, tokens) => sum + tokens, 0)).toBe(run.tokens.output);
    expect(Math.max(...column("ttft_s"))).toBe(run.latency.ttft_s!.max);
    writeFileSync(
      join(folder.path, "broken.yaml"),
      scenario("policy: { kind: hpa, min_replicas: 9, max_replicas: 6, target_average: 10 }"),
    );
    expect((await simulate("broken.yaml", "--records", "none/requests.csv")).code).toBe(1);
    expect(readdirSync(join(folder.path, "none"))).toEqual([]);
  });

  it("says of each request in that file how often it was sent, and why it was not served", async () => {
    writeFileSync(
      join(folder.path, "limited.yaml"),
      scenario(
        "policy: { kind: fixed, replicas: 1 }\nadmission: { rate_limit: { rate: 5, burst: 5 } }\nclients: { retry: { max_attempts: 3 } }",
      ),
    );
    await simulate("limited.yaml", "--records", "requests.csv", "--out", "run.json");
    const run = runSchema.parse(JSON.parse(readFileSync(join(folder.path, "run.json"), "utf8")));
    const [head, ...rows] = readFileSync(join(folder.path, "requests.csv"), "utf8").trimEnd().split("\n");
    const column = (name: string): string[] => rows.map((row) => row.split(",")[head!.split(",").indexOf(name)]!);
    const reasons = column("reason");
    const ends = column("state").map((state, i) => `${state} ${reasons[i]}`);
    expect([...new Set(ends)].sort()).toEqual(["finished ", "rejected rate_limit"]);
    expect(ends.filter((end) => end === "rejected rate_limit")).toHaveLength(run.requests.rejected);
    expect(column("attempts").reduce((sum, attempts) => sum + Number(attempts), 0)).toBe(run.admission!.attempts);
  });

  it("asks a module of the user's own, whose content hash goes into the run", async () => {
    const module = "export const decide = ({ now }) => (now < 30 ? 2 : 1);\n";
    writeFileSync(join(folder.path, "mine.mjs"), module);
    writeFileSync(join(folder.path, "own.yaml"), scenario("policy: { kind: module, file: mine.mjs }"));
    const run = runSchema.parse(JSON.parse((await simulate("own.yaml", "--json")).out));
    const sha256 = createHash("sha256").update(module).digest("hex");
    expect(run.policy).toBe(`module mine.mjs (sha256 ${sha256.slice(0, 12)})`);
    expect(run.scale_events.map(({ at_s, from, to }) => [at_s, from, to])).toEqual([
      [0, 1, 2],
      [30, 2, 1],
    ]);
  });

  it("refuses bad input with the place, the rule, what stands there, and what to do", async () => {
    const messages: string[] = [];
    for (const args of [
      ["bare.yaml"],
      ["empty.yaml"],
      ["missing.yaml"],
      [],
      ["chat.yaml", "--seed", "-1"],
      ["chat.yaml", "--autoscaler", "llama"],
    ]) {
      const { code, out, err } = await simulate(...args);
      expect({ code, out }).toEqual({ code: 1, out: "" });
      messages.push(err.trimEnd());
    }
    expect(messages.join("\n")).toMatchInlineSnapshot(`
      "bare.yaml: policy: expected a policy to simulate, got none. Write one, {kind: fixed, replicas: 4}, take it from --manifests, or search for it: ballast plan
      empty.yaml: traffic: expected at least one request, got none. Give it a longer duration or a higher rate.
      missing.yaml: is not there. \`ballast init\` writes a scenario to begin with.
      error: missing required argument 'scenario'
      (add --help for the options)
      error: option '--seed <n>' argument '-1' is invalid. Expected a whole number, 0 or above.
      (add --help for the options)
      --autoscaler: expected manifests to choose from, got none. Name their file: --manifests FILE, or manifests in the scenario."
    `);
  });
});
