import { existsSync, readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { calibrate } from "../src/calibration/calibrate.ts";
import { DEVICE_MODEL_SCHEMA, type DeviceModel } from "../src/calibration/device-model.ts";
import { largestBuiltInThatFits, type MemorySettings } from "../src/calibration/kv-blocks.ts";
import { deviceModelFile } from "../src/calibration/read-device-model.ts";
import { InputError } from "../src/errors.ts";
import type { LanguageModel } from "../src/model/language-model.ts";
import { readVersioned } from "../src/versioned.ts";
import { chooseModel } from "./choose-model.ts";
import { chooseFitted, chooseProfile } from "./choose-profile.ts";
import type { Io } from "./io.ts";
import { contentHash } from "./kept-profiles.ts";

/** A path or name as the user wrote it, and the folder it starts from. */
export interface Written {
  readonly text: string;
  readonly folder: string;
}

/** A language model and its scaling model on a device. */
export interface ChosenDevice {
  readonly device: DeviceModel;
  readonly model: LanguageModel;
}

/**
 * The device that the user means, calibrated for the language model that the user means: a device model saved by `calibrate --out`, or a
 * profile (by default the newest run that can be fitted), fitted here.
 *
 * @param model by default the device model's own, or the largest built-in one that fits the profile
 * @throws InputError where either is not there or cannot be read
 */
export const chooseDevice = (io: Io, device: Written | undefined, model: Written | undefined, settings: MemorySettings): ChosenDevice => {
  const named = model === undefined ? null : chooseModel(model.text, model.folder);
  const saved = device === undefined ? null : savedDeviceModelOrNull(device);
  if (saved !== null) return { device: saved, model: named ?? chooseModel(saved.model, io.cwd) };
  const { fitted, path } = chooseFitted(device === undefined ? io : { ...io, cwd: device.folder }, device?.text, (profile) => {
    const chosen = named ?? largestBuiltInThatFits(profile, settings);
    return { device: calibrate(profile, chosen, { profileHash: contentHash(profile) }), model: chosen };
  });
  io.err(`Profile: ${path}\n`);
  return fitted;
};

/**
 * A further device for the same language model: a device model, or a profile that is fitted here.
 *
 * @throws InputError where it is not there or cannot be read, or speaks for another model
 */
export const deviceFor = (io: Io, written: Written, model: LanguageModel): DeviceModel => {
  const saved = savedDeviceModelOrNull(written);
  if (saved === null) {
    const { profile } = chooseProfile({ ...io, cwd: written.folder }, written.text);
    return calibrate(profile, model, { profileHash: contentHash(profile) });
  }
  if (saved.model === model.name) return saved;
  throw new InputError(
    written.text,
    `expected a device model of ${model.name}, got one of ${saved.model}`,
    "Calibrate that device for this model: ballast calibrate --model …",
  );
};

/** Null where the path is not a file that says it is a device model. */
const savedDeviceModelOrNull = ({ text: given, folder }: Written): DeviceModel | null => {
  const path = resolve(folder, given);
  if (!existsSync(path) && given.endsWith(".json")) {
    throw new InputError(given, "is not there", "Make a device model, `ballast calibrate --out FILE`, or name a profile or a run.");
  }
  if (!existsSync(path) || !statSync(path).isFile()) return null;
  const text = readFileSync(path, "utf8");
  const [kind] = DEVICE_MODEL_SCHEMA.split("/");
  return text.slice(0, 200).includes(`"${kind}/`) ? readVersioned(deviceModelFile, text, given) : null;
};
