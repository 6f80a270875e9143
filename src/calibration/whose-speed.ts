import { percent, plain } from "../format.ts";
import { WEBGPU, type DeviceModel } from "./device-model.ts";

/** The fields of a device model that say whose speed it describes. */
export type Speaker = Pick<DeviceModel, "is_gpu" | "device" | "engine" | "anchored">;

/** Whether measured steps of a production engine stand behind the step times: a link's bandwidth alone does not anchor them. */
export const isAnchored = ({ engine, anchored }: Pick<Speaker, "engine" | "anchored">): boolean =>
  engine !== WEBGPU || (anchored?.curves.some(({ curve }) => curve === "prefill" || curve === "decode") ?? false);

/** The engine that an answer speaks for, as people write it. */
export const engineName = ({ engine, anchored }: Pick<Speaker, "engine" | "anchored">): string =>
  engine !== WEBGPU ? engine : isAnchored({ engine, anchored }) ? `WebGPU, anchored to ${anchored?.engine}` : "WebGPU, UNANCHORED";

/** What the reader must know before anything else: whose speed this is. The one place where it is said. */
export const whoseSpeed = (device: Speaker): string => {
  if (!device.is_gpu) return `Pipeline check, not a capacity answer: ${device.device} is not a GPU.`;
  if (device.engine !== WEBGPU) return `This speaks for ${device.engine} on ${device.device}: its step times were measured in that engine.`;
  if (device.anchored === null || !isAnchored(device)) {
    return "UNANCHORED: this speaks for a WebGPU engine on this device. No measurement of vLLM or another production engine stands behind it.";
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
