import { z } from "zod";
import { count, seconds } from "./measurements/common.ts";

/**
 * The state of the machine beside the measurements: clocks, power, temperature and throttling of the measured GPU where a tool tells
 * them, and what power the machine runs on. A field that no tool told is null, or "unknown"; never a guess.
 */

/** Why a GPU's clocks are below their highest, in the words of NVIDIA's management library. */
export const clockReasonSchema = z.enum([
  "gpu-idle",
  "applications-clocks",
  "sw-power-cap",
  "hw-slowdown",
  "sync-boost",
  "sw-thermal",
  "hw-thermal",
  "hw-power-brake",
  "display-clocks",
]);
export type ClockReason = z.infer<typeof clockReasonSchema>;

const amount = z.number().min(0);

/** What the tool said at one moment, in seconds since the watch began. */
export const machineSampleSchema = z.strictObject({
  at_s: seconds,
  sm_mhz: amount.nullable().meta({ description: "Clock of the processors" }),
  memory_mhz: amount.nullable(),
  power_w: amount.nullable(),
  temperature_c: z.number().nullable(),
  utilization: z.number().min(0).max(1).nullable().meta({ description: "Share of the tool's last interval in which a kernel ran" }),
  memory_used_bytes: amount.nullable().meta({ description: "Of all programs together" }),
  reasons: z.array(clockReasonSchema).nullable().meta({ description: "What holds the clocks back; null where the tool does not tell" }),
});
export type MachineSample = z.infer<typeof machineSampleSchema>;

const rangeSchema = z.strictObject({ min: z.number(), median: z.number(), max: z.number() }).nullable();
export type Range = z.infer<typeof rangeSchema>;

export const machineStateSchema = z.strictObject({
  source: z.enum(["nvidia-smi", "amdgpu"]).nullable().meta({ description: "What told of the GPU; null where nothing did" }),
  power_source: z.enum(["mains", "battery", "unknown"]).meta({ description: "battery: at the run's start or at its end" }),
  battery_charge: z.number().min(0).max(1).nullable().meta({ description: "At the run's start; null without a battery" }),
  thermal: z
    .enum(["nominal", "throttled", "unknown"])
    .meta({ description: "Of the system, GPU apart: throttled where it slowed itself for heat during the run" }),
  unified_memory: z.enum(["yes", "no", "unknown"]).meta({ description: "Whether the GPU's memory is the CPU's" }),
  max_sm_mhz: amount.nullable().meta({ description: "The highest clock the GPU allows" }),
  idle: machineSampleSchema.nullable().meta({ description: "The last before the browser was started" }),
  measuring: z
    .strictObject({
      samples: count,
      sm_mhz: rangeSchema,
      memory_mhz: rangeSchema,
      power_w: rangeSchema,
      temperature_c: rangeSchema,
      memory_used_bytes: rangeSchema,
      reasons: z
        .partialRecord(clockReasonSchema, z.number().min(0).max(1))
        .meta({ description: "Share of the samples in which each reason held the clocks back" }),
    })
    .nullable()
    .meta({ description: "While measurements ran" }),
  samples: z
    .array(machineSampleSchema.extend({ during: z.string().nullable().meta({ description: "Id of the measurement that ran" }) }))
    .meta({ description: "One a second at most, and every one in which the GPU throttled" }),
});
export type MachineState = z.infer<typeof machineStateSchema>;

/** A machine of which nothing is known. */
export const UNKNOWN_MACHINE: MachineState = {
  source: null,
  power_source: "unknown",
  battery_charge: null,
  thermal: "unknown",
  unified_memory: "unknown",
  max_sm_mhz: null,
  idle: null,
  measuring: null,
  samples: [],
};
