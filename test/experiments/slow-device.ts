import { REFERENCE_DEVICE } from "../../src/experiments/reference-device.ts";
import type { DeviceModel } from "../../src/calibration/device-model.ts";

/** The reference device 50 times slower: the same load is a fiftieth of the requests. */
export const slowDevice = (): DeviceModel => {
  const { step } = REFERENCE_DEVICE;
  if (step.kind !== "composed") throw new Error("the reference device's steps are composed");
  const slower = (seconds: readonly number[]): number[] => seconds.map((time) => 50 * time);
  return {
    ...REFERENCE_DEVICE,
    device: "slow GPU",
    profile: "1".repeat(64),
    step: {
      ...step,
      linear: { ...step.linear, seconds: slower(step.linear.seconds) },
      head: { ...step.head, seconds: slower(step.head.seconds) },
    },
  };
};
