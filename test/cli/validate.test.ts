import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { main } from "../../cli/main.ts";
import { validationSchema, type ValidationRow } from "../../src/validation/schema.ts";
import { sharedFileOrNull } from "../data.ts";
import { freshFolder } from "./folder.ts";
import { terminal } from "./terminal.ts";

const log = sharedFileOrNull("validation", "rtxpro6000-llama-3.1-8b-vllm-0.19", "requests.jsonl");
const real = dirname(log ?? "");
const folder = freshFolder();

const validate = async (...args: string[]) => {
  const { io, written } = terminal({ cwd: folder.path });
  return { code: await main(["validate", ...args], io), ...written };
};

// The way the tables are read was chosen with this run in view: docs/decisions/0012.
describe.skipIf(log === null)("ballast validate on a logged vLLM run", () => {
  it("replays it without a constant fitted to it: means of TTFT to 3 %, of TPOT to 1 %, end to end to 1.5 %", async () => {
    const { code, out } = await validate("--run", real, "--json", "--html", "page.html");
    expect(code).toBe(0);
    const validation = validationSchema.parse(JSON.parse(out));
    expect([validation.requests, validation.engine, validation.extrapolated_share]).toEqual([300, "vllm 0.19.0", 0]);
    const errorOf = (metric: ValidationRow["metric"]) =>
      Math.abs(validation.rows.find((row) => row.metric === metric && row.statistic === "mean")?.error ?? NaN);
    expect(errorOf("ttft")).toBeLessThan(0.03);
    expect(errorOf("tpot")).toBeLessThan(0.01);
    expect(errorOf("end_to_end")).toBeLessThan(0.015);
    expect(validation.not_modelled.some((text) => text.includes("Asynchronous scheduling"))).toBe(true);
    const page = readFileSync(join(folder.path, "page.html"), "utf8");
    expect(page).toContain("Requests waiting");
  });

  it("takes KV blocks from a log in the folder, and says what of the engine it does not model", async () => {
    cpSync(real, join(folder.path, "run"), { recursive: true });
    const meta = JSON.parse(readFileSync(join(real, "meta.json"), "utf8")) as { engine_kwargs: Record<string, unknown> };
    const engine_kwargs = { ...meta.engine_kwargs, kv_cache_dtype: "fp8", data_parallel_size: 2 };
    writeFileSync(join(folder.path, "run", "meta.json"), JSON.stringify({ ...meta, engine_kwargs }));
    writeFileSync(join(folder.path, "run", "engine.log"), "INFO # GPU blocks: 7191, # CPU blocks: 0\n");
    const { code, out } = await validate("--run", "run");
    expect(code).toBe(0);
    expect(out).toMatch(/given\s+num_gpu_blocks\s+7,191 of 16 tokens \(the engine's log engine\.log\)/u);
    expect(out.replace(/\s+/gu, " ")).toContain('not modelled: data_parallel_size 2, kv_cache_dtype "fp8"');
  });

  it("refuses tables of another model", async () => {
    const { code, err } = await validate("--run", real, "--model", "Llama-3.2-1B");
    expect([code, err]).toEqual([1, expect.stringContaining("expected tables of Llama-3.2-1B, got those of meta-llama/Llama-3.1-8B")]);
  });

  it.each([
    ["--kv-blocks 1", "--kv-blocks: expected 2 or more"],
    ["--tables nowhere", "nowhere"],
  ])("%s is refused: %s", async (options, message) => {
    const { code, err } = await validate("--run", real, ...options.split(" "));
    expect([code, err]).toEqual([1, expect.stringContaining(message)]);
  });
});

describe("ballast validate", () => {
  it("says what a logged run is where the folder is none", async () => {
    mkdirSync(join(folder.path, "empty"));
    for (const [run, message] of [
      ["nowhere", "nowhere: is not a folder. A logged run is a folder with requests.jsonl"],
      ["empty", "empty/requests.jsonl: is not there. A logged run is a folder with requests.jsonl"],
    ] as const) {
      const { code, err } = await validate("--run", run);
      expect([code, err]).toEqual([1, expect.stringContaining(message)]);
    }
    rmSync(join(folder.path, "empty"), { recursive: true });
  });
});
