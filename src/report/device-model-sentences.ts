import type { DeviceModel, HeldOutError } from "../calibration/device-model.ts";
import { whoseSpeed } from "../calibration/whose-speed.ts";
import { bandwidth, count, duration, list, percent, plain, quantity, size } from "../format.ts";
import { conditionName } from "./runtime.ts";
import { weightLoad } from "./step-figures.ts";

/** What a device model says, in sentences: the same ones in a terminal and on a page. */

/** Whose speed the curves describe, and whose they do not. */
export const engineCaveat = (model: DeviceModel): string => {
  const { condition } = model;
  return condition === "engine" || model.is_made_up === true
    ? whoseSpeed(model)
    : `These are the speeds of a WebGPU engine in ${conditionName({ ...model, condition })}. ${whoseSpeed({ ...model, is_gpu: true })}`;
};

export const loadSentence = (model: DeviceModel): string => {
  const { setup_s, bandwidth_bytes_per_s, method, valid_bytes, pipeline } = model.load;
  const { timesBeyondMeasured } = weightLoad(model);
  const [least, most] = valid_bytes;
  const between = least === most ? `at ${size(least)} only` : `from ${size(least)} to ${size(most)}`;
  const beyond = timesBeyondMeasured > 1 ? `; extrapolated to ${plain(timesBeyondMeasured, 2)}× the largest` : "";
  return `${size(model.weight_bytes)} at ${bandwidth(bandwidth_bytes_per_s)} after ${duration(setup_s)}, by ${method}; measured ${between}${beyond}${pipeline == null ? "" : `. From memory; from a file ${pipeline.storage === "disk" ? "on disk" : "without a disk (tmpfs)"} ${bandwidth(pipeline.bandwidth_bytes_per_s)}`}`;
};

export const warmUpSentence = ({ warm_up }: DeviceModel): string => {
  const { phases, restart, pending } = warm_up;
  return [
    `${list(phases.map(({ name, seconds }) => `${name} ${duration(seconds)}`))}; steady after ${quantity(warm_up.dispatches_until_steady, "run")}`,
    ...(pending === undefined
      ? []
      : [`with ${pending.pending} pipelines pending, modules and pipelines take ${duration(pending.compile_s)}`]),
    ...(restart === undefined ? [] : [`a restart on the caches that an earlier process left takes ${duration(totalOf(restart))}`]),
  ].join("; ");
};

const totalOf = ({ phases }: Pick<DeviceModel["warm_up"], "phases">): number => phases.reduce((total, { seconds }) => total + seconds, 0);

export const warmUpTotal = ({ warm_up }: DeviceModel): number => totalOf(warm_up);

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

/** A composite step by the sizes it has; those that are 0 say nothing, and a vocabulary says that the head is there. */
export const compositeName = (id: string): string =>
  id
    .replace(/^(?:engine-step|decoder-layer)\//u, "")
    .replace(/ (?:hot|cold)$/u, "")
    .replace(/ vocab=[1-9]\d*/u, " head")
    .replaceAll(/ \w+=0(?!\d)/gu, "")
    .replaceAll("_", " ");

/** How far predictions were from what the fit did not see. */
export const errorSentence = (error: HeldOutError): string => {
  switch (error.kind) {
    case "checked": {
      const bias = error.bias === 0 ? "no bias" : `${percent(Math.abs(error.bias))} too ${error.bias > 0 ? "slow" : "fast"} on average`;
      const off = Math.max(...error.points.map(({ predicted_s, measured_s }) => Math.abs(predicted_s / measured_s - 1)));
      return `median ${percent(error.median_abs)}, 90th percentile ${percent(error.p90_abs)}, worst ${percent(off)} on ${quantity(error.points.length, "point")} the fit did not see; ${bias}`;
    }
    case "not-checked":
      return `not checked: ${error.because}`;
    default:
      return error satisfies never;
  }
};
