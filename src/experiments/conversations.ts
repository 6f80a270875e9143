import type { LengthDistribution, TrafficOf } from "../traffic/schema.ts";

/**
 * Chat in turns: each prompt repeats the conversation so far behind a system prompt that all share, so that most of it can be in a prefix cache.
 *
 * @param scale of all lengths
 */
export const conversations = (sessionsPerSecond: number, duration: number, contextLength: number, scale: number): TrafficOf<"sessions"> => {
  const length = (p50: number, p99: number): LengthDistribution => {
    const most = Math.max(1, Math.floor(contextLength / 8));
    const tokens = (count: number): number => Math.min(most, Math.max(1, Math.floor(scale * count + 0.5)));
    return { kind: "log-normal", p50_tokens: tokens(p50), p99_tokens: tokens(p99), max_tokens: most };
  };
  return {
    kind: "sessions",
    sessions_per_s: sessionsPerSecond,
    duration_s: duration,
    turns: { kind: "geometric", mean_turns: 5 },
    think_s: { kind: "log-normal", p50_s: 15, p99_s: 120 },
    system_tokens: Math.min(Math.floor(contextLength / 8), Math.floor(scale * 1000)),
    max_prompt_tokens: Math.min(Math.floor((contextLength * 3) / 4), Math.max(2000, Math.floor(scale * 16_000))),
    prompt: length(200, 1600),
    output: length(130, 600),
  };
};
