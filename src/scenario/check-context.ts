import { InputError } from "../errors.ts";
import type { LanguageModel } from "../model/language-model.ts";
import { observedLengths, type TrafficData } from "../traffic/data.ts";
import type { LengthDistribution, Traffic } from "../traffic/schema.ts";
import type { Tokens } from "../units.ts";

/**
 * Holds a generator's longest prompt against the model's context. A trace's requests are held against it line by line, when they are read.
 *
 * @param place the scenario's file, for messages
 * @throws InputError where a prompt may be so long that not one token could follow it
 */
export const checkContext = (traffic: Traffic, model: LanguageModel, data: TrafficData, place: string): void => {
  if (traffic.kind === "trace" || traffic.kind === "clients") return;
  if (traffic.kind === "prometheus" && traffic.prompt === undefined) return;
  const [field, longest] =
    traffic.kind === "sessions" ? ["max_prompt_tokens", traffic.max_prompt_tokens] : ["prompt", longestOf(traffic.prompt!, data)];
  if (longest < model.contextLength) return;
  throw new InputError(
    `${place}: traffic.${field}`,
    `expected prompts below ${model.contextLength} tokens, the context of ${model.name}, got up to ${longest}`,
    "Make them shorter, or choose a model with a longer context.",
  );
};

const longestOf = (length: LengthDistribution, data: TrafficData): Tokens => {
  switch (length.kind) {
    case "constant":
      return length.tokens;
    case "log-normal":
      return length.max_tokens;
    case "empirical":
      return Array.from(observedLengths(length.file, data).prompts).reduce((a, b) => Math.max(a, b), 0);
    default:
      return length satisfies never;
  }
};
