import { existsSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { Command } from "commander";
import { InputError } from "../../src/errors.ts";
import { writing } from "../files.ts";
import type { Io } from "../io.ts";
import { scenarioTemplate } from "../scenario-template.ts";
import { templateFor } from "../template-for.ts";

const nextSteps = (file: string, because: string | null): string => `${because === null ? "" : `${because}.\n`}Wrote ${file}: edit it, then

  npx ballast plan ${file}       how many replicas it needs
  npx ballast simulate ${file}   what its policy does

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
`;

/** `ballast init`: a scenario to begin with. */
export const initCommand = (io: Io): Command =>
  new Command("init")
    .description("Write a commented scenario to begin with, and say where public traces are to be had. Never overwrites.")
    .argument("[file]", "the file to write", "scenario.yaml")
    .option(
      "--model <name|path>",
      "the model that it is for, built-in or a Hugging Face config.json (default: Llama-3.1-8B, or the largest built-in that the newest run holds where it does not hold that)",
    )
    .option("--json", "print the file's path as JSON")
    .action((file: string, { json, model }: { readonly json?: true; readonly model?: string }) => {
      const path = resolve(io.cwd, file);
      if (existsSync(path)) throw new InputError(file, "is there already, and is never overwritten", "Move it away, or give another name.");
      const template = templateFor(io, model);
      writing(file, () => writeFileSync(path, scenarioTemplate(template), { flag: "wx" }));
      io.out(json ? `${JSON.stringify({ scenario: path })}\n` : nextSteps(file, template.because));
    });
