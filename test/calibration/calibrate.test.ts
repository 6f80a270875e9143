import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { layerLinears } from "../../kernels/layer/linears.ts";
import { calibrate } from "../../src/calibration/calibrate.ts";
import { deviceModelSchema } from "../../src/calibration/device-model.ts";
import { decodeWork, prefillWork, stepSeconds } from "../../src/calibration/step-seconds.ts";
import { builtInModel } from "../../src/model/built-in.ts";
import { headLinear, layerSizes } from "../../src/model/shapes.ts";
import type { Measurement, Profile } from "../../src/profile/schema.ts";
import { stepTimeModel } from "../../src/replica/step-time.ts";
import { messageOf } from "../message-of.ts";
import { runs } from "../runs.ts";
import { measurementsOf, profileOf, tokenCounts, trueHeadSeconds, trueLayerSeconds, truth } from "./synthetic.ts";

const model = builtInModel("tiny-llama");
const sizes = layerSizes(model);
const options = { profileHash: "hash" };
const measurements = measurementsOf(truth, [sizes], [headLinear(model)]);
const profile = profileOf(measurements);
const fitted = calibrate(profile, model, options);

const without = (drop: (measurement: Measurement) => boolean): Profile =>
  profileOf(measurements.filter((measurement) => !drop(measurement)));
const isFamily = (family: string) => (measurement: Measurement) => measurement.kind === "kernel" && measurement.family === family;
/** The same device with every duration multiplied. */
const slowed = (factor: number): Profile =>
  profileOf(
    measurements.map((measurement) =>
      measurement.kind === "kernel"
        ? { ...measurement, timing: { ...measurement.timing, samples_s: measurement.timing.samples_s.map((s) => s * factor) } }
        : measurement.kind === "overhead"
          ? { ...measurement, dispatch_s: [truth.dispatch_s * factor], submit_s: [truth.submit_s * factor] }
          : measurement,
    ),
  );

describe("calibration of a device whose every time is known", () => {
  it("gives a device model by its schema", () => {
    expect(deviceModelSchema.parse(fitted)).toEqual(fitted);
  });

  it("finds the coefficients of attention, all layers together", () => {
    const { prefill_attention: prefill, decode_attention: decode } = fitted.step;
    const width = model.heads * model.headDim;
    const cache = model.kvHeads * model.headDim;
    expect(prefill.setup_s).toBeCloseTo(4 * truth.prefill.setup_s, 12);
    expect(prefill.per_token_s).toBeCloseTo(4 * truth.prefill.per_token_and_width_s * width, 14);
    expect(prefill.per_pair_s).toBeCloseTo(4 * truth.prefill.per_pair_and_width_s * width, 16);
    expect(decode.setup_s).toBeCloseTo(4 * truth.decode.setup_s, 12);
    expect(decode.per_sequence_s).toBeCloseTo(4 * truth.decode.per_sequence_s, 12);
    expect(decode.per_key_s).toBeCloseTo(4 * truth.decode.per_key_and_width_s * cache, 16);
  });

  it("reads linear layers and head from their own measurements, knee included", () => {
    expect(fitted.step.linear.at).toEqual(tokenCounts);
    tokenCounts.forEach((tokens, i) => {
      const layer = layerLinears(sizes).reduce((sum, linear) => sum + truth.linear(linear, tokens), 0);
      expect(fitted.step.linear.seconds[i]).toBeCloseTo(4 * layer, 12);
      expect(fitted.step.head.seconds[i]).toBeCloseTo(trueHeadSeconds(truth, headLinear(model), tokens), 12);
    });
  });

  it("reads the head at the sizes at which it was measured, and says where they end", () => {
    const upTo8 = profileOf(
      measurements.filter((m) => m.kind !== "kernel" || m.shape["n"] !== model.vocabSize || (m.shape["m"] ?? 0) <= 8),
    );
    const { step, notes } = calibrate(upTo8, model, options);
    expect(step.head.at).toEqual([1, 2, 4, 8]);
    expect(notes.filter((note) => note.includes("head"))).toEqual([
      "The output head was measured up to 8 sequences; beyond, it is extrapolated.",
    ]);
    expect(fitted.notes.filter((note) => note.includes("head"))).toEqual([]);
  });

  it("predicts whole steps that it never saw, of one layer or several, with head and without, to within rounding", () => {
    expect(fitted.step.error).toMatchObject({ kind: "checked" });
    if (fitted.step.error.kind !== "checked") return;
    expect(fitted.step.error.points).toHaveLength(3);
    expect(fitted.step.error.median_abs).toBeLessThan(1e-9);
    // 128 tokens lie on the table; a point between two would show the table's own error.
    expect(fitted.step.error.p90_abs).toBeLessThan(1e-9);
  });

  it("composes a step of the model as layers, head, last norm and one submit", () => {
    const batch = { prefill_tokens: 0, prefill_context: 0, decode_sequences: 8, decode_context: 500 };
    const expected = 4 * trueLayerSeconds(truth, sizes, batch) + trueHeadSeconds(truth, headLinear(model), 8) + truth.submit_s;
    expect(stepSeconds(fitted.step, decodeWork(8, 500))).toBeCloseTo(expected, 10);
    const prompt = { prefill_tokens: 256, prefill_context: 0, decode_sequences: 0, decode_context: 0 };
    const first = 4 * trueLayerSeconds(truth, sizes, prompt) + trueHeadSeconds(truth, headLinear(model), 1) + truth.submit_s;
    expect(stepSeconds(fitted.step, prefillWork(256))).toBeCloseTo(first, 10);
  });

  it("states the range that it stands on", () => {
    expect(fitted.step.valid).toEqual({
      tokens: [1, 512],
      prefill_context: [64, 1280],
      decode_sequences: [1, 32],
      decode_context: [128, 2048],
    });
  });

  it("gives the simulator the same step, rounded to nanoseconds", () => {
    const simulated = stepTimeModel(fitted.step);
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 2000 }),
        fc.integer({ min: 1, max: 600 }),
        fc.integer({ min: 1, max: 4000 }),
        (chunk, sequences, context) => {
          const work = {
            tokens: chunk + sequences,
            outputs: sequences,
            prefillSequences: chunk > 0 ? 1 : 0,
            prefillPairs: (chunk * (chunk + 1)) / 2,
            decodeSequences: sequences,
            decodeKeys: sequences * context,
            decodeContext: context,
          };
          const nanoseconds = simulated.stepTime({ ...work, prefillCached: 0, prefillContext: chunk });
          expect(Math.abs(nanoseconds - 1e9 * stepSeconds(fitted.step, work))).toBeLessThanOrEqual(1);
        },
      ),
      runs(100),
    );
  });
});

describe("what calibration stands on", () => {
  it("is never a composite: other composite times change the error and nothing else", () => {
    const other = profileOf(
      measurements.map((measurement) =>
        isFamily("engine-step")(measurement) && measurement.kind === "kernel"
          ? { ...measurement, timing: { ...measurement.timing, samples_s: measurement.timing.samples_s.map((s) => s / 1.25) } }
          : measurement,
      ),
    );
    const { error, ...curve } = calibrate(other, model, options).step;
    const { error: _, ...same } = fitted.step;
    expect(curve).toEqual(same);
    expect(error).toMatchObject({
      kind: "checked",
      median_abs: expect.closeTo(0.25, 6),
      p90_abs: expect.closeTo(0.25, 6),
      bias: expect.closeTo(0.25, 6),
    });
  });

  it("is the fastest variant that passed, and none that failed", () => {
    const faster = (variant: string): Measurement[] =>
      measurements.flatMap((measurement) =>
        measurement.kind === "kernel" && measurement.family === "matmul" && measurement.shape["m"] === 1
          ? [{ ...measurement, variant, timing: { ...measurement.timing, samples_s: measurement.timing.samples_s.map((s) => s / 2) } }]
          : [],
      );
    const all = [...measurements, ...faster("matmul/b-f32")];
    const passed = calibrate(profileOf(all), model, options).step.linear.seconds;
    expect(passed[0]).toBeCloseTo((fitted.step.linear.seconds[0] ?? 0) / 2, 12);
    expect(passed.slice(1)).toEqual(fitted.step.linear.seconds.slice(1));
    const failed = profileOf(all, {
      verifications: profileOf(all).verifications.map((verification) =>
        verification.variant === "matmul/b-f32" ? { kind: "failed", variant: verification.variant, because: "NaN" } : verification,
      ),
    });
    expect(calibrate(failed, model, options).step.linear).toEqual(fitted.step.linear);
  });

  it("is the cold time of a kernel that was timed cold and hot, since a step finds its weights in memory", () => {
    const hot = (measurement: Measurement): Measurement[] =>
      measurement.kind === "kernel" && measurement.family === "matmul"
        ? [{ ...measurement, id: `${measurement.id} hot`, timing: { ...measurement.timing, samples_s: [1e-9] } }]
        : [];
    const cold = (measurement: Measurement): Measurement =>
      measurement.kind === "kernel" && measurement.family === "matmul" ? { ...measurement, cache: "cold" } : measurement;
    const both = profileOf([...measurements.flatMap(hot), ...measurements.map(cold), ...measurements.flatMap(hot)]);
    expect(calibrate(both, model, options).step.linear).toEqual(fitted.step.linear);
    expect(calibrate(profileOf(measurements.flatMap((m) => [...hot(m), m])), model, options).step.linear.seconds[0]).toBeLessThan(1e-7);
  });

  it("says what was timed hot only", () => {
    const asCold = (families: readonly string[]) =>
      profileOf(measurements.map((m) => (m.kind === "kernel" && families.includes(m.family) ? { ...m, cache: "cold" as const } : m)));
    const hotNotes = (given: Profile) => calibrate(given, model, options).notes.filter((note) => note.includes("hot only"));
    expect(hotNotes(asCold(["matmul", "attention-prefill", "attention-decode"]))).toEqual([]);
    expect(hotNotes(asCold(["matmul"]))).toMatchInlineSnapshot(`
      [
        "Some of attention-prefill, attention-decode was timed hot only: where a cache held weights or keys that a step reads from memory, its time is too short.",
      ]
    `);
  });

  it("scales with the device: every time multiplied multiplies every step", () => {
    fc.assert(
      fc.property(fc.double({ min: 0.01, max: 100, noNaN: true }), (factor) => {
        const { step } = calibrate(slowed(factor), model, options);
        for (const work of [decodeWork(3, 700), prefillWork(300)]) {
          const ratio = stepSeconds(step, work) / stepSeconds(fitted.step, work);
          expect(Math.abs(ratio / factor - 1)).toBeLessThan(1e-6);
        }
      }),
      runs(20),
    );
  });

  it("is copy bandwidth and a dispatch each for small kernels that were not measured, and says so", () => {
    const small = ["rms-norm", "swiglu", "residual-add", "rotary"];
    const inferred = calibrate(
      without((measurement) => small.some((family) => isFamily(family)(measurement))),
      model,
      options,
    );
    expect(inferred.step.per_token_s).toBeCloseTo(fitted.step.per_token_s, 12);
    expect(inferred.step.overhead_s).toBeCloseTo(fitted.step.overhead_s, 12);
    expect(inferred.notes.filter((note) => note.includes("copy bandwidth"))).toHaveLength(1);
    expect(fitted.notes.filter((note) => note.includes("copy bandwidth"))).toHaveLength(0);
  });

  it("of a profile from before residual and norm were one kernel, and tokens were chosen, is a step without either", () => {
    const earlier = calibrate(
      without((measurement) => isFamily("residual-norm")(measurement) || isFamily("greedy-head")(measurement)),
      model,
      options,
    );
    expect(earlier.step.overhead_s - fitted.step.overhead_s).toBeCloseTo(4 * truth.small.setup_s, 12);
    // Apart, the sum is written and read once more.
    expect(earlier.step.per_token_s - fitted.step.per_token_s).toBeCloseTo(4 * truth.small.s_per_byte * 4 * model.hiddenSize, 12);
    fitted.step.head.seconds.forEach((seconds, i) => expect(earlier.step.head.seconds[i]).toBeLessThan(seconds - truth.small.setup_s));
    expect(earlier.notes).toContain("Choosing the next token, and waiting on the CPU for it, are not in the step's time.");
  });
});

describe("a model whose shapes were not measured", () => {
  const other = builtInModel("Llama-3.2-1B");
  const inferred = calibrate(profile, other, options);

  it("takes seconds per weight from measured layers, and says which and how far", () => {
    const expected = other.layers * layerLinears(layerSizes(other)).reduce((sum, layer) => sum + truth.linear(layer, 64), 0);
    expect(inferred.step.linear.seconds[tokenCounts.indexOf(64)]).toBeCloseTo(expected, 6);
    expect(inferred.notes).toMatchInlineSnapshot(`
      [
        "Weights and KV cache are held in f32: twice the bytes of bfloat16, in which the weights were published.",
        "Linear layers not measured in this shape (qkv 3072×2048, o 2048×2048, gate_up 16384×2048, down 2048×8192, head 128256×2048): seconds per weight interpolated over log(n·k) between measured shapes.",
        "Of these, qkv 3072×2048, o 2048×2048, gate_up 16384×2048, down 2048×8192, head 128256×2048 lie outside the measured 65536 to 524288 weights: the nearest shape's seconds per weight are used.",
        "Prefill attention was measured with 8/4 heads of 32 and is scaled to 32/8 heads of 64 by arithmetic.",
        "Decode attention was measured with 8/4 heads of 32 and is scaled to 32/8 heads of 64 by bytes of cache read.",
        "The likeliest token is chosen on the GPU; waiting on the CPU for it, and sampling, are not in the step's time.",
        "Some of matmul, attention-prefill, attention-decode was timed hot only: where a cache held weights or keys that a step reads from memory, its time is too short.",
      ]
    `);
  });

  it("is inferred at a token count only from layers that were measured up to it", () => {
    // The largest measured layer, nearest in weights, stops at 8 tokens, long before its knee.
    const few = { n: 65_536, k: 2048 };
    const stopsEarly = measurementsOf(truth, [sizes], [few]).filter(
      (measurement) =>
        measurement.kind !== "kernel" ||
        measurement.family !== "matmul" ||
        measurement.shape["n"] !== few.n ||
        (measurement.shape["m"] ?? 0) <= 8,
    );
    const { step } = calibrate(profileOf(stopsEarly), other, options);
    const expected = other.layers * layerLinears(layerSizes(other)).reduce((sum, layer) => sum + truth.linear(layer, 512), 0);
    expect(step.linear.seconds.at(-1)).toBeCloseTo(expected, 6);
    expect(step.valid.tokens).toEqual([1, 512]);
  });

  it("scales prefill attention by arithmetic and decode attention by what is read", () => {
    const perLayer = (name: "tiny-llama" | "Llama-3.2-1B", value: number) => value / builtInModel(name).layers;
    const { step } = inferred;
    expect(
      perLayer("Llama-3.2-1B", step.prefill_attention.per_pair_s) / perLayer("tiny-llama", fitted.step.prefill_attention.per_pair_s),
    ).toBeCloseTo(2048 / 256, 9);
    expect(
      perLayer("Llama-3.2-1B", step.decode_attention.per_key_s) / perLayer("tiny-llama", fitted.step.decode_attention.per_key_s),
    ).toBeCloseTo(512 / 128, 9);
  });

  it("lies between its neighbours' seconds per weight where those differ", () => {
    const uneven = {
      ...truth,
      linear: ({ n, k }: { n: number; k: number }, tokens: number) => n * k * (1e-9 / Math.log2(n * k)) * (1 + tokens),
    };
    const near = [
      { n: 1024, k: 1024 },
      { n: 8192, k: 8192 },
    ];
    const { step } = calibrate(profileOf(measurementsOf(uneven, [sizes], near)), { ...other, layers: 1 }, options);
    const linears = layerLinears(layerSizes(other));
    const bound = (size: number) => linears.reduce((sum, { n, k }) => sum + ((n * k * 1e-9) / Math.log2(size)) * 2, 0);
    expect(step.linear.seconds[0]).toBeGreaterThan(bound(8192 * 8192));
    expect(step.linear.seconds[0]).toBeLessThan(bound(1024 * 1024));
  });
});

describe("a profile that lacks a measurement", () => {
  it("is refused by the name of what is missing, with the command that measures it", () => {
    const cases: readonly (readonly [string, (measurement: Measurement) => boolean])[] = [
      ["overhead", (measurement: Measurement) => measurement.kind === "overhead"],
      ["uploads", (measurement: Measurement) => measurement.kind === "upload"],
      ["warm-up", (measurement: Measurement) => measurement.kind === "warm-up"],
      ["linear layers", isFamily("matmul")],
      ["prefill attention", isFamily("attention-prefill")],
      ["decode attention", isFamily("attention-decode")],
      ["norms and copy", (measurement: Measurement) => isFamily("rms-norm")(measurement) || isFamily("copy")(measurement)],
    ];
    expect(cases.map(([name, drop]) => `without ${name}\n  ${messageOf(() => calibrate(without(drop), model, options))}`).join("\n"))
      .toMatchInlineSnapshot(`
      "without overhead
        InputError: profile of Imagined GPU: expected a measurement of dispatch and submit overhead, got none. Measure with more time: npm run bench -- --budget 120
      without uploads
        InputError: profile of Imagined GPU: expected a measurement of uploads, got none. Measure with more time: npm run bench -- --budget 120
      without warm-up
        InputError: profile of Imagined GPU: expected a measurement of warm-up, got none. Measure with more time: npm run bench -- --budget 120
      without linear layers
        InputError: profile of Imagined GPU: expected a measurement of linear layers in f32, got none. Measure with more time: npm run bench -- --budget 120
      without prefill attention
        InputError: profile of Imagined GPU: expected a measurement of prefill attention in f32, got none. Measure with more time: npm run bench -- --budget 120
      without decode attention
        InputError: profile of Imagined GPU: expected a measurement of decode attention in f32, got none. Measure with more time: npm run bench -- --budget 120
      without norms and copy
        InputError: profile of Imagined GPU: expected a measurement of copy bandwidth, got none. Measure with more time: npm run bench -- --budget 120"
    `);
  });

  it("says why, where the profile knows", () => {
    const partly = {
      ...without(isFamily("attention-decode")),
      left_out: [{ id: "attention-decode/split-f32 x", because: "the budget was spent" }],
    };
    expect(() => calibrate(partly, model, options)).toThrowErrorMatchingInlineSnapshot(
      `[InputError: profile of Imagined GPU: expected a measurement of decode attention in f32, got none (left out: the budget was spent). Measure with more time: npm run bench -- --budget 120]`,
    );
  });

  it("of linear layers is refused in the element type that the device would be measured in", () => {
    const { environment, ...rest } = without(isFamily("matmul"));
    const adapter = { ...environment.adapter, features: ["shader-f16"] };
    const profile = { ...rest, environment: { ...environment, adapter } };
    expect(messageOf(() => calibrate(profile, model, options))).toContain("expected a measurement of linear layers in f16, got none");
    expect(messageOf(() => calibrate({ ...profile, is_gpu: false }, model, options))).toContain("linear layers in f32, got none");
  });

  it("of whole steps is calibrated, and says that the step was not checked", () => {
    expect(calibrate(without(isFamily("engine-step")), model, options).step.error).toEqual({
      kind: "not-checked",
      because: "no whole step was measured in f32",
    });
  });

  it("of a size in a shape is refused by the measurement's id", () => {
    const broken = profileOf(
      measurements.map((measurement) =>
        measurement.kind === "kernel" && measurement.family === "attention-decode"
          ? { ...measurement, shape: { heads: 8, kv_heads: 4, head_dim: 32, context: 9 } }
          : measurement,
      ),
    );
    expect(() => calibrate(broken, model, options)).toThrow("expected a size named sequences in its shape, got none");
  });
});

describe("the element type", () => {
  const both = profileOf([
    ...measurements,
    ...measurementsOf({ ...truth, dtype: "f16" }, [sizes]).filter((m) => m.kind === "kernel" && m.dtype === "f16"),
  ]);

  it("is f16 where every part of a step was measured in it, with half the bytes", () => {
    const half = calibrate(both, model, options);
    expect(half.dtype).toBe("f16");
    expect(half.weight_bytes).toBe(fitted.weight_bytes / 2);
    expect(half.kv_bytes_per_token).toBe(fitted.kv_bytes_per_token / 2);
  });

  it("stays f16 where one part is missing in f16, and the part is named", () => {
    const partly = profileOf(
      both.measurements.filter((m) => !(m.kind === "kernel" && m.family === "attention-decode" && m.dtype === "f16")),
    );
    expect(() => calibrate(partly, model, options)).toThrow("expected a measurement of decode attention in f16, got none");
  });

  it("is the user's where given", () => {
    expect(calibrate(both, model, { ...options, dtype: "f32" }).step).toEqual(fitted.step);
  });
});
