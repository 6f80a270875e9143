import { readVersioned, type VersionedFile } from "../versioned.ts";
import { DEVICE_MODEL_SCHEMA, deviceModelSchema, type DeviceModel } from "./device-model.ts";

/** How a saved device model is read, whatever version wrote it. */
export const deviceModelFile: VersionedFile<DeviceModel> = {
  what: "device model",
  current: DEVICE_MODEL_SCHEMA,
  schema: deviceModelSchema,
  // Version 1 knew one kind of step curve and no anchors.
  upgrades: {
    1: (older) => ({
      ...older,
      schema: "ballast.device-model/2",
      anchored: null,
      step: { kind: "composed", ...(older["step"] as Record<string, unknown> | undefined) },
    }),
  },
  nextStep: "Make it again: ballast calibrate --out FILE",
};

/**
 * Reads a saved device model; an older version is upgraded.
 *
 * @param text JSON, as `ballast calibrate --out` writes it
 * @param place the file's name, for messages
 * @throws InputError where it cannot be read
 */
export const readDeviceModel = (text: string, place: string): DeviceModel => readVersioned(deviceModelFile, text, place);
