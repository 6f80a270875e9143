import { describe, expect, it } from "vitest";
import { variantById } from "../../kernels/index.ts";
import { checkAgainst } from "../../src/calibration/check.ts";
import { planCheck as planOf, type CheckPlan } from "../../src/calibration/check-plan.ts";
import { builtInModel } from "../../src/model/built-in.ts";
import { headLinear, layerSizes } from "../../src/model/shapes.ts";
import type { Measurement, MeasurementOf, Profile } from "../../src/profile/schema.ts";
import { failureOrNull } from "../../src/report/check-text.ts";
import { messageOf } from "../message-of.ts";
import { measurementsOf, profileOf, trueStepSeconds, truth, type Batch } from "./synthetic.ts";

const model = builtInModel("tiny-llama");
const sizes = layerSizes(model);
/** Straight in tokens, so that a table between its points is exact. */
const straight = { ...truth, linear: ({ n, k }: { n: number; k: number }, tokens: number) => n * k * (4e-11 + 1.5e-12 * tokens) };
const measurements = measurementsOf(straight, [sizes], [headLinear(model)]);
const profile = profileOf(measurements, { is_gpu: false });
/** The imagined device's variants are not among the kernels; they count as known. */
const planCheck = (of: Profile, seed: number) => planOf(of, seed, () => true);
const plan = planCheck(profile, 1);
const shapesOf = ({ steps }: CheckPlan) => steps.map((job) => (job.kind === "layer" ? job.layer.shape : {}));
const idsOf = ({ steps, again }: CheckPlan) => [...steps, ...again].map(({ id }) => id);

const kernelOf = (id: string) =>
  measurements.find((measurement): measurement is MeasurementOf<"kernel"> => measurement.id === id && measurement.kind === "kernel")!;
/** The plan as the true device does it, every time multiplied by how much slower it is today. */
const measured = ({ steps, again }: CheckPlan, slower: number, changes: Partial<Profile> = {}): Profile => {
  const template = measurements.find((measurement) => measurement.kind === "kernel")!;
  const timed = (kernel: MeasurementOf<"kernel">, seconds: number): Measurement => ({
    ...kernel,
    timing: { ...kernel.timing, samples_s: [seconds] },
  });
  return profileOf(
    [
      ...steps.flatMap((job) => {
        if (job.kind !== "layer") return [];
        const { shape } = job.layer;
        const { family, id: variant } = variantById("engine-step/f32");
        const seconds = trueStepSeconds(straight, sizes, shape["layers"]!, shape["vocab"]!, shape as unknown as Batch);
        return [timed({ ...template, id: job.id, family, variant, shape: { ...shape }, cache: "cold" }, slower * seconds)];
      }),
      ...again.map(({ id }) => timed(kernelOf(id), slower * kernelOf(id).timing.samples_s[0]!)),
    ],
    { is_gpu: false, ...changes },
  );
};

it("a variant of the profile that is there no more is not measured again", () => {
  expect(plan.again.length).toBeGreaterThan(0);
  expect(planOf(profile, 1).again).toEqual([]);
  expect(planOf(profile, 1).steps).toEqual(plan.steps);
});

describe("the steps that a check draws", () => {
  it("are the same for the same seed, and others for another", () => {
    expect(planCheck(profile, 1)).toEqual(plan);
    expect(idsOf(planCheck(profile, 2))).not.toEqual(idsOf(plan));
  });

  it("are as many decode alone, prefill alone and both, of one layer and of several", () => {
    const kinds = shapesOf(plan).map((shape) => `${Math.sign(shape["prefill_tokens"]!)}${Math.sign(shape["decode_sequences"]!)}`);
    expect(kinds.toSorted()).toEqual([...Array<string>(4).fill("01"), ...Array<string>(4).fill("10"), ...Array<string>(4).fill("11")]);
    const depths = shapesOf(plan).map((shape) => shape["layers"]!);
    expect(Math.min(...depths)).toBe(1);
    expect(Math.max(...depths)).toBeGreaterThan(1);
    expect(Math.max(...depths)).toBeLessThanOrEqual(model.layers);
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8])(
    "are of sizes that no fit and no earlier check saw, and shapes that the kernels know (seed %i)",
    (seed) => {
      const shapes = measurements.flatMap((measurement) => (measurement.kind === "kernel" ? [measurement.shape] : []));
      const tokens = new Set(shapes.map(({ m }) => m));
      const pairs = (a: string, b: string) =>
        new Set(shapes.flatMap((shape) => (shape[a] === undefined ? [] : [`${shape[a]} ${shape[b]}`])));
      const chunks = new Set([...pairs("chunk", "context"), ...pairs("prefill_tokens", "prefill_context")]);
      const decoding = new Set([...pairs("sequences", "context"), ...pairs("decode_sequences", "decode_context")]);
      for (const shape of shapesOf(planCheck(profile, seed))) {
        const { prefill_tokens = 0, prefill_context = 0, decode_sequences = 0, decode_context = 0 } = shape;
        expect(tokens).not.toContain(prefill_tokens + decode_sequences);
        expect(prefill_tokens > 0 && chunks.has(`${prefill_tokens} ${prefill_context}`)).toBe(false);
        expect(decode_sequences > 0 && decoding.has(`${decode_sequences} ${decode_context}`)).toBe(false);
        expect(() => variantById("engine-step/f32").run(shape)).not.toThrow();
      }
    },
  );

  it.each([1, 2, 3, 4, 5, 6, 7, 8])("lie within the range that the profile was fitted over (seed %i)", (seed) => {
    for (const { prefill_tokens = 0, prefill_context = 0, decode_sequences = 0, decode_context = 0 } of shapesOf(
      planCheck(profile, seed),
    )) {
      expect(prefill_tokens + decode_sequences).toBeLessThanOrEqual(512);
      expect(prefill_tokens + prefill_context).toBeLessThanOrEqual(1280);
      expect(prefill_tokens === 0 || prefill_tokens >= 64).toBe(true);
      expect(decode_sequences).toBeLessThanOrEqual(32);
      expect(decode_context).toBeLessThanOrEqual(2048);
    }
  });
});

it("a check verifies every variant that it times, the step with its own choices", () => {
  const verified = new Set(plan.verify.map((job) => (job.kind === "verify" ? job.variant : "")));
  expect([...verified]).toEqual(expect.arrayContaining(plan.again.flatMap((job) => (job.kind === "kernel" ? [job.variant] : []))));
  const [step] = plan.steps;
  expect(plan.verify.at(-1)).toMatchObject({ variant: "engine-step/f32", choices: step?.kind === "layer" ? step.layer.choices : null });
});

describe("a check of a device whose every time is known", () => {
  it("finds predictions right and the machine as it was, where nothing changed", () => {
    const check = checkAgainst(profile, measured(plan, 1), plan);
    expect(check.drift).toBeCloseTo(1, 12);
    expect(check.again.length).toBeGreaterThanOrEqual(6);
    expect(check.error).toMatchObject({ kind: "checked", median_abs: expect.closeTo(0, 9), p90_abs: expect.closeTo(0, 9) });
    expect(check.notes).toEqual([]);
  });

  it("tells a slower machine from a wrong prediction", () => {
    const check = checkAgainst(profile, measured(plan, 1.25), plan);
    expect(check.drift).toBeCloseTo(1.25, 9);
    expect(check.error).toMatchObject({ kind: "checked", median_abs: expect.closeTo(0.2, 9), bias: expect.closeTo(-0.2, 9) });
    expect(check.error_without_drift).toMatchObject({ kind: "checked", p90_abs: expect.closeTo(0, 9) });
  });

  it("says what it could not measure", () => {
    const check = checkAgainst(profile, measured({ ...plan, steps: [], again: [] }, 1), plan);
    expect(check).toMatchObject({ drift: null, again: [], error: { kind: "not-checked", because: "no step was measured" } });
    expect(failureOrNull(check, 0.2)).toBe("expected a median error of at most 20 %, and it is not known: no step was measured");
  });

  it("names what else differs besides the day", () => {
    const now = measured(plan, 1);
    const environment = { ...now.environment, browser: "Chrome/157.0" };
    expect(checkAgainst(profile, { ...now, environment }, plan).notes).toEqual([
      "Another browser than in the profile: Chrome/157.0 instead of Chrome/156.0.",
    ]);
  });

  it("is refused on another device, in another condition or runtime", () => {
    const refusal = (changes: Partial<Profile>) => messageOf(() => checkAgainst(profile, measured(plan, 1, changes), plan));
    expect([refusal({ device: "Other GPU" }), refusal({ condition: "native-like" }), refusal({ runtime: "dawn" })]).toMatchInlineSnapshot(`
      [
        "InputError: --check: expected the profile's device, Imagined GPU, got Other GPU. Check it on the machine it was measured on, or name that GPU with --gpu.",
        "InputError: --check: expected the profile's condition, web, got native-like. Measure a profile in this one: npm run bench",
        "InputError: --check: expected the profile's runtime, chrome, got dawn. Measure a profile in this one: npm run bench",
      ]
    `);
  });

  it.each([
    [1.25, 0.2 + 1e-9, null],
    [1.25, 0.15, "expected a median error of at most 15 %, got 20 %"],
  ])("a machine %d times slower with a limit of %d", (slower, limit, failure) => {
    expect(failureOrNull(checkAgainst(profile, measured(plan, slower), plan), limit)).toBe(failure);
  });
});
