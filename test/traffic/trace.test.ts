import { describe, expect, it } from "vitest";
import { createStreams } from "../../src/sim/streams.ts";
import type { Request } from "../../src/traffic/request.ts";
import { readAzure } from "../../src/traffic/trace/azure.ts";
import { linesOf } from "../../src/traffic/trace/lines.ts";
import { readMooncake } from "../../src/traffic/trace/mooncake.ts";
import { all, each, lines, records, refusals } from "./texts.ts";

const azure = (text: string, speed = 1): Promise<Request[]> => all(readAzure(records(text), "conv.csv", { speed }));
const mooncake = (text: string, seed = 1): Promise<Request[]> => all(readMooncake(lines(text), "conversation.jsonl", createStreams(seed)));
describe("lines of a text that comes in pieces", () => {
  it.each([
    ["cut inside a line", ["a\nb", "c\nd\n"]],
    ["one character at a time", Array.from("a\nbc\nd\n")],
    ["without an ending of the last", ["a\nbc\nd"]],
    ["with CRLF, cut between CR and LF", ["a\r", "\nbc\r\nd"]],
    ["with a byte order mark", ["\uFEFFa\nbc\nd"]],
  ])("%s", async (_, pieces) => {
    expect(await all(linesOf(each(pieces)))).toEqual([
      { number: 1, text: "a" },
      { number: 2, text: "bc" },
      { number: 3, text: "d" },
    ]);
  });

  it("counts blank lines and leaves them out", async () => {
    expect(await all(linesOf(each(["\n\na\n  \nb\n"])))).toEqual([
      { number: 3, text: "a" },
      { number: 5, text: "b" },
    ]);
  });
});

describe("Azure's trace", () => {
  const header = "TIMESTAMP,ContextTokens,GeneratedTokens";
  const two = `${header}\n2023-11-16 18:15:46.6805900,374,44\n2023-11-16 18:15:50.9951690,396,109`;

  it("is read to the nanosecond, from the first request on", async () => {
    expect(await azure(two)).toEqual([
      { id: 0, arrivedAt: 0, promptTokens: 374, outputTokens: 44 },
      { id: 1, arrivedAt: 4_314_579_000, promptTokens: 396, outputTokens: 109 },
    ]);
  });

  it("goes on over midnight, and knows stamps with an offset of zero", async () => {
    const text = `${header}\n2024-05-31 23:59:59.5+00:00,1,1\n2024-06-01T00:00:00Z,1,1\n2024-06-01 00:00:00,1,1`;
    expect((await azure(text)).map(({ arrivedAt }) => arrivedAt)).toEqual([0, 5e8, 5e8]);
  });

  it("twice as fast has half the times", async () => {
    expect((await azure(two, 2))[1]!.arrivedAt).toBe(2_157_289_500);
  });

  it("finds its columns in any order, among others", async () => {
    expect(await azure("id,GeneratedTokens,TIMESTAMP,ContextTokens\n7,44,2023-11-16 18:15:46,374")).toEqual([
      { id: 0, arrivedAt: 0, promptTokens: 374, outputTokens: 44 },
    ]);
  });

  it("is refused with its line, the rule, what stands there, and what to do", async () => {
    const bad: [string, string][] = [
      ["a missing column", "TIMESTAMP,ContextTokens\n"],
      ["no header", "2023-11-16 18:15:46.6805900,374,44"],
      ["a header and nothing else", header],
      ["a short line", `${two}\n2023-11-16 18:15:51,374`],
      ["a time that is none", `${two}\nyesterday,374,44`],
      ["a thirteenth month", `${two}\n2023-13-16 18:15:51,374,44`],
      ["a time before the one above", `${two}\n2023-11-16 18:15:46,374,44`],
      ["no prompt tokens", `${two}\n2023-11-16 18:15:51,0,44`],
      ["fewer than no output tokens", `${two}\n2023-11-16 18:15:51,374,-1`],
      ["half a token", `${two}\n2023-11-16 18:15:51,374,4.5`],
      ["an empty field", `${two}\n2023-11-16 18:15:51,,44`],
    ];
    expect(await refusals(azure, bad)).toMatchInlineSnapshot(`
      "a missing column: conv.csv: line 1: expected the columns TIMESTAMP, ContextTokens, GeneratedTokens, found no GeneratedTokens. Azure's LLM inference traces begin with the line TIMESTAMP,ContextTokens,GeneratedTokens.
      no header: conv.csv: line 1: expected the columns TIMESTAMP, ContextTokens, GeneratedTokens, found no TIMESTAMP, no ContextTokens, no GeneratedTokens. Azure's LLM inference traces begin with the line TIMESTAMP,ContextTokens,GeneratedTokens.
      a header and nothing else: conv.csv: expected at least one request, got none. Check that the file is the trace, and whole.
      a short line: conv.csv: line 4: expected at least 3 columns, got 2. Repair the line, or take it out.
      a time that is none: conv.csv: line 4: expected TIMESTAMP as 2023-11-16 18:15:46.6805900, got "yesterday". Repair the line, or take it out.
      a thirteenth month: conv.csv: line 4: expected TIMESTAMP as 2023-11-16 18:15:46.6805900, got "2023-13-16 18:15:51". Repair the line, or take it out.
      a time before the one above: conv.csv: line 4: expected times in rising order, got 2023-11-16 18:15:46 after 2023-11-16 18:15:50.9951690. Sort the file by time.
      no prompt tokens: conv.csv: line 4: expected ContextTokens to be a whole number of tokens, at least 1, got 0. Repair the line, or take it out.
      fewer than no output tokens: conv.csv: line 4: expected GeneratedTokens to be a whole number of tokens, at least 1, got -1. Repair the line, or take it out.
      half a token: conv.csv: line 4: expected GeneratedTokens to be a whole number of tokens, at least 1, got 4.5. Repair the line, or take it out.
      an empty field: conv.csv: line 4: expected ContextTokens to be a whole number of tokens, at least 1, got nothing. Repair the line, or take it out."
    `);
  });
});

describe("Mooncake's trace", () => {
  const line = (timestamp: number, input_length = 5, output_length = 3) =>
    JSON.stringify({ timestamp, input_length, output_length, hash_ids: [0] });
  const grid = [line(0, 10), line(0, 11), line(0, 12), line(3000, 13), line(3000, 14), line(9000, 15), line(12_000, 16)].join("\n");
  const seconds = (requests: readonly Request[]) => requests.map(({ arrivedAt }) => arrivedAt / 1e9);

  it("keeps the order of the file and every length", async () => {
    expect((await mooncake(grid)).map(({ id, promptTokens }) => [id, promptTokens])).toEqual([0, 1, 2, 3, 4, 5, 6].map((i) => [i, 10 + i]));
  });

  it("spreads what shares a timestamp over at most 3 s, and lets a lone request be", async () => {
    const at = seconds(await mooncake(grid));
    for (const time of at.slice(0, 3)) expect(time).toBeLessThan(3);
    for (const time of at.slice(3, 5)) expect(time).toSatisfy((t: number) => t >= 3 && t < 6);
    expect(at.slice(5)).toEqual([9, 12]);
    expect(new Set(at).size).toBe(7);
  });

  it("spreads no further than the next timestamp", async () => {
    const at = seconds(await mooncake([line(0), line(0), line(0), line(100)].join("\n")));
    expect(Math.max(...at.slice(0, 3))).toBeLessThan(0.1);
  });

  it("spreads alike for the same seed, otherwise for another", async () => {
    expect(await mooncake(grid, 1)).toEqual(await mooncake(grid, 1));
    expect(await mooncake(grid, 2)).not.toEqual(await mooncake(grid, 1));
  });

  it("names the tokens of its prompts, 512 by 512, the last part short", async () => {
    const text = JSON.stringify({ timestamp: 0, input_length: 1100, output_length: 3, hash_ids: [46, 47, 900] });
    const [named, unnamed] = await mooncake(`${text}\n${JSON.stringify({ timestamp: 9000, input_length: 5, output_length: 3 })}`);
    expect(named!.parts).toEqual([
      { id: 46, tokens: 512 },
      { id: 47, tokens: 512 },
      { id: 900, tokens: 76 },
    ]);
    expect(unnamed).toEqual({ id: 1, arrivedAt: 9e9, promptTokens: 5, outputTokens: 3 });
  });

  it("begins at its first timestamp", async () => {
    expect(seconds(await mooncake([line(27_482), line(30_535)].join("\n")))).toEqual([0, 3.053]);
  });

  it("is refused with its line, the rule, what stands there, and what to do", async () => {
    const bad: [string, string][] = [
      ["no JSON", `${grid}\n{"timestamp": 15000,`],
      ["JSON that is no object", `${grid}\n[1, 2]`],
      ["no timestamp", `${grid}\n{"input_length": 5, "output_length": 3}`],
      ["a timestamp in words", `${grid}\n{"timestamp": "15000", "input_length": 5, "output_length": 3}`],
      ["a time before the one above", `${grid}\n${line(3000)}`],
      ["no input_length", `${grid}\n{"timestamp": 15000, "output_length": 3}`],
      ["an output_length of 0", `${grid}\n${line(15_000, 5, 0)}`],
      ["an id too many", `${grid}\n${JSON.stringify({ timestamp: 15_000, input_length: 512, output_length: 1, hash_ids: [1, 2] })}`],
      ["ids that are none", `${grid}\n${JSON.stringify({ timestamp: 15_000, input_length: 512, output_length: 1, hash_ids: ["a"] })}`],
      ["ids that are no list", `${grid}\n${JSON.stringify({ timestamp: 15_000, input_length: 512, output_length: 1, hash_ids: 7 })}`],
      ["nothing in it", "\n\n"],
    ];
    expect(await refusals(mooncake, bad)).toMatchInlineSnapshot(`
      "no JSON: conversation.jsonl: line 8: expected a JSON object with timestamp, input_length and output_length, got {"timestamp": 15000,. Repair the line, or take it out.
      JSON that is no object: conversation.jsonl: line 8: expected a JSON object with timestamp, input_length and output_length, got [1, 2]. Repair the line, or take it out.
      no timestamp: conversation.jsonl: line 8: expected timestamp to be a number of milliseconds, at least 0, got nothing. Repair the line, or take it out.
      a timestamp in words: conversation.jsonl: line 8: expected timestamp to be a number of milliseconds, at least 0, got "15000". Repair the line, or take it out.
      a time before the one above: conversation.jsonl: line 8: expected times in rising order, got 3000 ms after 12000 ms. Sort the file by time.
      no input_length: conversation.jsonl: line 8: expected input_length to be a whole number of tokens, at least 1, got nothing. Repair the line, or take it out.
      an output_length of 0: conversation.jsonl: line 8: expected output_length to be a whole number of tokens, at least 1, got 0. Repair the line, or take it out.
      an id too many: conversation.jsonl: line 8: expected 1 hash_ids, one for each 512 of the 512 tokens of input_length, got 2. Repair the line, or take it out.
      ids that are none: conversation.jsonl: line 8: expected hash_ids of whole numbers, 0 or above, got "a". Repair the line, or take it out.
      ids that are no list: conversation.jsonl: line 8: expected hash_ids to be a list, got 7. Repair the line, or take it out.
      nothing in it: conversation.jsonl: expected at least one request, got none. Check that the file is the trace, and whole."
    `);
  });
});
