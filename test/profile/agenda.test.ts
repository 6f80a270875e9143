import { describe, expect, it } from "vitest";
import { engineStep, variantById, variants } from "../../kernels/index.ts";
import type { Shape } from "../../kernels/kernel.ts";
import { layerLinears } from "../../kernels/layer/linears.ts";
import { agenda, type AgendaOptions } from "../../src/profile/agenda.ts";
import { chosenVariants, contenders, startingChoices } from "../../src/profile/choose.ts";
import type { Findings, Job } from "../../src/profile/jobs.ts";
import { kernelJob } from "../../src/profile/timed-jobs.ts";
import type { Cache } from "../../src/profile/measurements/timing.ts";
import type { Measurement, MeasurementOf } from "../../src/profile/schema.ts";

const kernelMeasurement = (variant: string, shape: Shape, seconds: number, cache: Cache = "cold"): MeasurementOf<"kernel"> => {
  const { family, version, dtype } = variantById(variant);
  return {
    kind: "kernel",
    id: kernelJob(variant, shape, cache).id,
    family,
    variant,
    version,
    dtype,
    shape: { ...shape },
    operations: 1,
    bytes: 1,
    cache,
    rotated_bytes: 0,
    power_w: null,
    timing: { kind: "gpu-timestamp", samples_s: [seconds], runs_per_sample: 1, dropped: 0, throttled: 0, visits: [], stopping: null },
  };
};

/** Does the whole agenda: every variant passes but those named, and a kernel takes as long as `seconds` says. */
const follow = (
  options: AgendaOptions,
  { failing = [], seconds = () => 1 }: { failing?: readonly string[]; seconds?: (variant: string, shape: Shape) => number } = {},
) => {
  const jobs: Job[] = [];
  const verifications: Findings["verifications"][number][] = [];
  const measurements: Measurement[] = [];
  for (const stage of agenda(options)) {
    const planned = stage({ verifications: [...verifications], measurements: [...measurements] });
    for (const job of planned) {
      jobs.push(job);
      if (job.kind === "verify") {
        const { variant } = job;
        const isFailing = failing.includes(variant) || variantById(variant).needs.some((need) => !options.adapter.features.includes(need));
        verifications.push(
          isFailing ? { kind: "failed", variant, because: "it is wrong" } : { kind: "passed", variant, shapes: 1, worst_share_of_bound: 0 },
        );
      }
      if (job.kind === "kernel") measurements.push(kernelMeasurement(job.variant, job.shape, seconds(job.variant, job.shape), job.cache));
    }
  }
  return jobs;
};

const software = { adapter: { features: ["timestamp-query", "subgroups"] }, isGpu: false };
const gpu = { adapter: { features: ["timestamp-query", "subgroups", "shader-f16"] }, isGpu: true };
const plainGpu = { adapter: { features: [] }, isGpu: true };
const devices = [
  ["a software adapter", software],
  ["a GPU with f16", gpu],
  ["a GPU without any feature", plainGpu],
] as const;

const kernels = (jobs: readonly Job[]) => jobs.filter((job) => job.kind === "kernel");
const layers = (jobs: readonly Job[]) => jobs.filter((job) => job.kind === "layer");
const ids = (jobs: readonly Job[]) => jobs.map(({ id }) => id);
/** The variants to begin with are the fastest, so that a whole agenda chooses what a quick one takes unseen. */
const startingAreFastest =
  ({ adapter, isGpu }: Omit<AgendaOptions, "isQuick">) =>
  (variant: string, shape: Shape): number => {
    const dtype = variantById(variant).dtype;
    const starting = startingChoices(dtype, isGpu, adapter.features);
    const { attention_decode, attention_prefill, few_tokens, matmul_few, matmul_many } = starting;
    const best = shape["m"] === undefined ? [attention_decode, attention_prefill] : [shape["m"] <= few_tokens ? matmul_few : matmul_many];
    return best.includes(variant) ? 1 : 2;
  };

describe.each(devices)("the agenda of %s", (_, device) => {
  const whole = follow({ ...device, isQuick: false }, { seconds: startingAreFastest(device) });
  const quick = follow({ ...device, isQuick: true });

  it.each([
    ["whole", whole],
    ["quick", quick],
  ])("names every job once (%s)", (_, jobs) => {
    expect(new Set(ids(jobs)).size).toBe(jobs.length);
  });

  it("asks only for shapes that the kernels know", () => {
    for (const { variant, shape } of kernels(whole)) expect(() => variantById(variant).run(shape)).not.toThrow();
    for (const { layer } of layers(whole)) {
      expect(() => engineStep(variantById(layer.choices.matmul_few).dtype, layer.choices).run(layer.shape)).not.toThrow();
    }
  });

  it("times no variant before its verification, and composes a layer only of what was timed", () => {
    const placeOf = (jobs: readonly Job[], variant: string) => jobs.findIndex((job) => "variant" in job && job.variant === variant);
    const isVerified = ({ variant }: { readonly variant: string }) => {
      const at = placeOf(whole, variant);
      return at >= 0 && whole[at]?.kind === "verify";
    };
    expect(kernels(whole).filter((job) => !isVerified(job))).toEqual([]);
    const timed = new Set(kernels(whole).map(({ variant }) => variant));
    for (const { layer } of layers(whole)) {
      const { few_tokens: _, ...parts } = layer.choices;
      expect([...timed]).toEqual(expect.arrayContaining(Object.values(parts)));
    }
    expect(whole.findIndex(({ kind }) => kind === "layer")).toBeGreaterThan(
      whole.findIndex(({ id }) => id.startsWith("verify engine-step/")),
    );
  });

  it("a quick one is a part of the whole, where the whole finds the variants to begin with to be the fastest", () => {
    expect(ids(whole)).toEqual(expect.arrayContaining(ids(quick)));
    expect(quick.length).toBeLessThan(whole.length / 2);
  });

  it.each([
    ["whole", whole],
    ["quick", quick],
  ])("measures what every curve stands on (%s)", (_, jobs) => {
    const families = new Set(kernels(jobs).map(({ variant }) => variantById(variant).family));
    expect([...families].sort()).toEqual([
      "attention-decode",
      "attention-prefill",
      "copy",
      "greedy-head",
      "matmul",
      "multiply-add",
      "residual-add",
      "residual-norm",
      "rms-norm",
      "rotary",
      "swiglu",
    ]);
    expect(jobs.map(({ kind }) => kind)).toEqual(expect.arrayContaining(["clock", "warm-up", "overhead", "upload", "layer"]));
  });

  it("begins with the clock and the starts; a quick one with one cold start, and without the compile curve", () => {
    expect(whole.slice(0, 4).map(({ kind }) => kind)).toEqual(["clock", "warm-up", "compile", "verify"]);
    expect(quick.slice(0, 3).map(({ kind }) => kind)).toEqual(["clock", "warm-up", "verify"]);
    expect(quick[1]).toMatchObject({ id: whole[1]!.id, launches: 1, restarts: 0 });
  });

  it("makes several cold starts, so that one can be held out, and one of every other kind", () => {
    for (const jobs of [whole, follow({ ...gpu, isQuick: false })]) {
      const warmUp = jobs.find((job) => job.kind === "warm-up")!;
      expect(warmUp.launches).toBeGreaterThanOrEqual(3);
      expect(Math.min(warmUp.restarts, warmUp.devices, warmUp.pipelines, warmUp.nothing)).toBeGreaterThanOrEqual(1);
      expect(jobs.find((job) => job.kind === "compile")!.pending).toEqual([1, 4, 16]);
    }
  });

  it("checks on whole steps whose sizes no fit has seen", () => {
    for (const jobs of [whole, quick]) {
      const seen = (family: string, names: readonly string[]) =>
        new Set(
          kernels(jobs).flatMap(({ variant, shape }) =>
            variantById(variant).family === family ? [names.map((name) => shape[name]).join()] : [],
          ),
        );
      const tokens = seen("matmul", ["m"]);
      const prefill = seen("attention-prefill", ["chunk", "context"]);
      const decode = seen("attention-decode", ["sequences", "context"]);
      expect(layers(jobs).length).toBeGreaterThanOrEqual(3);
      for (const { layer } of layers(jobs)) {
        const { prefill_tokens = 0, prefill_context = 0, decode_sequences = 0, decode_context = 0 } = layer.shape;
        expect(tokens).not.toContain(String(prefill_tokens + decode_sequences));
        expect(prefill).not.toContain(`${prefill_tokens},${prefill_context}`);
        expect(decode).not.toContain(`${decode_sequences},${decode_context}`);
      }
    }
  });

  it("checks prefill alone, decode alone and both, within the range that is fitted", () => {
    for (const jobs of [whole, quick]) {
      const largest = Math.max(...kernels(jobs).map(({ shape }) => shape["m"] ?? 0));
      const kinds = layers(jobs).map(
        ({ layer }) => `${Math.sign(layer.shape["prefill_tokens"]!)} ${Math.sign(layer.shape["decode_sequences"]!)}`,
      );
      expect(new Set(kinds)).toEqual(new Set(["1 0", "0 1", "1 1"]));
      for (const { layer } of layers(jobs)) expect(layer.shape["prefill_tokens"]! + layer.shape["decode_sequences"]!).toBeLessThan(largest);
    }
  });

  it("times cold what reads weights or keys, and hot what works on activations alone", () => {
    for (const jobs of [whole, quick]) {
      const weighty = ["matmul", "attention-prefill", "attention-decode"];
      for (const { variant, cache } of kernels(jobs)) expect(cache).toBe(weighty.includes(variantById(variant).family) ? "cold" : "hot");
      for (const { cache } of layers(jobs)) expect(cache).toBe("cold");
    }
  });

  it("checks on steps of one layer and of several, with the head and in the middle of a prompt", () => {
    const depths = layers(whole).map(({ layer }) => layer.shape["layers"]!);
    expect(Math.min(...depths)).toBeLessThan(Math.max(...depths));
    expect(new Set(layers(whole).map(({ layer }) => layer.shape["vocab"]! > 0))).toEqual(new Set([true, false]));
  });

  it("spreads whole steps among the kernels that they are predicted from, so that what disturbs one disturbs the other", () => {
    for (const jobs of [whole, quick]) {
      const places = jobs.flatMap(({ kind }, at) => (kind === "layer" ? [at] : []));
      const gaps = places.slice(1).map((place, i) => place - places[i]!);
      expect(Math.min(...gaps)).toBeGreaterThan(1);
      expect(kernels(jobs.slice(0, places[0])).length).toBeGreaterThan(0);
    }
  });

  it("compares ways to upload before kernels are timed", () => {
    for (const jobs of [whole, quick]) {
      const uploads = jobs.filter((job) => job.kind === "upload");
      expect(new Set(uploads.map(({ method }) => method)).size).toBeGreaterThanOrEqual(3);
      expect(jobs.indexOf(uploads.at(-1)!)).toBeLessThan(jobs.findIndex(({ kind }) => kind === "kernel"));
    }
  });

  it("measures each linear layer of the model at the same token counts", () => {
    const [first] = layers(whole);
    const sizes = first!.layer.shape as unknown as Parameters<typeof layerLinears>[0];
    const tokensOf = ({ n, k }: { n: number; k: number }) =>
      [...new Set(kernels(whole).flatMap(({ shape }) => (shape["n"] === n && shape["k"] === k ? [shape["m"]!] : [])))].sort(
        (a, b) => a - b,
      );
    const [tokens, ...others] = layerLinears(sizes).map(tokensOf);
    expect(tokens!.length).toBeGreaterThanOrEqual(8);
    for (const other of others) expect(other).toEqual(tokens);
  });
});

describe("which variants an agenda settles on", () => {
  const timedMatmuls = (jobs: readonly Job[], m: number) =>
    new Set(kernels(jobs).flatMap(({ variant, shape }) => (shape["m"] === m ? [variant] : [])));

  it("f16 where a GPU's kernels may use it, else f32", () => {
    const dtypes = (jobs: readonly Job[]) => new Set(layers(jobs).map(({ id }) => id.split(" ")[0]));
    expect(dtypes(follow({ ...gpu, isQuick: true }))).toEqual(new Set(["engine-step/f16"]));
    expect(dtypes(follow({ ...plainGpu, isQuick: true }))).toEqual(new Set(["engine-step/f32"]));
    expect(dtypes(follow({ ...software, isQuick: true }))).toEqual(new Set(["engine-step/f32"]));
  });

  it.each([
    ["a software adapter with subgroups", false, ["subgroups"], "quad-16", "quad"],
    ["a software adapter without", false, [], "thread", "thread"],
    ["a GPU with subgroups", true, ["subgroups"], "subgroup", "subgroup-split-512"],
    ["a GPU without", true, [], "tiled-16x32", "split-256"],
  ])("begins on %s with attention that suits it", (_, isGpu, features, prefill, decode) => {
    const starting = startingChoices("f32", isGpu, features);
    expect(starting).toMatchObject({
      attention_prefill: `attention-prefill/${prefill}-f32`,
      attention_decode: `attention-decode/${decode}-f32`,
    });
    for (const id of [starting.attention_prefill, starting.attention_decode]) {
      expect(variantById(id).needs.filter((feature) => !features.includes(feature))).toEqual([]);
    }
  });

  it("one that is hopeless in the middle is not timed elsewhere", () => {
    const seconds = (variant: string) => (variant === "matmul/tiled-f32" ? 8.1 : 1);
    const control = (variant: string) => (variant === "matmul/tiled-f32" ? 8 : 1);
    expect(timedMatmuls(follow({ ...software, isQuick: false }, { seconds }), 4)).not.toContain("matmul/tiled-f32");
    expect(timedMatmuls(follow({ ...software, isQuick: false }, { seconds: control }), 4)).toContain("matmul/tiled-f32");
  });

  it("one that failed its verification is neither timed nor composed", () => {
    const failing = ["matmul/registers-f32", "matmul/matvec-thread-f32"];
    const jobs = follow({ ...software, isQuick: false }, { failing });
    expect(kernels(jobs).filter(({ variant }) => failing.includes(variant))).toEqual([]);
    for (const { layer } of layers(jobs)) expect(failing).not.toContain(layer.choices.matmul_many);
  });

  it("few tokens end where the variant for many was first faster", () => {
    const seconds = (variant: string, { m = 0 }: Shape) =>
      variant === "matmul/registers-f32" ? 3 : variant === "matmul/matvec-thread-f32" ? (m <= 16 ? 1 : 4) : 9;
    const [layer] = layers(follow({ ...software, isQuick: false }, { seconds }));
    expect(layer!.layer.choices).toMatchObject({
      few_tokens: 16,
      matmul_few: "matmul/matvec-thread-f32",
      matmul_many: "matmul/registers-f32",
    });
  });

  const linear = [1, 16, 64].map((m) => ({ m, n: 8, k: 8 }));
  const compared = { linear, fewUpTo: 16, prefill: { chunk: 1 }, decode: { sequences: 1 } };
  const passed = variants.map(({ id }) => ({ kind: "passed", variant: id, shapes: 1, worst_share_of_bound: 0 }) as const);
  const starting = startingChoices("f32", false, []);

  it("those to begin with where nothing was timed", () => {
    expect(chosenVariants({ verifications: passed, measurements: [] }, starting, "f32", compared)).toEqual(starting);
  });

  it("the one to begin with gives way to another where it failed, and stays where all did, so that its refusal is recorded", () => {
    const verifications = passed.filter(({ variant }) => variant !== starting.attention_decode);
    expect(chosenVariants({ verifications, measurements: [] }, starting, "f32", compared).attention_decode).toBe(
      "attention-decode/direct-f32",
    );
    expect(chosenVariants({ verifications: [], measurements: [] }, starting, "f32", compared)).toEqual(starting);
  });

  it("a variant that was not timed at every size does not win", () => {
    const measurements = [
      ...linear.map((shape) => kernelMeasurement("matmul/tiled-f32", shape, 2)),
      kernelMeasurement("matmul/registers-f32", linear[0]!, 1),
    ];
    expect(chosenVariants({ verifications: passed, measurements }, starting, "f32", compared)).toMatchObject({
      matmul_few: "matmul/tiled-f32",
      matmul_many: "matmul/tiled-f32",
      few_tokens: 64,
    });
  });

  it("the same variant may be fastest for few and for many", () => {
    const measurements = linear.flatMap((shape) => [
      kernelMeasurement("matmul/tiled-f32", shape, 2),
      kernelMeasurement("matmul/registers-f32", shape, 1),
    ]);
    expect(chosenVariants({ verifications: passed, measurements }, starting, "f32", compared)).toMatchObject({
      matmul_few: "matmul/registers-f32",
      matmul_many: "matmul/registers-f32",
    });
  });

  it("none is a contender at a shape where nothing was timed", () => {
    expect(contenders({ verifications: passed, measurements: [] }, ["matmul/tiled-f32"], linear[0]!)).toEqual([]);
  });
});
