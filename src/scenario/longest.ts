import type { LanguageModel } from "../model/language-model.ts";
import type { GivenScenario } from "./parse.ts";

/** A scenario whose traffic, where a Prometheus counted it, has no request that the server would not have served. */
export const withLongest = (from: GivenScenario, model: LanguageModel): GivenScenario => {
  const { traffic, replica } = from.scenario;
  if (traffic.kind !== "prometheus" || traffic.max_tokens !== undefined) return from;
  const longest = replica.max_model_len ?? model.contextLength;
  return { ...from, scenario: { ...from.scenario, traffic: { ...traffic, max_tokens: longest } } };
};
