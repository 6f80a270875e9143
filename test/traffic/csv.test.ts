import { describe, expect, it } from "vitest";
import type { Request } from "../../src/traffic/request.ts";
import { readCsv } from "../../src/traffic/trace/csv.ts";
import { all, records, refusals } from "./texts.ts";

const csv = (text: string): Promise<Request[]> => all(readCsv(records(text), "log.csv"));
const plain = "arrival_s,prompt_tokens,output_tokens";
const full = `${plain},priority,prefix,prefix_tokens,session,think_s`;

describe("a plain CSV file", () => {
  it("begins at its first arrival, whatever its clock", async () => {
    expect(await csv(`${plain}\n1700000000.5,10,3\n1700000002.75,20,4`)).toEqual([
      { id: 0, arrivedAt: 0, promptTokens: 10, outputTokens: 3 },
      { id: 1, arrivedAt: 2_250_000_000, promptTokens: 20, outputTokens: 4 },
    ]);
  });

  it("may have its columns in any order, others among them, and priorities", async () => {
    expect(await csv("user,priority,output_tokens,arrival_s,prompt_tokens\na,-1,3,0,10\nb,,4,0,20")).toEqual([
      { id: 0, arrivedAt: 0, promptTokens: 10, outputTokens: 3, priority: -1 },
      { id: 1, arrivedAt: 0, promptTokens: 20, outputTokens: 4 },
    ]);
  });

  it("says with prefixes which prompts begin alike", async () => {
    const found = await csv(`${full}\n0,10,3,,system,6,,\n1,10,3,,other,10,,\n2,20,3,,system,8,,`);
    expect(found.map(({ parts }) => parts)).toEqual([[{ id: 0, tokens: 6 }], [{ id: 1, tokens: 10 }], [{ id: 0, tokens: 8 }]]);
  });

  it("has a session's rows below one another, each a follow-up of the one above", async () => {
    const found = await csv(`${full}\n0,10,3,,,,a,\n,15,4,,,,a,2.5\n,12,1,,,,a,0\n1,7,7,,,,b,\n2,5,5,,,,,`);
    expect(found).toEqual([
      {
        id: 0,
        arrivedAt: 0,
        promptTokens: 10,
        outputTokens: 3,
        parts: [{ id: 0, tokens: 10 }],
        outputId: 1,
        next: {
          promptTokens: 15,
          outputTokens: 4,
          // The first prompt, its answer, and 2 tokens more.
          parts: [
            { id: 0, tokens: 10 },
            { id: 1, tokens: 3 },
            { id: 2, tokens: 2 },
          ],
          outputId: 3,
          thinkTime: 2.5e9,
          // Shorter than what came before: it has nothing in common with it.
          next: { promptTokens: 12, outputTokens: 1, parts: [{ id: 4, tokens: 12 }], outputId: 5, thinkTime: 0 },
        },
      },
      { id: 1, arrivedAt: 1e9, promptTokens: 7, outputTokens: 7, parts: [{ id: 6, tokens: 7 }], outputId: 7 },
      { id: 2, arrivedAt: 2e9, promptTokens: 5, outputTokens: 5 },
    ]);
  });

  it("is held against the model's context, line by line, if there is one", async () => {
    const bounded = (text: string, contextLength?: number) => all(readCsv(records(text), "log.csv", { contextLength }));
    const text = `${full}\n0,10,3,,,,a,\n,90,10,,,,a,0\n1,90,11,,,,,`;
    expect((await bounded(text)).length).toBe(2);
    expect((await bounded(text, 101)).length).toBe(2);
    await expect(bounded(text, 100)).rejects.toThrowErrorMatchingInlineSnapshot(
      `[InputError: log.csv: line 4: expected at most 100 tokens, the model's context, got a prompt of 90 and 11 of output. Choose a model with a longer context, take it out, or write \`beyond_context: keep\` in a scenario: the server then rejects such requests, and each counts as a miss.]`,
    );
    await expect(bounded(text, 99)).rejects.toThrow("line 2: expected at most 99 tokens");
  });

  it("is refused with its line, the rule, what stands there, and what to do", async () => {
    const bad: [string, string][] = [
      ["a missing column", "arrival_s,prompt_tokens\n"],
      ["half a pair of columns", `${plain},session\n`],
      ["a header and nothing else", plain],
      ["nothing at all", ""],
      ["a short line", `${plain}\n0,1`],
      ["no time", `${plain}\n,1,1`],
      ["a time in words", `${plain}\nnoon,1,1`],
      ["a time before the one above", `${plain}\n1,1,1\n0.5,1,1`],
      ["half a token", `${plain}\n0,1.5,1`],
      ["a priority in words", `${plain},priority\n0,1,1,high`],
      ["a prefix longer than the prompt", `${full}\n0,10,3,,system,11,,`],
      ["a turn without its session", `${full}\n0,10,3,,,,a,\n,10,3,,,,b,1`],
      ["a think time below 0", `${full}\n0,10,3,,,,a,\n,10,3,,,,a,-1`],
    ];
    expect(await refusals(csv, bad)).toMatchInlineSnapshot(`
      "a missing column: log.csv: line 1: expected the columns arrival_s, prompt_tokens, output_tokens, found no output_tokens. Needed are arrival_s, prompt_tokens, output_tokens; priority, prefix, prefix_tokens, session, think_s may be there too.
      half a pair of columns: log.csv: line 1: expected both of the columns session and think_s, or none. Needed are arrival_s, prompt_tokens, output_tokens; priority, prefix, prefix_tokens, session, think_s may be there too.
      a header and nothing else: log.csv: expected at least one request, got none. Check that the file is the trace, and whole.
      nothing at all: log.csv: line 1: expected the columns arrival_s, prompt_tokens, output_tokens, found no arrival_s, no prompt_tokens, no output_tokens. Needed are arrival_s, prompt_tokens, output_tokens; priority, prefix, prefix_tokens, session, think_s may be there too.
      a short line: log.csv: line 2: expected at least 3 columns, got 2. Repair the line, or take it out.
      no time: log.csv: line 2: expected arrival_s to be a number of seconds, got nothing. Repair the line, or take it out.
      a time in words: log.csv: line 2: expected arrival_s to be a number of seconds, got "noon". Repair the line, or take it out.
      a time before the one above: log.csv: line 3: expected times in rising order, got 0.5 after 1. Sort the file by time.
      half a token: log.csv: line 2: expected prompt_tokens to be a whole number of tokens, at least 1, got 1.5. Repair the line, or take it out.
      a priority in words: log.csv: line 2: expected priority to be a whole number, got "high". Repair the line, or take it out.
      a prefix longer than the prompt: log.csv: line 2: expected at most prompt_tokens, 10, as prefix_tokens, got 11. Repair the line, or take it out.
      a turn without its session: log.csv: line 3: expected think_s only below a row of the same session, got session "b". Put a session's rows together, the first with its arrival_s and without think_s.
      a think time below 0: log.csv: line 3: expected think_s to be a number of seconds, at least 0, got "-1". Repair the line, or take it out."
    `);
  });
});
