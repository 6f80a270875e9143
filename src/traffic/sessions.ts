import { ln } from "../math.ts";
import { toNanoseconds, type Seconds, type Tokens } from "../units.ts";
import { poissonArrivals } from "./arrivals.ts";
import { chained, type Turn } from "./chain.ts";
import type { TrafficData } from "./data.ts";
import type { ThinkTime, Turns } from "./distributions.ts";
import { lengthSampler, NORMAL_P99 } from "./lengths.ts";
import type { RandomStream, RandomStreams } from "./random.ts";
import type { PromptPart, Request } from "./request.ts";
import type { TrafficOf } from "./schema.ts";

/** The name of the tokens that every session begins with. */
const SYSTEM = 0;

/**
 * Sessions as closed loops: each begins with a request that has all its later ones as a chain. A later prompt is the one before it, the
 * answer to that, and `prompt` new tokens.
 */
export function* generateSessions(traffic: TrafficOf<"sessions">, streams: RandomStreams, data: TrafficData): Generator<Request> {
  const { sessions_per_s, duration_s, system_tokens, max_prompt_tokens } = traffic;
  const prompt = lengthSampler(traffic.prompt, "prompts", data);
  const output = lengthSampler(traffic.output, "outputs", data);
  let nextPart = SYSTEM + 1;

  /** A first prompt that is too long is cut. */
  const turnsOf = (session: string): Turn[] => {
    const prompts = later(() => streams.named(`${session}/prompt`));
    const outputs = later(() => streams.named(`${session}/output`));
    const thinks = later(() => streams.named(`${session}/think`));
    const wanted = drawTurns(traffic.turns, () => streams.named(`${session}/turns`));
    const turns: Turn[] = [];
    let parts: readonly PromptPart[] = system_tokens === 0 ? [] : [{ id: SYSTEM, tokens: system_tokens }];
    let context: Tokens = system_tokens;
    while (turns.length < wanted) {
      const isFirst = turns.length === 0;
      const added = isFirst ? Math.min(prompt(prompts), Math.max(1, max_prompt_tokens - context)) : prompt(prompts);
      if (!isFirst && context + added > max_prompt_tokens) break;
      const promptTokens = context + added;
      const outputTokens = output(outputs);
      const prompted = [...parts, { id: nextPart, tokens: added }];
      const outputId = nextPart + 1;
      const thinkTime = isFirst ? 0 : toNanoseconds(drawThinkTime(traffic.think_s, thinks));
      turns.push({ promptTokens, outputTokens, parts: prompted, outputId, thinkTime });
      parts = [...prompted, { id: outputId, tokens: outputTokens }];
      context = promptTokens + outputTokens;
      nextPart += 2;
    }
    return turns;
  };

  let id = 0;
  for (const at of poissonArrivals(sessions_per_s, duration_s, streams.named("sessions/arrivals"))) {
    yield { id, arrivedAt: toNanoseconds(at), ...chained(turnsOf(`sessions/session-${id}`)) };
    id += 1;
  }
}

/** A stream that is made when it is first asked for, and then goes on. */
const later = (make: () => RandomStream): (() => RandomStream) => {
  let stream: RandomStream | null = null;
  return () => (stream ??= make());
};

const drawTurns = (turns: Turns, stream: () => RandomStream): number => {
  switch (turns.kind) {
    case "constant":
      return turns.turns;
    case "geometric":
      return turns.mean_turns === 1 ? 1 : 1 + Math.floor(ln(1 - stream().uniform()) / ln(1 - 1 / turns.mean_turns));
    default:
      return turns satisfies never;
  }
};

const drawThinkTime = (time: ThinkTime, stream: () => RandomStream): Seconds => {
  switch (time.kind) {
    case "constant":
      return time.seconds;
    case "exponential":
      return stream().exponential(time.mean_s);
    case "log-normal":
      return stream().logNormal(ln(time.p50_s), ln(time.p99_s / time.p50_s) / NORMAL_P99);
    default:
      return time satisfies never;
  }
};
