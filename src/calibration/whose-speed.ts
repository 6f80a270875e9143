import { percent, plain } from "../format.ts";
import type { Input } from "../provenance.ts";
import { type AnchoredCurve, type DeviceModel, WEBGPU } from "./device-model.ts";

/** The fields of a device model that say whose speed it describes. */
export type Speaker = Pick<DeviceModel, "is_gpu" | "is_made_up" | "device" | "engine" | "anchored">;

const isStep = ({ curve }: AnchoredCurve): boolean => curve === "prefill" || curve === "decode";

/** Whether measured steps of a production engine stand behind the step times: a link's bandwidth does not anchor them, nor a library's matmuls. */
export const isAnchored = ({ engine, anchored }: Pick<Speaker, "engine" | "anchored">): boolean =>
  engine !== WEBGPU || (anchored?.is_no_engine !== true && (anchored?.curves.some(isStep) ?? false));

const MADE_UP = "none, made up";
const UNANCHORED = "WebGPU, UNANCHORED";
const NOT_A_GPU = "WebGPU, not on a GPU";

/** The engine that an answer speaks for, as people write it. */
export const engineName = ({ engine, anchored, is_gpu, is_made_up: isMadeUp }: Omit<Speaker, "device">): string =>
  isMadeUp === true
    ? MADE_UP
    : engine !== WEBGPU
      ? engine
      : !is_gpu
        ? NOT_A_GPU
        : isAnchored({ engine, anchored })
          ? `WebGPU, anchored to ${anchored?.engine}`
          : UNANCHORED;

/** How both caveats of a device that is no GPU begin. */
const PIPELINE_CHECK = "Pipeline check, not a capacity answer:";

/** Whether a heading or a caveat already says that what was measured is no GPU. */
export const saysNotAGpu = (caveat: string): boolean => caveat.startsWith(PIPELINE_CHECK);

/** What the reader of a run must know before anything else, by its input `engine`; null: it speaks for the engine that it names, or does not say. */
export const engineCaveatOrNull = (engine: string): string | null =>
  engine === MADE_UP
    ? MADE_UP_SENTENCE
    : engine === NOT_A_GPU
      ? `${PIPELINE_CHECK} not measured on a GPU.`
      : engine === UNANCHORED
        ? UNANCHORED_SENTENCE
        : null;

const MADE_UP_SENTENCE = "MADE-UP DEVICE: nobody measured its speeds, and this is no capacity answer.";

/** Inputs of a device: what of a made-up one looks measured is assumed. */
export const honestInputs = ({ is_made_up: isMadeUp }: Pick<Speaker, "is_made_up">, inputs: readonly Input[]): Input[] =>
  inputs.map((input) =>
    isMadeUp === true && input.origin === "measured"
      ? { ...input, origin: "assumed", source: "round numbers of a device that does not exist" }
      : input,
  );

const UNANCHORED_SENTENCE =
  "UNANCHORED: this speaks for a WebGPU engine on this device. No measurement of vLLM or another production engine stands behind it.";

/** What the reader must know before anything else: whose speed this is. The one place where it is said. */
export const whoseSpeed = (device: Speaker): string => {
  if (device.is_made_up === true) return MADE_UP_SENTENCE;
  if (!device.is_gpu) return `${PIPELINE_CHECK} ${device.device} is not a GPU.`;
  if (device.engine !== WEBGPU) return `This speaks for ${device.engine} on ${device.device}: its step times were measured in that engine.`;
  if (device.anchored === null || !isAnchored(device)) {
    const steps = device.anchored?.curves.filter(isStep) ?? [];
    const rescaled = steps.map(
      ({ curve, factor, error }) => `${curve} × ${plain(factor, 3)}${error.kind === "checked" ? "" : ` (${error.because})`}`,
    );
    return steps.length === 0
      ? UNANCHORED_SENTENCE
      : `${UNANCHORED_SENTENCE} Rescaled to ${device.anchored?.engine}: ${rescaled.join(", ")}.`;
  }
  const curves = device.anchored.curves.map(
    ({ curve, factor, error }) =>
      `${curve} × ${plain(factor, 3)} (${error.kind === "checked" ? `held-out error ${percent(error.median_abs)}` : error.because})`,
  );
  const left = (["load", "prefill", "decode", "warm-up"] as const).filter(
    (curve) => !device.anchored?.curves.some((anchored) => anchored.curve === curve),
  );
  return `Anchored to ${device.anchored.engine}: ${curves.join(", ")}. ${left.length === 0 ? "Every curve was." : `As WebGPU measured it: ${left.join(", ")}.`}`;
};
