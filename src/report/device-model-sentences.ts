import type { DeviceModel, HeldOutError } from "../calibration/device-model.ts";
import { bandwidth, count, duration, list, percent, plain, quantity, size } from "../format.ts";
import { weightLoad } from "./step-figures.ts";

/** What a device model says, in sentences: the same ones in a terminal and on a page. */

export const conditionName = (condition: "web" | "native-like"): string =>
  condition === "web" ? "the browser's own defaults" : "native-like (checks and zero-filling off)";

/** Whose speed the curves describe, and whose they do not. */
export const engineCaveat = ({ condition }: DeviceModel): string =>
  `These are the speeds of a WebGPU engine in ${conditionName(condition)}: not anchored to a production engine, so not those of vLLM.`;

export const loadSentence = (model: DeviceModel): string => {
  const { setup_s, bandwidth_bytes_per_s, method, valid_bytes } = model.load;
  const { timesBeyondMeasured } = weightLoad(model);
  const [least, most] = valid_bytes;
  const between = least === most ? `at ${size(least)} only` : `from ${size(least)} to ${size(most)}`;
  const beyond = timesBeyondMeasured > 1 ? `; extrapolated to ${plain(timesBeyondMeasured, 2)}× the largest` : "";
  return `${size(model.weight_bytes)} at ${bandwidth(bandwidth_bytes_per_s)} after ${duration(setup_s)}, by ${method}; measured ${between}${beyond}`;
};

export const warmUpSentence = ({ warm_up }: DeviceModel): string =>
  `${list(warm_up.phases.map(({ name, seconds }) => `${name} ${duration(seconds)}`))}; steady after ${quantity(warm_up.dispatches_until_steady, "run")}`;

export const warmUpTotal = ({ warm_up }: DeviceModel): number => warm_up.phases.reduce((total, { seconds }) => total + seconds, 0);

export const memorySentence = ({ memory, weight_bytes, kv_bytes_per_token }: DeviceModel): string => {
  const room = memory.bytes - weight_bytes;
  const after =
    room <= 0
      ? `the weights (${size(weight_bytes)}) do not fit`
      : `beside ${size(weight_bytes)} of weights room for ${count(Math.floor(room / kv_bytes_per_token))} tokens of KV cache at ${size(kv_bytes_per_token)} each`;
  return `${size(memory.bytes)} (${memory.origin}: ${memory.source}); ${after}`;
};

export const validSentence = ({ step: { valid } }: DeviceModel): string =>
  `Measured: ${range(valid.tokens)} tokens a step, prefill context ${range(valid.prefill_context)}, ${range(valid.decode_sequences)} decoding sequences, decode context ${range(valid.decode_context)}.`;

const range = ([from, to]: readonly [number, number]): string => `${count(from)} to ${count(to)}`;

/** A composite step by the sizes it has; those that are 0 say nothing. */
export const compositeName = (id: string): string =>
  id
    .replace(/^decoder-layer\//u, "")
    .replaceAll(/ \w+=0(?!\d)/gu, "")
    .replaceAll("_", " ");

/** How far predictions were from what the fit did not see. */
export const errorSentence = (error: HeldOutError): string => {
  switch (error.kind) {
    case "checked": {
      const bias = error.bias === 0 ? "no bias" : `${percent(Math.abs(error.bias))} too ${error.bias > 0 ? "slow" : "fast"} on average`;
      return `median ${percent(error.median_abs)}, 90th percentile ${percent(error.p90_abs)} on ${quantity(error.points.length, "point")} the fit did not see; ${bias}`;
    }
    case "not-checked":
      return `not checked: ${error.because}`;
    default:
      return error satisfies never;
  }
};
