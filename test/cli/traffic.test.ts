import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { pack } from "tar-stream";
import { beforeEach, describe, expect, it } from "vitest";
import { csvRecords } from "../../cli/csv-records.ts";
import { main } from "../../cli/main.ts";
import { runs } from "../runs.ts";
import { all, each } from "../traffic/texts.ts";
import { freshFolder } from "./folder.ts";
import { terminal } from "./terminal.ts";

const folder = freshFolder();
const write = (name: string, content: string | Buffer) => writeFileSync(join(folder.path, name), content);
const describeTraffic = async (...args: string[]) => {
  const { io, written } = terminal({ cwd: folder.path });
  return { code: await main(["traffic", "describe", ...args], io), ...written };
};

const plain = [
  "arrival_s,prompt_tokens,output_tokens,priority",
  ...Array.from({ length: 400 }, (_, i) => `${i * 0.5},${100 + i},${1 + (i % 7)},${i % 4 === 0 ? 1 : ""}`),
].join("\n");
const azure = "TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:15:46.6805900,374,44\n2023-11-16 18:15:50.9951690,396,109";
const mooncake = [
  { timestamp: 0, input_length: 600, output_length: 5, hash_ids: [1, 2] },
  { timestamp: 3000, input_length: 520, output_length: 5, hash_ids: [1, 3] },
]
  .map((line) => JSON.stringify(line))
  .join("\n");
const session = JSON.stringify({
  block_size: 64,
  hash_id_scope: "local",
  requests: [
    { t: 0, in: 130, out: 20, hash_ids: [1, 2], think_time: 0 },
    { t: 9, in: 200, out: 10, hash_ids: [1, 2, 3], think_time: 4.5 },
  ],
});
const archive = async (files: Record<string, string>): Promise<Buffer> => {
  const packed = pack();
  for (const [name, text] of Object.entries(files)) packed.entry({ name }, text);
  packed.finalize();
  const pieces: Buffer[] = [];
  for await (const piece of packed) pieces.push(piece as Buffer);
  return gzipSync(Buffer.concat(pieces));
};

beforeEach(async () => {
  write("log.csv", plain);
  write("azure.csv", azure);
  write("mooncake.jsonl.gz", gzipSync(mooncake));
  write("vllm.jsonl", '{"timestamp": 0, "input": 10, "output": 3}\n{"timestamp": 1, "input": 10, "output": 3}');
  write("session.json", session);
  write("sessions.tar.gz", await archive({ "traces/a.json": session, "traces/b.json": session, "README.md": "no session" }));
  write("chat_traces.tar.gz", await archive({ "chunk-1-trace.csv": "0,5,1,Gamma,1,0.2\n" }));
  write(
    "chat_datasets.tar.gz",
    await archive({ "chunk-1-dataset.json": JSON.stringify({ 0: { input_tokens: "{10: 1.0}", output_tokens: "{3: 1.0}" } }) }),
  );
});

describe("ballast traffic describe", () => {
  it("prints what a log is like, and writes it as a page", async () => {
    const { code, out, err } = await describeTraffic("log.csv", "--html", "log.html");
    expect({ code, err: folder.text(err) }).toEqual({ code: 0, err: "Report: <folder>/log.html\n" });
    expect(out).toMatchInlineSnapshot(`
      "log.csv: 400 requests in 3.33 min, 2.01 requests/s on average, 2.01 in the fullest minute
        trace log.csv, read as csv

        Requests per second over time
          ████████████████████████████████████████████████████████████████████████████████████████████████████
          from 0 to 2.00 requests/s, in windows of 1 s; the largest of every 2

        Arrivals
          rate                2.01 requests/s  over 3.33 min from the first to the last arrival
          peak to mean, 10 s             1.00  fullest bin over the mean bin
          dispersion, 10 s                  0  variance over mean of the counts: more even than Poisson, which has 1
          peak to mean, 60 s             1.00  fullest bin over the mean bin
          dispersion, 60 s                  0  variance over mean of the counts: more even than Poisson, which has 1

        Lengths
                         mean  p50  p90  p99  max   in all
          prompt tokens   300  299  459  495  499  119,800
          output tokens     4    4    7    7    7    1,597

        What requests have in common
          - Prefix reuse is not known: nothing says what prompts have in common.
          - Priorities: 0 in 75 % of the requests, 1 in 25 % of the requests.
      "
    `);
    const page = readFileSync(join(folder.path, "log.html"), "utf8");
    expect(page).toContain("<title>log.csv: 400 requests in 3.33 min, 2.01 requests/s on average, 2.01 in the fullest minute</title>");
    expect(page.match(/class="plot"/gu)?.length).toBe(3);
    expect(page).not.toContain("<script");
  });

  it.each([
    ["log.csv", "csv"],
    ["azure.csv", "azure"],
    ["mooncake.jsonl.gz", "mooncake"],
    ["vllm.jsonl", "vllm"],
    ["session.json", "agent-sessions"],
    ["sessions.tar.gz", "agent-sessions"],
  ])("tells from %s that it is %s", async (file, format) => {
    const { code, out, err } = await describeTraffic(file, "--sessions-per-s", "0.1");
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toContain(`read as ${format}`);
  });

  it("says what requests have in common", async () => {
    expect((await describeTraffic("mooncake.jsonl.gz")).out).toContain("46 % of the prompt tokens"); // 512 of 1,120
    const { out } = await describeTraffic("sessions.tar.gz", "--sessions-per-s", "0.1");
    expect(out).toContain("45 % of the prompt tokens"); // 150 of 330, in each session
    expect(out).toContain("2 sessions of 2 requests (p50)");
    expect((await describeTraffic("log.csv")).out).toContain("Priorities: 0 in 75 % of the requests, 1 in 25 % of the requests.");
  });

  it("draws a scenario's traffic, and reads the files it names", async () => {
    write("clients.yaml", "model: tiny-llama\nname: clients\ntraffic: { kind: clients, traces: chat_traces.tar.gz, duration_s: 300 }\n");
    const { code, out } = await describeTraffic("clients.yaml", "--json");
    expect(code).toBe(0);
    const found = JSON.parse(out);
    expect(found).toMatchObject({ prompt_tokens: { p50: 10, max: 10 }, output_tokens: { p99: 3 }, prefix_reuse: null, sessions: null });
    expect(Math.abs(found.requests - 1500)).toBeLessThan(5 * Math.sqrt(1500));
    write(
      "empirical.yaml",
      "model: tiny-llama\ntraffic: { kind: poisson, requests_per_s: 5, duration_s: 300, prompt: { kind: empirical, file: azure.csv }, output: { kind: empirical, file: azure.csv } }\n",
    );
    expect(JSON.parse((await describeTraffic("empirical.yaml", "--json")).out)).toMatchObject({
      prompt_tokens: { p99: 396 },
      output_tokens: { max: 109 },
    });
    expect((await describeTraffic("clients.yaml", "--json", "--seed", "7")).out).not.toBe(out);
  });

  it("refuses bad input with the place, the rule, what stands there, and what to do", async () => {
    write("empty.csv", "");
    write("strange.txt", "once upon a time\n");
    write("late.csv", "arrival_s,prompt_tokens,output_tokens\n1,1,1\n0,1,1\n");
    write("cut.tar.gz", (await archive({ "a.json": session })).subarray(0, 60));
    write("torn.tar.gz", gzipSync(Buffer.from("no tar at all".repeat(100))));
    write(
      "nothing.yaml",
      "model: a\ntraffic: { kind: steps, steps: [{ for_s: 1, requests_per_s: 0 }], prompt: {kind: constant, tokens: 1}, output: {kind: constant, tokens: 1} }",
    );
    write("lost.yaml", "model: a\ntraffic: { kind: clients, traces: lost.tar.gz, duration_s: 1 }");
    write("half_traces.tar.gz", await archive({ "chunk-1-trace.csv": "0,5,1,Gamma,1,0.2\n" }));
    write("half.yaml", "model: a\ntraffic: { kind: clients, traces: half_traces.tar.gz, duration_s: 1 }");
    write("long.yaml", "model: a\ntraffic: { kind: clients, traces: chat_traces.tar.gz, start_s: 500, duration_s: 200 }");
    const messages: string[] = [];
    for (const args of [
      ["missing.csv"],
      ["empty.csv"],
      ["strange.txt"],
      ["late.csv"],
      ["log.csv", "--format", "azure"],
      ["log.csv", "--format", "parquet"],
      ["session.json"],
      ["cut.tar.gz", "--sessions-per-s", "1"],
      ["torn.tar.gz", "--sessions-per-s", "1"],
      ["chat_traces.tar.gz", "--sessions-per-s", "1"],
      ["sessions.tar.gz", "--format", "csv"],
      ["nothing.yaml"],
      ["lost.yaml"],
      ["half.yaml"],
      ["long.yaml"],
    ]) {
      const { code, out, err } = await describeTraffic(...args);
      expect({ code, out }).toEqual({ code: 1, out: "" });
      messages.push(folder.text(err.trimEnd()));
    }
    expect(messages.join("\n")).toMatchInlineSnapshot(`
      "missing.csv: is not there. \`ballast init\` says where public traces are to be had.
      empty.csv: expected a trace in a format that is known (azure, mooncake, vllm, csv, agent-sessions), got nothing as its first line. Write it as CSV with the columns arrival_s, prompt_tokens, output_tokens, or say which format it is.
      strange.txt: expected a trace in a format that is known (azure, mooncake, vllm, csv, agent-sessions), got "once upon a time" as its first line. Write it as CSV with the columns arrival_s, prompt_tokens, output_tokens, or say which format it is.
      late.csv: line 3: expected times in rising order, got 0 after 1. Sort the file by time.
      log.csv: line 1: expected the columns TIMESTAMP, ContextTokens, GeneratedTokens, found no TIMESTAMP, no ContextTokens, no GeneratedTokens. Azure's LLM inference traces begin with the line TIMESTAMP,ContextTokens,GeneratedTokens.
      error: option '--format <format>' argument 'parquet' is invalid. Allowed choices are azure, mooncake, vllm, csv, agent-sessions.
      (add --help for the options)
      session.json: expected to be told how often an agent session begins, since the files do not say. Write sessions_per_s: 0.1 in the scenario, or --sessions-per-s 0.1.
      cut.tar.gz: expected a whole gzip file, got one that is cut off or damaged (Z_BUF_ERROR). Get it again.
      torn.tar.gz: expected a whole tar archive, got this: Invalid tar header. Maybe the tar is corrupted or it needs to be gunzipped?. Get it again.
      chat_traces.tar.gz: expected at least one session's file, got none. Check that it is the trace, and whole; ServeGen's statistics are read by \`kind: clients\` in a scenario.
      sessions.tar.gz: expected one file of format csv, got a folder or an archive. Name the file in it.
      nothing.yaml: traffic: expected at least one request, got none. Give it a longer duration or a higher rate.
      lost.tar.gz: is not there. \`ballast init\` says where public traces are to be had.
      half_datasets.tar.gz: is not there. \`ballast init\` says where public traces are to be had.
      chat_traces.tar.gz: expected traffic from start_s on for duration_s within the 600 s of the statistics, got 500 and 200. Begin earlier, or ask for less."
    `);
  });
});

describe("records of a CSV text", () => {
  it("are the same however it is cut, with quotes or without", async () => {
    const field = fc.constantFrom("1", "2.5", "", "a b", '"x,y"', '"two\nlines"');
    const text = fc
      .tuple(
        fc.array(fc.array(field, { minLength: 2, maxLength: 4 }), { minLength: 1, maxLength: 8 }),
        fc.constantFrom("\n", "\r\n"),
        fc.boolean(),
      )
      .map(([rows, ending, isEnded]) => rows.map((row) => row.join(",")).join(ending) + (isEnded ? ending : ""));
    await fc.assert(
      fc.asyncProperty(text, fc.integer({ min: 1, max: 9 }), async (whole, size) => {
        const pieces = whole.match(new RegExp(`[^]{1,${size}}`, "gu")) ?? [];
        const records = await all(csvRecords(each(pieces), "a.csv"));
        expect(records).toEqual(await all(csvRecords(each([whole]), "a.csv")));
        expect(records.map(({ fields }) => fields)).toEqual(
          (await all(csvRecords(each([`"q"\n${whole}`]), "a.csv"))).slice(1).map(({ fields }) => fields),
        );
      }),
      runs(100),
    );
  });
});
