import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createStreams } from "../../src/sim/streams.ts";
import { generate } from "../../src/traffic/generate.ts";
import type { Request, Work } from "../../src/traffic/request.ts";
import { trafficSchema, type TrafficOf } from "../../src/traffic/schema.ts";
import { runs } from "../runs.ts";

const chat = { kind: "log-normal", p50_tokens: 200, p99_tokens: 2000, max_tokens: 4000 } as const;
const sessions = (fields: object = {}): TrafficOf<"sessions"> =>
  trafficSchema.parse({
    kind: "sessions",
    sessions_per_s: 1,
    duration_s: 200,
    turns: { kind: "geometric", mean_turns: 6 },
    think_s: { kind: "log-normal", p50_s: 10, p99_s: 300 },
    system_tokens: 300,
    max_prompt_tokens: 20_000,
    prompt: chat,
    output: chat,
    ...fields,
  }) as TrafficOf<"sessions">;
const drawn = (fields: object = {}, seed = 1): Request[] => [...generate(sessions(fields), createStreams(seed))];
const turnsOf = (request: Request): Work[] => {
  const turns: Work[] = [];
  for (let turn: Work | undefined = request; turn !== undefined; turn = turn.next) turns.push(turn);
  return turns;
};
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

describe("generated sessions", () => {
  it("have prompts that are the one before, its answer, and something new", () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const names = new Set<number>();
        for (const request of drawn({}, seed)) {
          const turns = turnsOf(request);
          for (const [i, turn] of turns.entries()) {
            const parts = turn.parts ?? [];
            expect(sum(parts.map(({ tokens }) => tokens))).toBe(turn.promptTokens);
            expect(turn.promptTokens).toBeLessThanOrEqual(20_000);
            const before = turns[i - 1];
            const begin =
              before === undefined
                ? [{ id: 0, tokens: 300 }]
                : [...(before.parts ?? []), { id: before.outputId, tokens: before.outputTokens }];
            expect(parts.slice(0, begin.length)).toEqual(begin);
            expect(parts.length).toBe(begin.length + 1);
            for (const name of [parts.at(-1)!.id, turn.outputId!]) {
              expect(names.has(name)).toBe(false);
              names.add(name);
            }
          }
        }
      }),
      runs(5),
    );
  });

  it("have as many turns on average as asked for, if nothing cuts them short", () => {
    const counts = drawn({ duration_s: 4000, max_prompt_tokens: 10_000_000 }).map((request) => turnsOf(request).length);
    // A geometric number of mean m has variance m·(m − 1).
    expect(Math.abs(sum(counts) / counts.length - 6)).toBeLessThan(5 * Math.sqrt((6 * 5) / counts.length));
    expect(Math.min(...counts)).toBe(1);
  });

  it("end before a prompt that would be too long; a first one is cut", () => {
    const tokens = (n: number) => ({ kind: "constant", tokens: n });
    const [long] = drawn({ max_prompt_tokens: 1000, prompt: tokens(200), output: tokens(100), turns: { kind: "constant", turns: 9 } });
    expect(turnsOf(long!).map(({ promptTokens }) => promptTokens)).toEqual([500, 800]);
    const [cut] = drawn({ max_prompt_tokens: 400, prompt: tokens(200), turns: { kind: "constant", turns: 9 } });
    expect(turnsOf(cut!).map(({ promptTokens }) => promptTokens)).toEqual([400]);
  });

  it("draw nothing for what is constant: think times and turns do not move lengths or starts", () => {
    const lengths = (requests: readonly Request[]) =>
      requests.map(({ arrivedAt, promptTokens, outputTokens }) => [arrivedAt, promptTokens, outputTokens]);
    const other = drawn({ turns: { kind: "constant", turns: 2 }, think_s: { kind: "constant", seconds: 5 } });
    expect(lengths(other)).toEqual(lengths(drawn()));
    expect(other.every((request) => request.next?.thinkTime === 5e9 && request.next.next === undefined)).toBe(true);
  });

  it("are refused with a system prompt that leaves no room", () => {
    expect(trafficSchema.safeParse({ ...sessions(), system_tokens: 20_000 }).error?.issues[0]).toMatchObject({
      path: ["max_prompt_tokens"],
      message: "expected more than system_tokens",
    });
  });
});
