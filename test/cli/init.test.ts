import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { main } from "../../cli/main.ts";
import { scenarioTemplate } from "../../cli/scenario-template.ts";
import { deviceModel } from "../fixtures.ts";
import { freshFolder } from "./folder.ts";
import { terminal } from "./terminal.ts";

const folder = freshFolder();
const ballast = async (...args: string[]) => {
  const { io, written } = terminal({ cwd: folder.path });
  return { code: await main(args, io), ...written };
};

describe("ballast init", () => {
  it("writes scenario.yaml, and says what to do with it and where traffic is to be had", async () => {
    const { code, out, err } = await ballast("init");
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(readFileSync(join(folder.path, "scenario.yaml"), "utf8")).toBe(scenarioTemplate);
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

        ballast traffic describe AzureLLMInferenceTrace_conv.csv
        npx ballast plan --traffic AzureLLMInferenceTrace_conv.csv
      "
    `);
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
    const { code, out } = await ballast("simulate", "scenario.yaml", "--device", "device.json");
    expect(code).toBe(0);
    expect(out).toContain("HPA on requests_in_flight");
  });
});
