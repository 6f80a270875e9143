import type { DeviceModel } from "../calibration/device-model.ts";
import { InputError } from "../errors.ts";
import { percent, plain } from "../format.ts";
import type { LanguageModel } from "../model/language-model.ts";
import { chatShare, reachableObjectives, sampledChat } from "../plan/default-chat.ts";
import { valuesOf } from "../plan/objectives/latencies.ts";
import { objectivesInWords } from "../plan/objectives/in-words.ts";
import { PRECISION, sustainedRateOrNull } from "../plan/search/sustained-rate.ts";
import { unloadedLatencies } from "../plan/search/unloaded.ts";
import { resolveScenario } from "../scenario/resolve.ts";
import { objectivesSchema, type Objectives } from "../scenario/objectives.ts";
import { scenarioSchema } from "../scenario/schema.ts";
import { createStreams } from "../sim/streams.ts";
import { generate } from "../traffic/generate.ts";

/** One rate a device, and what they were all asked. */
export interface SustainedRates {
  readonly scenario: string;
  /** Requests per second in the devices' order, or why there is none. */
  readonly rates: readonly ({ readonly requestsPerSecond: number } | { readonly because: string })[];
}

/** How near the rates come to the highest one: relative. */
export const RATE_PRECISION = PRECISION;

/**
 * The highest requests/s that one replica on each device sustains within the objectives, all asked the same: the default chat as a steady
 * Poisson stream of seed 0, an eighth as long for all where one is a software adapter, and objectives that the slowest can meet.
 *
 * @param devices all calibrated for the model
 * @param onProgress told what is about to be simulated, in words
 */
export const sustainedRates = (
  devices: readonly DeviceModel[],
  model: LanguageModel,
  onProgress: (what: string) => void = () => {},
): SustainedRates => {
  const share = chatShare(devices.every(({ is_gpu }) => is_gpu));
  const traffic = sampledChat(model.contextLength, share);
  const sample = [...generate(traffic, createStreams(0))];
  const from = {
    scenario: scenarioSchema.parse({ name: "comparison", traffic, model: model.name }),
    given: new Map<string, string>(),
    place: "comparison",
  };
  const setups = devices.map((device) => {
    try {
      return resolveScenario(from, device, model, sample);
    } catch (error) {
      if (error instanceof InputError) return error;
      throw error;
    }
  });
  const reachable = setups.flatMap((setup) =>
    setup instanceof InputError ? [] : [reachableObjectives(valuesOf(unloadedLatencies(sample, setup.replica, setup.stepTime)))],
  );
  const objectives = loosest([objectivesSchema.parse({}), ...reachable]);
  const rates = setups.map((setup, i) => {
    if (setup instanceof InputError) return { because: setup.problem };
    const rate = sustainedRateOrNull(
      { setup, objectives, seeds: [0], requestsOf: () => sample, onProgress: (what) => onProgress(`${devices[i]!.device}: ${what}`) },
      1,
      1,
    );
    return rate === null ? { because: "it meets the objectives at no rate" } : { requestsPerSecond: rate };
  });
  const lengths = share === 1 ? "" : `, each times 1/${plain(1 / share)} for all since one is not a GPU`;
  return {
    scenario: `Chat with the prompt and output lengths of Azure's 2023 conversation trace${lengths}, as a steady Poisson stream on one replica of ${model.name} with vLLM's default settings; ${objectivesInWords(objectives)}. The same requests, objectives and seed for all; the rate is the highest found to meet them, to within ${percent(PRECISION)}.`,
    rates,
  };
};

const loosest = (all: readonly Objectives[]): Objectives => ({
  ttft_p99_s: Math.max(...all.map(({ ttft_p99_s }) => ttft_p99_s)),
  tpot_p99_s: Math.max(...all.map(({ tpot_p99_s }) => tpot_p99_s)),
});
