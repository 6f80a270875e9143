import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { main } from "../../cli/main.ts";
import { gpuHours } from "../../src/format.ts";
import { planSchema } from "../../src/plan/schema.ts";
import { deviceModel } from "../fixtures.ts";
import { deployment, hpa } from "../manifests/examples.ts";
import { freshFolder } from "./folder.ts";
import { terminal } from "./terminal.ts";

const folder = freshFolder();
const write = (name: string, content: string): void => writeFileSync(join(folder.path, name), content);
const ballast = async (...args: string[]) => {
  const { io, written } = terminal({ cwd: folder.path });
  const code = await main(args, io);
  return { code, out: written.out, err: folder.text(written.err) };
};

const scenario = (policy = ""): string => `
model: Llama-3.1-8B
device: device.json
traffic:
  kind: bursty
  requests_per_s: 8
  duration_s: 120
  burst_s: 10
  calm_s: 20
  prompt: { kind: constant, tokens: 1000 }
  output: { kind: constant, tokens: 100 }
cold_start: { provision_s: 5, image_s: 0 }
${policy}
`;

beforeEach(() => {
  write("device.json", JSON.stringify(deviceModel()));
  write("chat.yaml", scenario());
});

describe("ballast plan --manifests-out", () => {
  it("writes what simulate --manifests reads as the policies of the answer", async () => {
    const slo = ["--slo", "ttft.p99<=220ms", "--replications", "1"];
    const { code, out, err } = await ballast("plan", "chat.yaml", "--json", ...slo, "--manifests-out", "apply");
    expect(code).toBe(0);
    expect(err).toContain("\nManifests: apply/replicas.yaml, apply/hpa.yaml, apply/keda.yaml, apply/knative.yaml\n");
    expect(err.slice(err.indexOf("Manifests:"))).toMatchInlineSnapshot(`
      "Manifests: apply/replicas.yaml, apply/hpa.yaml, apply/keda.yaml, apply/knative.yaml
      The answer is apply/replicas.yaml, a patch of a workload that is there and no whole manifest (its names are examples: put your own):
        kubectl patch deployment llama-3-1-8b --patch-file apply/replicas.yaml
      apply/hpa.yaml, apply/keda.yaml and apply/knative.yaml are for an autoscaler instead: apply one of the files, never two. Each one's head says how.
      "
    `);
    const { capacity, hybrid } = planSchema.parse(JSON.parse(out));
    if (capacity.kind !== "found" || hybrid == null) throw new Error("expected a number and a floor");

    const begins = Number(/initial_replicas: (\d+)/u.exec(readFileSync(join(folder.path, "apply/hpa.yaml"), "utf8"))?.[1]);
    write("begins.yaml", scenario(`policy: { kind: manifest, initial_replicas: ${begins} }`));
    for (const [file, from, candidate] of [
      ["replicas.yaml", "chat.yaml", capacity.candidate],
      ["hpa.yaml", "begins.yaml", hybrid],
    ] as const) {
      const { gpu_hours, scale_events, latency } = JSON.parse(
        (await ballast("simulate", from, "--manifests", `apply/${file}`, "--json")).out,
      );
      expect([gpu_hours, scale_events.length, latency.ttft_s]).toEqual([candidate.gpu_hours, candidate.scale_events, candidate.ttft_s]);
    }
    for (const file of ["keda.yaml", "knative.yaml"])
      expect((await ballast("simulate", "begins.yaml", "--manifests", `apply/${file}`)).code).toBe(0);
  });

  it("names what the user's own manifests name", async () => {
    write("llama.yaml", deployment.replace("name: llama\n", "name: llama\n  namespace: llm\n").replace('"2"', '"1"'));
    const { err } = await ballast("plan", "chat.yaml", "--replications", "1", "--manifests", "llama.yaml", "--manifests-out", "apply");
    expect(err).toContain("Manifests: apply/replicas.yaml");
    const text = readFileSync(join(folder.path, "apply/replicas.yaml"), "utf8");
    expect(text).toContain("metadata:\n  name: llama\n  namespace: llm\n");
    expect(text).toContain("# kubectl patch deployment llama --namespace llm --patch-file apply/replicas.yaml\n");
    expect(text).not.toContain("examples");
  });

  it("says how to simulate it once more on the user's own servers, to the same figures", async () => {
    const servers = deployment.replaceAll('"2"', '"1"').replace("--max-num-seqs=128", "--max-num-seqs=16");
    write("fleet.yaml", `${servers}---\n${hpa}`);
    const question = ["chat.yaml", "--device", "device.json", "--manifests", "fleet.yaml", "--slo", "ttft.p99<=220ms"];
    const { out, err } = await ballast("plan", ...question, "--replications", "1", "--json", "--manifests-out", "apply");
    expect(err.slice(err.indexOf("Manifests:"))).toMatchInlineSnapshot(`
      "Manifests: apply/replicas.yaml, apply/hpa.yaml, apply/keda.yaml
      The answer is apply/replicas.yaml, a patch of a workload that is there and no whole manifest:
        kubectl delete hpa llama
        kubectl patch deployment llama --patch-file apply/replicas.yaml
      apply/hpa.yaml and apply/keda.yaml are for an autoscaler instead: apply one of the files, never two. Each one's head says how.
      "
    `);
    const { capacity, hybrid } = planSchema.parse(JSON.parse(out));
    if (capacity.kind !== "found" || hybrid == null) throw new Error("expected a number and a floor");

    const figures = new Map<string, unknown[]>();
    for (const file of ["replicas.yaml", "hpa.yaml", "keda.yaml"]) {
      const lines = readFileSync(join(folder.path, "apply", file), "utf8").split("\n");
      const said = (pattern: RegExp): string[] => lines.flatMap((line) => pattern.exec(line)?.[1] ?? []);
      expect(said(/^# (kubectl delete .*)$/u)).toEqual(file === "hpa.yaml" ? [] : ["kubectl delete hpa llama"]);
      for (const command of said(/^# (\(cat .*)$/u)) execFileSync("sh", ["-c", command], { cwd: folder.path });
      write("chat.yaml", scenario(said(/^# +(?:with )?((?:manifests|policy): \{.*\})/u).join("\n")));
      const [, ...words] = said(/^# (ballast simulate .*)$/u)[0]!.split(" ");
      const { gpu_hours, scale_events, latency } = JSON.parse((await ballast(...words, "--json")).out);
      figures.set(file, [gpu_hours, scale_events.length, latency.ttft_s]);
    }
    const ofPlan = ({ gpu_hours, scale_events, ttft_s }: typeof hybrid): unknown[] => [gpu_hours, scale_events, ttft_s];
    expect(figures.get("replicas.yaml")).toEqual(ofPlan(capacity.candidate));
    expect(figures.get("hpa.yaml")).toEqual(ofPlan(hybrid));
    const [hours] = figures.get("keda.yaml") as [number];
    expect(readFileSync(join(folder.path, "apply/keda.yaml"), "utf8").replaceAll("\n# ", " ")).toContain(`${gpuHours(hours)} GPU-hours`);
  });

  it("that name no server are taken with vLLM's defaults, and the run says so", async () => {
    write("alone.yaml", hpa);
    write("bare.yaml", "apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: llama }\nspec: { replicas: 7 }\n");
    write("llama.yaml", deployment.replaceAll('"2"', '"1"'));
    const saying = /^ +- (\S+ says no server arguments.*)$/mu;
    const notes: (string | undefined)[] = [];
    for (const file of ["alone.yaml", "bare.yaml", "llama.yaml"])
      notes.push(saying.exec((await ballast("simulate", "chat.yaml", "--manifests", file)).out)?.[1]);
    const note = (name: string): string => `${name}.yaml says no server arguments: vLLM's defaults are taken.`;
    expect(notes).toEqual([note("alone"), note("bare"), undefined]);
  });

  it("that serve another model than the one simulated make a caution before the answer, and before a run's figures", async () => {
    write("bare.yaml", "apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: llama }\nspec: { replicas: 7 }\n");
    write("llama.yaml", deployment.replaceAll('"2"', '"1"'));
    write("qwen.yaml", deployment.replaceAll('"2"', '"1"').replace("meta-llama/Llama-3.1-8B-Instruct", "Qwen/Qwen2.5-7B"));
    const says = "Deployment/llama in qwen.yaml serves Qwen/Qwen2.5-7B, and what is simulated is Llama-3.1-8B";
    const { cautions = [], today_is } = planSchema.parse(
      JSON.parse((await ballast("plan", "chat.yaml", "--replications", "1", "--manifests", "qwen.yaml", "--json")).out),
    );
    expect(today_is).toBe("running");
    expect(cautions.filter((caution) => caution.startsWith(says))).toHaveLength(1);
    const beforeLatency = async (file: string): Promise<string> =>
      (await ballast("simulate", "chat.yaml", "--manifests", file)).out.split("  Latency")[0]!.replaceAll(/\s+/gu, " ");
    expect(await beforeLatency("qwen.yaml")).toContain(says);
    for (const file of ["llama.yaml", "bare.yaml"]) expect(await beforeLatency(file)).not.toContain("and what is simulated");
  });

  it("writes nothing where no number of replicas will do, and says so", async () => {
    const { code, err } = await ballast("plan", "chat.yaml", "--slo", "tpot.p99<=5ms", "--manifests-out", "apply");
    expect(code).toBe(0);
    expect(err).toContain("Manifests: none are written, since no number of replicas meets the objectives.\n");
    expect(readdirSync(folder.path)).not.toContain("apply");
  });

  it("overwrites nothing, and says before it simulates what cannot be written", async () => {
    mkdirSync(join(folder.path, "held"));
    write("held/keda.yaml", "mine");
    const refusals = [];
    for (const place of ["held", "chat.yaml", "chat.yaml/apply"]) {
      const { code, out, err } = await ballast("plan", "chat.yaml", "--manifests-out", place);
      expect([code, out]).toEqual([1, ""]);
      refusals.push(err);
    }
    expect(refusals.join("")).toMatchInlineSnapshot(`
      "held/keda.yaml: is there already, and is never overwritten. Move it away, or name another folder.
      --manifests-out chat.yaml: expected a folder, got the file <folder>/chat.yaml. Name a folder; it need not be there yet.
      --manifests-out chat.yaml/apply: expected a folder, got the file <folder>/chat.yaml. Name a folder; it need not be there yet.
      "
    `);
    expect(readdirSync(join(folder.path, "held"))).toEqual(["keda.yaml"]);
  });
});
