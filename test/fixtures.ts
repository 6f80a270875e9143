import type { DeviceModel } from "../src/calibration/device-model.ts";
import { DEVICE_MODEL_SCHEMA } from "../src/calibration/device-model.ts";

/**
 * A device model of plausible figures, measured on nothing: Llama-3.1-8B in f16 on a GPU that reads 2.5 TB/s and computes 400 TFLOP/s.
 * For tests of what comes after calibration.
 */
export const deviceModel = (overrides: Partial<DeviceModel> = {}): DeviceModel => ({
  schema: DEVICE_MODEL_SCHEMA,
  model: "Llama-3.1-8B",
  device: "Example GPU",
  is_gpu: true,
  condition: "web",
  profile: "0123456789abcdef",
  engine: "webgpu",
  anchored: null,
  dtype: "f16",
  weight_bytes: 16_060_522_496,
  kv_bytes_per_token: 131_072,
  memory: { bytes: 80e9, origin: "measured", source: "nvidia-smi" },
  load: {
    setup_s: 0.2,
    bandwidth_bytes_per_s: 5e9,
    method: "staging-ring",
    valid_bytes: [1e6, 1e9],
    error: {
      kind: "checked",
      points: [{ id: "upload/1", predicted_s: 1, measured_s: 1.02 }],
      median_abs: 0.02,
      p90_abs: 0.02,
      bias: -0.02,
    },
  },
  warm_up: {
    phases: [
      { name: "browser process", seconds: 1.2 },
      { name: "adapter", seconds: 0.1 },
      { name: "device", seconds: 0.2 },
      { name: "shader modules", seconds: 0.05 },
      { name: "pipelines", seconds: 0.45 },
      { name: "first dispatch", seconds: 0.3 },
      { name: "approach to steady", seconds: 0.2 },
    ],
    dispatches_until_steady: 12,
    error: { kind: "not-checked", because: "one cold start was measured" },
  },
  step: {
    kind: "composed",
    overhead_s: 0.0005,
    linear: { at: [1, 64, 256, 1024, 2048, 8192], seconds: [0.0065, 0.0068, 0.012, 0.042, 0.082, 0.33] },
    head: { at: [1, 64, 256], seconds: [0.0004, 0.0005, 0.0008] },
    per_token_s: 2e-7,
    prefill_attention: { setup_s: 0.0002, per_token_s: 0, per_pair_s: 1.7e-9 },
    decode_attention: { setup_s: 0.0002, per_sequence_s: 2e-6, per_key_s: 5.2e-8 },
    valid: { tokens: [1, 8192], prefill_context: [1, 16_384], decode_sequences: [1, 256], decode_context: [1, 16_384] },
    error: {
      kind: "checked",
      points: [{ id: "step/1", predicted_s: 1, measured_s: 0.97 }],
      median_abs: 0.031,
      p90_abs: 0.031,
      bias: 0.031,
    },
  },
  notes: [],
  ...overrides,
});
