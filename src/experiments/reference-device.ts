import { DEVICE_MODEL_SCHEMA, WEBGPU, type DeviceModel } from "../calibration/device-model.ts";

const SOURCE = "round numbers of a device that does not exist";
const NOT_CHECKED = { kind: "not-checked", because: SOURCE } as const;

/**
 * The device that experiments run on where the user names none: Llama-3.1-8B in f16 on a GPU of H100 class, made up of round numbers. Steps
 * read the weights at 2.5 TB/s and compute at 400 TFLOP/s; nothing was measured.
 */
export const REFERENCE_DEVICE: DeviceModel = {
  schema: DEVICE_MODEL_SCHEMA,
  model: "Llama-3.1-8B",
  device: "reference GPU (made up)",
  is_gpu: true,
  is_made_up: true,
  condition: "web",
  profile: "0".repeat(64),
  engine: WEBGPU,
  anchored: null,
  dtype: "f16",
  weight_bytes: 16_060_522_496,
  kv_bytes_per_token: 131_072,
  memory: { bytes: 80e9, origin: "assumed", source: SOURCE },
  load: {
    setup_s: 0.1,
    bandwidth_bytes_per_s: 5e9,
    method: "assumed",
    valid_bytes: [1e6, 1e11],
    error: NOT_CHECKED,
    source: { origin: "assumed", source: SOURCE },
  },
  warm_up: {
    phases: [{ name: "pipelines", seconds: 10 }],
    dispatches_until_steady: 1,
    error: NOT_CHECKED,
    source: { origin: "assumed", source: SOURCE },
  },
  step: {
    kind: "composed",
    overhead_s: 0.0006,
    linear: { at: [1, 64, 256, 512, 1024, 2048, 4096, 8192], seconds: [0.0064, 0.0066, 0.012, 0.0215, 0.041, 0.081, 0.16, 0.32] },
    head: { at: [1, 64, 256, 1024], seconds: [0.0004, 0.00045, 0.0006, 0.0016] },
    per_token_s: 2e-7,
    prefill_attention: { setup_s: 2e-5, per_token_s: 0, per_pair_s: 1.2e-9 },
    decode_attention: { setup_s: 5e-5, per_sequence_s: 1e-6, per_key_s: 5e-8 },
    valid: { tokens: [1, 8192], prefill_context: [1, 131_072], decode_sequences: [1, 1024], decode_context: [1, 131_072] },
    error: NOT_CHECKED,
  },
  notes: [`Made up: ${SOURCE}.`],
};
