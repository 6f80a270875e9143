import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { Command } from "commander";
import { describe, expect, it } from "vitest";
import { chooseModel } from "../../cli/choose-model.ts";
import { chooseFitted, chooseProfile } from "../../cli/choose-profile.ts";
import { calibrateCommand } from "../../cli/commands/calibrate.ts";
import { calibrate as fitCurves } from "../../src/calibration/calibrate.ts";
import { deviceModelSchema } from "../../src/calibration/device-model.ts";
import { builtInModel } from "../../src/model/built-in.ts";
import { headLinear, layerSizes } from "../../src/model/shapes.ts";
import type { Profile } from "../../src/profile/schema.ts";
import { measurementsOf, profileOf, truth } from "../calibration/synthetic.ts";
import { freshFolder } from "./folder.ts";
import { terminal } from "./terminal.ts";

const tiny = builtInModel("tiny-llama");
const measurements = measurementsOf(truth, [layerSizes(tiny)], [headLinear(tiny)]);
const profile = profileOf(measurements, { is_gpu: false, device: "Software" });

const folder = freshFolder();

const write = (path: string, of: Profile | { readonly schema: string }): string => {
  const full = join(folder.path, path);
  mkdirSync(join(full, ".."), { recursive: true });
  const text = JSON.stringify(of);
  writeFileSync(full, path.endsWith(".gz") ? gzipSync(text) : text);
  return path;
};
const calibrate = async (...args: string[]) => {
  const screen = terminal({ cwd: folder.path });
  const program = new Command().exitOverride().configureOutput({ writeErr: (text) => screen.io.err(text) });
  program.addCommand(calibrateCommand(screen.io).copyInheritedSettings(program));
  await program.parseAsync(["calibrate", ...args], { from: "user" });
  return screen;
};

describe("ballast calibrate", () => {
  it("prints three curves with range and error, and writes what it printed about", async () => {
    write("profile.json", profile);
    const screen = await calibrate("profile.json", "--out", "model.json");
    for (const part of ["tiny-llama on Software", "load", "warm-up", "Step", "on 3 points the fit did not see"])
      expect(screen.written.out).toContain(part);
    const model = deviceModelSchema.parse(JSON.parse(readFileSync(join(folder.path, "model.json"), "utf8")));
    expect(model).toMatchObject({ model: "tiny-llama", is_gpu: false });
  });

  it("prints JSON and nothing else to stdout with --json", async () => {
    write("profile.json", profile);
    const screen = await calibrate("profile.json", "--json", "--model", "Llama-3.2-1B", "--memory", "24GiB");
    const model = deviceModelSchema.parse(JSON.parse(screen.written.out));
    expect(model).toMatchObject({ model: "Llama-3.2-1B", memory: { bytes: 24 * 2 ** 30, origin: "given" } });
  });

  it("takes whole steps of an engine, its log, and names it; downstream takes the result", async () => {
    const header = "prefill_tokens,prefill_context,decode_sequences,decode_context,seconds";
    const steps = [1, 2, 4, 8, 16, 32, 64].flatMap((n) => [`0,0,${n},500,${0.01 + n * 1e-4}`, `${64 * n},0,0,0,${0.012 + n * 2e-3}`]);
    writeFileSync(join(folder.path, "steps.csv"), [header, ...steps].join("\n"));
    writeFileSync(join(folder.path, "vllm.log"), "INFO GPU KV cache size: 400,000 tokens\n");
    const given = ["--points", "steps.csv", "--model", "Llama-3.1-8B", "--engine", "vllm 0.11.0", "--device-name", "L40S"];
    const screen = await calibrate(...given, "--engine-log", "vllm.log", "--step-overhead", "250", "--json");
    const model = deviceModelSchema.parse(JSON.parse(screen.written.out));
    expect(model).toMatchObject({
      engine: "vllm 0.11.0",
      device: "L40S",
      kv_cache: { blocks: 25_000, block_size: 16 },
      step: { kind: "fitted", overhead: { seconds: 250e-6, origin: "given" } },
    });
    const text = (await calibrate(...given, "--memory", "48GB")).written.out;
    expect(text).toContain("This speaks for vllm 0.11.0 on L40S");
  });

  it("takes one source of step times", async () => {
    await expect(calibrate("profile.json", "--tables", "tables")).rejects.toThrow(
      "expected a profile, --tables or --points, got profile.json and tables",
    );
    await expect(calibrate("--tables", "tables")).rejects.toThrow("tables: meta.yaml: is not there");
  });

  it("rescales a profile's curves to anchors, and prints each factor and its error", async () => {
    write("profile.json", { ...profile, is_gpu: true });
    const bench = {
      max_concurrency: 1,
      duration: 100,
      completed: 10,
      total_input_tokens: 1000,
      total_output_tokens: 1000,
      median_ttft_ms: 20,
      median_tpot_ms: 2,
    };
    writeFileSync(join(folder.path, "bench.json"), JSON.stringify(bench));
    const screen = await calibrate("profile.json", "--memory", "24GiB", "--model", "tiny-llama", "--anchor", "bench.json");
    expect(screen.written.out.replaceAll(/\s+/gu, " ")).toMatch(
      /Anchored to vllm: decode × \S+ \(one point, no held-out error\), prefill × /u,
    );
    await expect(calibrate("profile.json", "--memory", "24GiB", "--anchor", "missing.json")).rejects.toThrow(
      "missing.json: cannot be read: ENOENT",
    );
  });

  it.each(["0", "-1GB", "lots", "5PB", ""])("refuses a memory of %j", async (size) => {
    write("profile.json", profile);
    await expect(calibrate("profile.json", `--memory=${size}`)).rejects.toThrow("Expected a size above 0, such as 24GiB or 80GB.");
  });
});

describe("the profile that the user means", () => {
  const folders = () => ({ runs: join(folder.path, "runs"), results: join(folder.path, "results") });
  const choose = (given?: string) => chooseProfile(terminal({ cwd: folder.path }).io, given, folders()).profile.device;
  const named = (device: string, started_at: string) => ({ ...profile, device, started_at });

  it("is the newest run by the time it began, where nothing is given", () => {
    write("runs/2026-01-02-web-ffffffff/profile.json", named("older", "2026-01-02T03:00:00Z"));
    write("runs/2026-01-02-web-00000000/profile.json", named("newer", "2026-01-02T04:00:00Z"));
    mkdirSync(join(folder.path, "runs/2026-01-03-web-unfinished"));
    expect(choose()).toBe("newer");
  });

  it("is a file, a run's folder, or the newest kept one of a device and condition", () => {
    write("mine.json", named("mine", "2026-01-01T00:00:00Z"));
    write("run/profile.json", named("a run", "2026-01-01T00:00:00Z"));
    write("results/imagined/web/2026-01-01-a.json.gz", named("kept earlier", "2026-01-01T00:00:00Z"));
    write("results/imagined/web/2026-02-01-b.json.gz", named("kept later", "2026-02-01T00:00:00Z"));
    expect(choose("mine.json")).toBe("mine");
    expect(choose("run")).toBe("a run");
    expect(choose("imagined/web")).toBe("kept later");
    expect(choose("imagined/web/2026-01-01-a.json.gz")).toBe("kept earlier");
  });

  it("is the newest that can be read, and of the others it is said why not", () => {
    write("runs/2026-01-02-web-00000000/profile.json", named("readable", "2026-01-02T03:00:00Z"));
    write("runs/2026-01-03-web-00000000/profile.json", { schema: "ballast.plan/1" });
    const { io, written } = terminal({ cwd: folder.path });
    expect(chooseProfile(io, undefined, folders()).profile.device).toBe("readable");
    expect(folder.text(written.err)).toMatch(
      /^Passed over: <folder>\/runs\/2026-01-03-web-00000000\/profile.json: schema: expected a profile/,
    );
  });

  it("is, to fit something to, the newest run that does, and of newer ones it is said why not", () => {
    write("runs/2026-01-02-web-00000000/profile.json", named("whole", "2026-01-02T03:00:00Z"));
    write("runs/2026-01-03-web-00000000/profile.json", { ...named("cut short", "2026-01-03T03:00:00Z"), measurements: [] });
    const { io, written } = terminal({ cwd: folder.path });
    const fit = (measured: Profile) => fitCurves(measured, builtInModel("tiny-llama"), { profileHash: "" }).device;
    expect(chooseFitted(io, undefined, fit, folders()).fitted).toBe("whole");
    expect(folder.text(written.err)).toMatchInlineSnapshot(`
      "Passed over: <folder>/runs/2026-01-03-web-00000000/profile.json: profile of cut short: expected a measurement of dispatch and submit overhead, got none. Measure with more time: npm run bench -- --budget 120
      "
    `);
    expect(choose()).toBe("cut short");
    rmSync(join(folder.path, "runs/2026-01-02-web-00000000"), { recursive: true });
    expect(() => chooseFitted(io, undefined, fit, folders())).toThrow("profile of cut short: expected a measurement of");
    expect(() => chooseFitted(io, "2026-01-03-web-00000000", fit, folders())).toThrow("profile of cut short: expected a measurement of");
  });

  it("is asked for where there is none", () => {
    mkdirSync(join(folder.path, "empty"));
    const message = (given?: string): string => {
      try {
        return choose(given);
      } catch (error) {
        return folder.text(String(error));
      }
    };
    expect([message(), message("nowhere.json"), message("empty")]).toMatchInlineSnapshot(`
      [
        "InputError: <folder>/runs: expected a finished run, found none. Measure this machine, npm run bench, or name a device model with --device: of ballast calibrate --tables or --points, or the made-up bench/reference-model.json of a clone.",
        "InputError: nowhere.json: expected a profile's file, a run's name or <device>/<condition> below results/, found none of them. Measure one: npm run bench",
        "InputError: <folder>/empty: expected profile.json or a .json.gz in this folder, found neither. Give the profile's own path.",
      ]
    `);
  });
});

describe("the model that the user means", () => {
  it("is a built-in name, or a config.json called by its folder", () => {
    expect(chooseModel("qwen2.5-7b", folder.path).name).toBe("Qwen2.5-7B");
    const config = {
      model_type: "llama",
      hidden_size: 64,
      intermediate_size: 128,
      num_hidden_layers: 2,
      num_attention_heads: 4,
      vocab_size: 100,
      max_position_embeddings: 512,
    };
    mkdirSync(join(folder.path, "my-llama"));
    writeFileSync(join(folder.path, "my-llama", "config.json"), JSON.stringify(config));
    writeFileSync(join(folder.path, "small.json"), JSON.stringify(config));
    expect(chooseModel("my-llama/config.json", folder.path)).toMatchObject({ name: "my-llama", layers: 2, kvHeads: 4, headDim: 16 });
    expect(chooseModel("my-llama", folder.path).name).toBe("my-llama");
    expect(chooseModel("small.json", folder.path).name).toBe("small");
  });

  it("is not a folder without one, and not a name that nobody knows", () => {
    mkdirSync(join(folder.path, "my-llama"));
    expect(() => chooseModel("my-llama", folder.path)).toThrow('got "my-llama"');
  });
});
