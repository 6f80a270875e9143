import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { main } from "../../../cli/main.ts";
import { runSchema } from "../../../src/fleet/run.ts";
import { RUN_COLUMNS } from "../../../src/sweep/columns.ts";
import { freshFolder } from "../folder.ts";
import { terminal } from "../terminal.ts";
import { chat, contentOf, grid, sweep, write } from "./sweeps.ts";

vi.setConfig({ testTimeout: 120_000 });

const folder = freshFolder();
const run = (...args: string[]) => sweep(folder.path, ...args);
beforeEach(() => write(folder.path, { "grid.json": grid }));
const inFolder = (name: string): string => readFileSync(join(folder.path, name), "utf8");

describe("ballast sweep", () => {
  it("runs every combination for every seed, and writes a row for each", async () => {
    const { code, err } = await run("grid.json", "--store", "kept", "--out", "rows.csv");
    expect(code).toBe(0);
    expect(err).toContain("12 runs, 0 of them in kept already.\n");
    expect(err).toContain("\nTable: rows.csv\n");
    const rows = parse(inFolder("rows.csv"), { columns: true }) as Record<string, string>[];
    expect(Object.keys(rows[0]!)).toEqual(["traffic.requests_per_s", "fleet", ...RUN_COLUMNS]);
    expect(rows.map((row) => [row["traffic.requests_per_s"], row["fleet"], row["seed"]])).toEqual(
      ["2", "5", "9"].flatMap((rate) => ["fixed", "hpa"].flatMap((fleet) => ["42", "43"].map((seed) => [rate, fleet, seed]))),
    );
    for (const row of rows) {
      const kept = runSchema.parse(JSON.parse(inFolder(`kept/runs/${row["run"]}.json`)));
      expect([kept.seed, kept.requests.finished, kept.latency.ttft_s!.p99, kept.scale_events.length].map(String)).toEqual(
        ["seed", "finished", "ttft_p99_s", "scale_events"].map((column) => row[column]),
      );
    }
    expect(rows.filter(({ fleet }) => fleet === "hpa").some((row) => Number(row["scale_events"]) > 0)).toBe(true);
  });

  it("keeps the run that simulate gives for the same scenario and seed", async () => {
    await run("grid.json", "--store", "kept", "--out", "rows.csv");
    const rows = parse(inFolder("rows.csv"), { columns: true }) as Record<string, string>[];
    const { run: address } = rows.find((row) => row["fleet"] === "hpa" && row["traffic.requests_per_s"] === "9" && row["seed"] === "43")!;
    const policy = { kind: "hpa", max_replicas: 4, target_average: 3 };
    const own = { ...chat, policy, traffic: { ...chat.traffic, requests_per_s: 9 }, cold_start: { provision_s: 1, image_s: 5 } };
    writeFileSync(join(folder.path, "scenario"), JSON.stringify(own));
    const { io, written } = terminal({ cwd: folder.path });
    expect(await main(["simulate", "scenario", "--seed", "43", "--json"], io)).toBe(0);
    expect(inFolder(`kept/runs/${address}.json`)).toBe(written.out);
  });

  const mooncake = Array.from({ length: 60 }, (_, i) => ({
    timestamp: 3000 * Math.floor(i / 6),
    input_length: 600 + i,
    output_length: 5 + i,
    hash_ids: [i, i + 1000],
  }));
  const csv = mooncake.map(({ timestamp, input_length, output_length }) => `${timestamp / 1000},${input_length},${output_length}\n`);
  it.each<[string, object]>([
    ["a trace whose seed decides nothing", { kind: "trace", file: "trace.csv" }],
    ["a trace whose seed decides when requests come", { kind: "trace", file: "mooncake.jsonl" }],
    [
      "requests counted by a Prometheus",
      { kind: "prometheus", folder: ".", prompt: chat.traffic.prompt, output: { kind: "constant", tokens: 20 } },
    ],
    ["lengths drawn from a trace", { ...chat.traffic, prompt: { kind: "empirical", file: "trace.csv" } }],
  ])("and reads each seed as simulate does, one worker after another: %s", async (_, traffic) => {
    write(folder.path, {
      "trace.csv": `arrival_s,prompt_tokens,output_tokens\n${csv.join("")}`,
      "mooncake.jsonl": mooncake.map((line) => `${JSON.stringify(line)}\n`).join(""),
      "rate.json": {
        status: "success",
        data: { resultType: "matrix", result: [{ metric: {}, values: [2, 5, 3].map((rate, i) => [60 * i, String(rate)]) }] },
      },
      "traces.json": { scenario: "scenario", vary: { "policy.replicas": [1, 2] }, seeds: [7, 8] },
      scenario: { ...chat, traffic, policy: { kind: "fixed", replicas: 2 } },
    });
    expect((await run("traces.json", "--store", "kept", "--out", "rows.jsonl", "--workers", "1")).code).toBe(0);
    const rows = inFolder("rows.jsonl")
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter((row) => row["policy.replicas"] === 2);
    expect(rows.map(({ seed }) => seed)).toEqual([7, 8]);
    for (const row of rows) {
      const { io, written } = terminal({ cwd: folder.path });
      await main(["simulate", "scenario", "--seed", String(row["seed"]), "--json"], io);
      expect(inFolder(`kept/runs/${String(row["run"])}.json`)).toBe(written.out);
    }
  });

  it("does nothing twice: what the store has is not run again, from this sweep or another", async () => {
    const { out } = await run("grid.json", "--store", "kept");
    const before = contentOf(join(folder.path, "kept"));
    const again = await run("grid.json", "--store", "kept");
    expect(again).toMatchObject({ code: 0, out });
    expect(again.err).toBe("12 runs, 12 of them in kept already.\n");
    expect(contentOf(join(folder.path, "kept"))).toEqual(before);
    const { fleet } = grid.vary;
    write(folder.path, {
      "other.json": {
        scenario: "chat.json",
        vary: { fleet, "traffic.requests_per_s": [9, 10], device: ["device.json", "./device.json"] },
        seeds: [43],
      },
    });
    const other = await run("other.json", "--store", "kept", "--json");
    expect(other.err).toContain("4 runs, 2 of them in kept already.\n");
    expect(other.out.trimEnd().split("\n")).toHaveLength(8);
  });

  it("prints means and intervals over the seeds", async () => {
    const policy = { kind: "fixed", replicas: 2 };
    write(folder.path, {
      "few.json": { name: "few", scenario: { ...chat, policy }, vary: { "traffic.requests_per_s": [2, 9] }, seeds: 3 },
    });
    expect((await run("few.json", "--store", "kept")).out).toMatchInlineSnapshot(`
      "few: 6 runs of 2 combinations

        traffic.requests_per_s  seeds  finished           TTFT p99           TPOT p99          GPU-hours         busy  scale events
                             2      3     100 %  85.2 ms ± 95.9 ms  9.99 ms ± 5.18 ms  0.0219 ± 0.000275  18 % ± 12 %         0 ± 0
                             9      3     100 %   110 ms ± 32.0 ms  12.1 ms ± 4.72 ms  0.0224 ± 0.000249  62 % ± 16 %         0 ± 0

        Means over the seeds, ± half of their 95 % interval (Student's t). Percentiles are of requests that have the
        value: see finished.
      "
    `);
  });

  it("writes JSON lines with the same columns, and prints them with --json", async () => {
    const { out } = await run("grid.json", "--store", "kept", "--out", "rows.jsonl", "--json");
    expect(inFolder("rows.jsonl")).toBe(out);
    const rows = out
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(rows).toHaveLength(12);
    expect(Object.keys(rows[0]!)).toEqual(["traffic.requests_per_s", "fleet", ...RUN_COLUMNS]);
    expect(rows[0]).toMatchObject({ "traffic.requests_per_s": 2, fleet: "fixed", seed: 42 });
  });

  it("does the other runs where one cannot be done, and says which", async () => {
    const policy = { kind: "fixed", replicas: 2 };
    const trace = "arrival_s,prompt_tokens,output_tokens\n0,100,10\n1,200,20\n";
    const traffics = { good: { traffic: { kind: "trace", file: "good.csv" } }, bad: { traffic: { kind: "trace", file: "bad.csv" } } };
    write(folder.path, {
      "good.csv": trace,
      "bad.csv": `${trace}2,-1,5\n`,
      "traces.json": { scenario: { ...chat, policy }, vary: { traffic: traffics }, seeds: 2 },
    });
    const { code, out, err } = await run("traces.json", "--store", "kept", "--json");
    expect(code).toBe(1);
    expect(out.trimEnd().split("\n")).toHaveLength(2);
    expect(err).toContain("traces.json with traffic bad: bad.csv: line 4: ");
    expect(err).toContain(
      "traces.json: expected every run to finish, and 2 of 4 did not. Mend what stands above and give the same command again: finished runs are kept.",
    );
    write(folder.path, { "bad.csv": `${trace}2,1,5\n` });
    expect((await run("traces.json", "--store", "kept", "--json")).err).toContain("4 runs, 2 of them in kept already.\n");
  });

  it("runs again what a changed file shapes", async () => {
    write(folder.path, { "small.json": { scenario: { ...chat, policy: { kind: "module", file: "mine.mjs" } }, seeds: 2 } });
    write(folder.path, { "mine.mjs": "let n = 1;\nexport const decide = () => (n = Math.min(3, n + 1));\n" });
    const first = await run("small.json", "--store", "kept", "--json", "--workers", "1");
    expect(first.code).toBe(0);
    expect(
      new Set(
        first.out
          .trimEnd()
          .split("\n")
          .map((line) => (JSON.parse(line) as { scale_events: number }).scale_events),
      ),
    ).toEqual(new Set([2]));
    write(folder.path, { "mine.mjs": "export const decide = () => 2;\n" });
    expect((await run("small.json", "--store", "kept")).err).toContain("2 runs, 0 of them in kept already.\n");
  });

  it("refuses bad input with the file, the combination, the rule, what stands there, and what to do", async () => {
    const base = { ...chat, policy: { kind: "hpa", max_replicas: 4, target_average: 3 } };
    const bad: Record<string, unknown> = {
      unknown: { scenario: base, vry: {} },
      nothing: { scenario: base },
      "empty-grid": { scenario: base, vary: { "traffic.requests_per_s": [] } },
      "no-variant": { scenario: base, vary: { fleet: {} } },
      scalar: { scenario: base, vary: { "traffic.requests_per_s": 5 } },
      path: { scenario: base, vary: { "policy.max_replica": [4, 8] } },
      section: { scenario: base, vary: { "polcy.max_replicas": [4, 8] } },
      through: { scenario: base, vary: { "model.name": ["a", "b"] } },
      value: { scenario: "chat.json", vary: { "traffic.requests_per_s": [5, -1], policy: [{ kind: "fixed", replicas: 1 }] } },
      twice: { scenario: base, vary: { fleet: { a: { model: "x" } }, model: ["y", "z"] } },
      seed: { scenario: base, vary: { seed: [1, 2] } },
      seeds: { scenario: base, seeds: [1, 2, 1] },
      column: { scenario: base, vary: { gpu_hours: { a: {}, b: {} } } },
      "no-policy": { scenario: "chat.json", vary: { "traffic.requests_per_s": [5, 9] } },
      replicas: { scenario: base, vary: { "policy.min_replicas": [1, 9] } },
      device: { scenario: base, vary: { device: ["device.json", "other.json"] } },
      trace: { scenario: base, vary: { traffic: [{ kind: "trace", file: "absent.csv" }] }, seeds: 2 },
      base: { scenario: "absent.yaml", seeds: 2 },
      version: { schema: "ballast.sweep/2", scenario: base, seeds: 2 },
      list: [],
    };
    write(folder.path, bad);
    const messages: string[] = [];
    for (const args of [...Object.keys(bad).map((name) => [name]), ["absent"], ["grid.json", "--out", "rows.xlsx"]]) {
      const { code, out, err } = await run(...args, "--store", "kept");
      expect({ args, code, out }).toEqual({ args, code: 1, out: "" });
      messages.push(err.trimEnd());
    }
    expect(messages.join("\n")).toMatchInlineSnapshot(`
      "unknown: there is no field "vry". Did you mean "vary"?
      nothing: vary: expected something to vary, or several seeds, got neither. Write for example {scenario: chat.yaml, vary: {traffic.requests_per_s: [5, 10, 20]}, seeds: 5}.
      empty-grid: vary.traffic.requests_per_s: expected array to have >=1 items, got a list of 0. Write for example {scenario: chat.yaml, vary: {traffic.requests_per_s: [5, 10, 20]}, seeds: 5}.
      no-variant: vary.fleet: expected at least one variant, got none. Write for example {scenario: chat.yaml, vary: {traffic.requests_per_s: [5, 10, 20]}, seeds: 5}.
      scalar: vary.traffic.requests_per_s: expected array or record, got 5. Write for example {scenario: chat.yaml, vary: {traffic.requests_per_s: [5, 10, 20]}, seeds: 5}.
      path with policy.max_replica 4: policy: there is no field "max_replica". Did you mean "max_replicas"?
      section with polcy.max_replicas 4: there is no field "polcy". Did you mean "policy"?
      through: vary: model.name: expected a path of the scenario, and model has no fields: it is "Llama-3.1-8B". Give a path as \`ballast init\` shows it.
      value, chat.json with traffic.requests_per_s -1, policy {"kind":"fixed","replicas":1}: traffic.requests_per_s: expected number to be >0, got -1. \`ballast init\` writes a scenario that shows every field.
      twice: vary: expected each field to vary once, got model in fleet and in model. Leave one out.
      seed: vary.seed: expected seeds beside vary, got seed in it. Write seeds: [1, 2, 3].
      seeds: seeds: expected each seed once, got 1 twice. Leave one out.
      column: vary.gpu_hours: expected another name: the table has a column of this one already. Call it something else.
      no-policy, chat.json with traffic.requests_per_s 5: policy: expected a policy to simulate, got none. Write one, {kind: fixed, replicas: 4}, take it from --manifests, or search for it: ballast plan
      replicas with policy.min_replicas 9: policy.min_replicas: expected at most max_replicas, 4, got 9. Swap the two, or raise max_replicas.
      device with device other.json: other.json: is not there. Make a device model, \`ballast calibrate --out FILE\`, or name a profile or a run.
      trace with traffic {"file":"absent.csv","kind":"trace"}: absent.csv: is not there. \`ballast init\` says where public traces are to be had.
      base: scenario: absent.yaml is not there. Give the scenario's path from this file's folder.
      version: schema: "ballast.sweep/2" is newer than this program, which reads "ballast.sweep/1". Update Ballast.
      list: expected a sweep's fields (scenario, vary, seeds), got a list. Write for example {scenario: chat.yaml, vary: {traffic.requests_per_s: [5, 10, 20]}, seeds: 5}.
      absent: is not there. README shows a sweep to begin with.
      --out: expected a name that ends in .csv or .jsonl, got rows.xlsx. Choose one of these two."
    `);
  });

  it.each(["9/8", "0/8", "3", "a/b", "1.5/3"])("refuses shard %s", async (shard) => {
    const { code, err } = await run("grid.json", "--shard", shard);
    expect(code).toBe(1);
    expect(err).toContain(`error: option '--shard <i/n>' argument '${shard}' is invalid. Expected which of how many, from 1/8 to 8/8.`);
  });

  it("refuses a store of another version, a folder of other things, and a damaged run", async () => {
    await run("grid.json", "--store", "kept");
    const [address] = Object.keys(contentOf(join(folder.path, "kept", "runs")));
    writeFileSync(join(folder.path, "kept", "runs", address!), "{");
    const damaged = await run("grid.json", "--store", "kept");
    writeFileSync(join(folder.path, "kept", "store.json"), '{"schema":"ballast.store/2"}\n');
    const version = await run("grid.json", "--store", "kept");
    const others = await run("grid.json", "--store", ".");
    expect([damaged, version, others].map(({ code }) => code)).toEqual([1, 1, 1]);
    expect([damaged, version, others].map(({ err }) => err.replace(address!.slice(0, 64), "<address>")).join("")).toMatchInlineSnapshot(`
      "12 runs, 12 of them in kept already.
      kept/runs/<address>.json: expected a whole run, got something else. Remove the file: the same command does that run again.
      kept/store.json: schema: expected "ballast.store/1", got "ballast.store/2": another version of Ballast wrote this store. Use that version, or begin another store: --store DIR.
      .: expected a store of runs or an empty folder, got one with chat.json in it. Name another: --store DIR.
      "
    `);
  });
});
