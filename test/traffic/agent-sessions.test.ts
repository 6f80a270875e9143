import { describe, expect, it } from "vitest";
import { readTrace } from "../../cli/read-trace.ts";
import { createStreams } from "../../src/sim/streams.ts";
import { describeTraffic } from "../../src/traffic/describe.ts";
import type { Request, Work } from "../../src/traffic/request.ts";
import { readAgentSessions } from "../../src/traffic/trace/agent-sessions.ts";
import { traceSchema } from "../../src/traffic/trace/schema.ts";
import { sharedFileOrNull } from "../data.ts";
import { all, each, refusals } from "./texts.ts";

const read = (...files: object[]): Promise<Request[]> =>
  all(
    readAgentSessions(each(files.map((file, i) => ({ name: `${i}.json`, text: JSON.stringify(file) }))), "sessions", createStreams(1), 1),
  );
const session = (...requests: object[]) => ({ block_size: 64, requests });
const turnsOf = (request: Work): Work[] => [request, ...(request.next === undefined ? [] : turnsOf(request.next))];
const parts = (...named: [id: number, tokens: number][]) => named.map(([id, tokens]) => ({ id, tokens }));

describe("agent sessions", () => {
  it("are a chain of requests; a prompt that goes on has the answer before it in it", async () => {
    const [request] = await read(
      session(
        { t: 0, in: 130, out: 20, hash_ids: [1, 2], think_time: 0 },
        { t: 9, in: 200, out: 10, hash_ids: [1, 2, 3], think_time: 4.5 },
        // Goes on from the first block only.
        { t: 20, in: 100, out: 1, hash_ids: [1], think_time: 2 },
        // As long as the first again, which is shorter than it with its answer.
        { t: 30, in: 140, out: 1, hash_ids: [1, 2], think_time: 2 },
      ),
    );
    const turns = turnsOf(request!);
    expect(turns.map(({ parts }) => parts)).toEqual([
      parts([0, 130]),
      parts([0, 130], [1, 20], [2, 50]),
      parts([0, 64], [4, 36]),
      parts([0, 128], [6, 12]),
    ]);
    expect(turns.map(({ outputId }) => outputId)).toEqual([1, 3, 5, 7]);
    expect([request!.next!.thinkTime, request!.next!.next!.thinkTime]).toEqual([4.5e9, 2e9]);
  });

  it("tell the think time from the clock where it is not there, and count an answer that broke off as one token", async () => {
    const [request] = await read(
      session(
        { t: 10, in: 10, out: 0, hash_ids: [], api_time: 3 },
        { t: 20, in: 31, out: 5, hash_ids: [] },
        { t: 21, in: 50, out: 5, hash_ids: [] },
      ),
    );
    expect(request!.outputTokens).toBe(1);
    expect([request!.next!.thinkTime, request!.next!.next!.thinkTime]).toEqual([7e9, 1e9]);
  });

  it("let a subagent begin a session of its own, as long after its parent's beginning as it did", async () => {
    const turn = { t: 0, in: 10, out: 1, hash_ids: [], think_time: 0 };
    const requests = await read(session(turn, { type: "subagent", t: 2, requests: [turn, turn] }, turn), session({ ...turn, in: 11 }));
    const [first, second] = [requests.find(({ promptTokens, next }) => promptTokens === 10 && next !== undefined), requests.at(-1)];
    expect(requests.map(({ id }) => id)).toEqual([0, 1, 2]);
    expect(requests.map(({ arrivedAt }) => arrivedAt)).toEqual(requests.map(({ arrivedAt }) => arrivedAt).sort((a, b) => a - b));
    const starts = requests.filter(({ promptTokens }) => promptTokens === 10).map(({ arrivedAt }) => arrivedAt);
    expect(starts[1]! - starts[0]!).toBe(2e9);
    expect(turnsOf(first!).length).toBe(2);
    expect(second).toBeDefined();
  });

  it("are refused with the file, the rule, what stands there, and what to do", async () => {
    const good = { t: 0, in: 130, out: 20, hash_ids: [1, 2], think_time: 0 };
    const bad: [string, string][] = [
      ["no block size", JSON.stringify({ requests: [good] })],
      ["no requests", JSON.stringify({ block_size: 64 })],
      ["an id too few", JSON.stringify(session(good, { ...good, hash_ids: [1] }))],
      ["no ids", JSON.stringify(session({ t: 0, in: 64, out: 1 }))],
      ["no prompt", JSON.stringify(session({ ...good, in: 0 }))],
      ["a think time below 0", JSON.stringify(session(good, { ...good, think_time: -1 }))],
      ["a file cut off", '{"block_size": 64, "requests": ['],
    ];
    const refused = (text: string) => all(readAgentSessions(each([{ name: "a.json", text }]), "sessions", createStreams(1), 1));
    expect(await refusals(refused, bad)).toMatchInlineSnapshot(`
      "no block size: a.json: expected block_size to be a whole number of tokens, at least 1, got nothing. Repair the file, or take it out.
      no requests: a.json: expected requests to be a list of objects, got nothing. Repair the file, or take it out.
      an id too few: a.json: requests[1]: expected 2 hash_ids, one for each whole block of \`in\`, got 1. Repair the file, or take it out.
      no ids: a.json: requests[0]: expected 1 hash_ids, one for each whole block of \`in\`, got nothing. Repair the file, or take it out.
      no prompt: a.json: requests[0]: expected in to be a whole number of tokens, at least 1, got 0. Repair the file, or take it out.
      a think time below 0: a.json: requests[1]: expected think_time to be a number of seconds, at least 0, got -1. Repair the file, or take it out.
      a file cut off: a.json: expected a JSON object, got the beginning of one (32 characters). Repair the file, or take it out."
    `);
    await expect(all(readAgentSessions(each([]), "sessions", createStreams(1), 1))).rejects.toThrowErrorMatchingInlineSnapshot(
      `[InputError: sessions: expected at least one session's file, got none. Check that it is the trace, and whole; ServeGen's statistics are read by \`kind: clients\` in a scenario.]`,
    );
  });

  const archive = sharedFileOrNull("traces", "claude_code_sessions", "kv-cache-tester_traces_subset.tar.gz");
  it.skipIf(archive === null)("of a real archive grow as published (needs the traces)", async () => {
    const trace = traceSchema.parse({ kind: "trace", file: "sessions.tar.gz", sessions_per_s: 0.05 });
    const { format, requests } = await readTrace(trace, archive ?? "", { seed: 1 });
    expect(format).toBe("agent-sessions");
    const found = describeTraffic(requests);
    // The data's own notes: 7,029 requests, 9 of them in place of a subagent's; 96.4 % of whole blocks were met before.
    expect(found).toMatchObject({ requests: 7029, promptTokens: { p50: 108_916 }, outputTokens: { p50: 221 } });
    expect(found.prefixes?.share).toBeGreaterThan(0.95);
    expect(found.prefixes?.share).toBeLessThan(0.98);
    expect(found.sessions?.thinkTime?.p50).toBeCloseTo(10, 0);
    for (const request of requests) {
      for (const { promptTokens, parts = [] } of turnsOf(request)) {
        expect(parts.reduce((sum, { tokens }) => sum + tokens, 0)).toBe(promptTokens);
      }
    }
  });
});
