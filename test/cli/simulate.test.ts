import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { main } from "../../cli/main.ts";
import { runSchema } from "../../src/fleet/run.ts";
import { runText } from "../../src/report/text.ts";
import { deviceModel } from "../fixtures.ts";
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
    expect(out).toBe(`${UNANCHORED}\n\n${runText(run)}`);
    expect(run).toMatchObject({ scenario: "chat", seed: 42, policy: "HPA on requests_in_flight, target 10 a pod, 1 to 6 replicas" });
    expect(run.requests.finished).toBe(run.requests.arrived);
    expect(run.scale_events.length).toBeGreaterThan(0);
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

  it("refuses bad input with the place, the rule, what stands there, and what to do", async () => {
    const messages: string[] = [];
    for (const args of [["bare.yaml"], ["empty.yaml"], ["missing.yaml"], [], ["chat.yaml", "--seed", "-1"]]) {
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
      (add --help for the options)"
    `);
  });
});
