import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { main } from "../../cli/main.ts";
import { scenarioTemplate } from "../../cli/scenario-template.ts";
import { USUAL_TEMPLATE } from "../../cli/template-for.ts";
import { builtInModel } from "../../src/model/built-in.ts";
import { headLinear, layerSizes } from "../../src/model/shapes.ts";
import { measurementsOf, profileOf, truth } from "../calibration/synthetic.ts";
import { deviceModel } from "../fixtures.ts";
import { freshFolder } from "./folder.ts";
import { terminal } from "./terminal.ts";

const folder = freshFolder();
const ballast = async (...args: string[]) => {
  const { io, written } = terminal({ cwd: folder.path, env: { BALLAST_RUNS: join(folder.path, "runs") } });
  return { code: await main(args, io), ...written };
};

describe("ballast init", () => {
  it("writes scenario.yaml, and says what to do with it and where traffic is to be had", async () => {
    const { code, out, err } = await ballast("init");
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(readFileSync(join(folder.path, "scenario.yaml"), "utf8")).toBe(scenarioTemplate(USUAL_TEMPLATE));
    expect(out).toMatchInlineSnapshot(`
      "Wrote scenario.yaml: edit it, then

        npx ballast plan scenario.yaml       how many replicas it needs
        npx ballast simulate scenario.yaml   what its policy does

      Real traffic to try, each under its own licence:

        azure      Azure's LLM inference traces of 2023, code and conversation: AzureLLMInferenceTrace_conv.csv in
                   https://github.com/Azure/AzurePublicDataset
        mooncake   Mooncake's traces: FAST25-release/traces/conversation_trace.jsonl in
                   https://github.com/kvcache-ai/Mooncake

        servegen   Statistics of real services' clients, to draw from (kind: clients): data/ in
                   https://github.com/alibaba/ServeGen
        agents     Coding agents' sessions: traces/ in
                   https://github.com/callanjfox/kv-cache-tester

      Your own: CSV with the columns arrival_s, prompt_tokens, output_tokens; or vLLM's requests as JSON lines.

        npx ballast traffic describe AzureLLMInferenceTrace_conv.csv
        npx ballast plan --traffic AzureLLMInferenceTrace_conv.csv
      "
    `);
  });

  it("writes what `simulate` runs on a device that does not hold the usual model, and says why", async () => {
    const tiny = builtInModel("tiny-llama");
    const measured = measurementsOf(truth, [layerSizes(tiny)], [headLinear(tiny)]);
    mkdirSync(join(folder.path, "runs/2026-01-02-web-00000000"), { recursive: true });
    writeFileSync(
      join(folder.path, "runs/2026-01-02-web-00000000/profile.json"),
      JSON.stringify(profileOf(measured, { is_gpu: false, device: "Software" })),
    );
    expect((await ballast("init")).out).toMatch(
      /^Software, the newest run, is not a GPU: the smallest built-in model; lengths are a chat's times 1\/8\.\nWrote scenario\.yaml/u,
    );
    const written = readFileSync(join(folder.path, "scenario.yaml"), "utf8");
    expect(written).toContain("\nmodel: tiny-llama #");
    await ballast("init", "usual.yaml", "--model", "Llama-3.1-8B");
    expect(readFileSync(join(folder.path, "usual.yaml"), "utf8")).toBe(scenarioTemplate(USUAL_TEMPLATE));
    const { code, out } = await ballast("simulate", "scenario.yaml");
    expect(code).toBe(0);
    expect(out).toContain("tiny-llama");
  });

  it("gives the path alone as JSON", async () => {
    expect(JSON.parse((await ballast("init", "other.yaml", "--json")).out)).toEqual({ scenario: join(folder.path, "other.yaml") });
  });

  it("never overwrites", async () => {
    writeFileSync(join(folder.path, "mine.yaml"), "mine");
    expect(await ballast("init", "mine.yaml")).toMatchInlineSnapshot(`
      {
        "code": 1,
        "err": "mine.yaml: is there already, and is never overwritten. Move it away, or give another name.
      ",
        "out": "",
      }
    `);
    expect(readFileSync(join(folder.path, "mine.yaml"), "utf8")).toBe("mine");
  });

  it("says so where it cannot write", async () => {
    expect(await ballast("init", "no/such/folder/scenario.yaml")).toMatchInlineSnapshot(`
      {
        "code": 1,
        "err": "no/such/folder/scenario.yaml: cannot be written: ENOENT. Choose a place that can be written, and make sure that its disk has room.
      ",
        "out": "",
      }
    `);
  });

  it("writes what `simulate` runs as it stands", async () => {
    writeFileSync(join(folder.path, "device.json"), JSON.stringify(deviceModel()));
    await ballast("init");
    await ballast("init", "usual.yaml", "--model", "Llama-3.1-8B");
    expect(readFileSync(join(folder.path, "usual.yaml"), "utf8")).toBe(scenarioTemplate(USUAL_TEMPLATE));
    const { code, out } = await ballast("simulate", "scenario.yaml", "--device", "device.json");
    expect(code).toBe(0);
    expect(out).toContain("HPA on requests_in_flight");
  });
});
