import { describe, expect, it } from "vitest";
import { dtypeOf, engineStep, variantById, variants, variantsOf } from "../../kernels/index.ts";
import type { Shape } from "../../kernels/kernel.ts";
import { layerLinears } from "../../kernels/layer/linears.ts";
import { agenda, type AgendaOptions } from "../../src/profile/agenda.ts";
import { chosenFor, chosenIds, type LayerChoices } from "../../kernels/layer/choices.ts";
import { candidatesAt, chosenVariants, defaultAmong, isForDevice, startingChoices } from "../../src/profile/choose.ts";
import type { Findings, Job, TuneJob } from "../../src/profile/jobs.ts";
import type { Tuning } from "../../src/profile/measurements/tuning.ts";
import { isRoofFamily } from "../../src/profile/roofline.ts";
import { kernelJob } from "../../src/profile/timed-jobs.ts";
import type { Cache } from "../../src/profile/measurements/timing.ts";
import type { Measurement, MeasurementOf } from "../../src/profile/schema.ts";
import { coldStart } from "../calibration/synthetic.ts";

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
    timing: {
      kind: "gpu-timestamp",
      samples_s: Array<number>(6).fill(seconds),
      runs_per_sample: 1,
      dropped: 0,
      throttled: 0,
      visits: [],
      process_noise: null,
      stopping: null,
    },
  };
};

/** What a race finds where a kernel takes as long as `seconds` says. */
const raced = (
  { id, family, dtype, shape, cache, candidates, default: standard }: TuneJob,
  seconds: (variant: string, shape: Shape) => number,
): Tuning => {
  const order = [...candidates].sort((a, b) => seconds(a, shape) - seconds(b, shape));
  const [fastest = standard, second = null] = order;
  return {
    kind: "tuning",
    id,
    family,
    dtype,
    shape: { ...shape },
    cache,
    default: standard,
    choice: seconds(fastest, shape) < seconds(standard, shape) ? fastest : standard,
    runner_up: second,
    candidates: order.map((variant) => ({
      variant,
      version: variantById(variant).version,
      rounds: 1,
      race_s: [seconds(variant, shape)],
      fresh_s: null,
    })),
    reused_from: null,
  };
};

/** Does the first process's part of an agenda: every variant passes but those named, and a kernel takes as long as `seconds` says. */
const follow = (...device: Parameters<typeof followAll>) => followAll(...device).filter(({ process = 0 }) => process === 0);

/** The same in all processes. */
const followAll = (
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
      if (job.kind === "tune") measurements.push(raced(job, seconds));
      if (job.kind === "warm-up") measurements.push({ kind: "warm-up", id: job.id, starts: [coldStart()], missing: null });
      if (job.kind === "compile") {
        const runs = job.pending.map((pending) => ({ pipelines: "cold" as const, pending, each_s: [1], total_s: 1 }));
        measurements.push({ kind: "compile", id: job.id, kernels: 1, runs, missing: null });
      }
      if (job.kind === "kernel") {
        measurements.push({ ...kernelMeasurement(job.variant, job.shape, seconds(job.variant, job.shape), job.cache), id: job.id });
      }
    }
  }
  return jobs;
};

const software = { adapter: { features: ["timestamp-query", "subgroups"] }, isGpu: false };
const gpu = { adapter: { features: ["timestamp-query", "subgroups", "shader-f16"] }, isGpu: true };
const matrixGpu = {
  adapter: { features: ["timestamp-query", "subgroups", "shader-f16", "chromium-experimental-subgroup-matrix"] },
  isGpu: true,
};
const plainGpu = { adapter: { features: [] }, isGpu: true };
const devices = [
  ["a software adapter", software],
  ["a GPU with f16", gpu],
  ["a GPU with matrix units", matrixGpu],
  ["a GPU without any feature", plainGpu],
] as const;

const kernels = (jobs: readonly Job[]) => jobs.filter((job) => job.kind === "kernel");
const layers = (jobs: readonly Job[]) => jobs.filter((job) => job.kind === "layer");
const ids = (jobs: readonly Job[]) => jobs.map(({ id }) => id);
const tunes = (jobs: readonly Job[]) => jobs.filter((job) => job.kind === "tune");
/** What a layer is composed of at its own batch. */
const composedOf = ({ shape, choices }: { readonly shape: Shape; readonly choices: LayerChoices }): string[] => {
  const { prefill_tokens = 0, prefill_context = 0, decode_sequences = 0, decode_context = 0 } = shape;
  const linears = layerLinears(shape as unknown as Parameters<typeof layerLinears>[0]);
  return [
    ...linears.map(({ n, k }) => chosenFor(choices.matmul, { m: prefill_tokens + decode_sequences, n, k })),
    ...(prefill_tokens === 0 ? [] : [chosenFor(choices.attention_prefill, { chunk: prefill_tokens, context: prefill_context })]),
    ...(decode_sequences === 0 ? [] : [chosenFor(choices.attention_decode, { sequences: decode_sequences, context: decode_context })]),
  ];
};

/** Weights that no step is made of. */
const OTHER_FORMATS = ["matmul-f16w", "matmul-q4"];

describe.each(devices)("the agenda of %s", (_, device) => {
  const whole = follow({ ...device, isQuick: false });
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
      expect(() => engineStep(dtypeOf(layer.choices), layer.choices).run(layer.shape)).not.toThrow();
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
      expect([...timed]).toEqual(expect.arrayContaining(composedOf(layer)));
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
    expect([...families].filter((family) => family !== "matrix-multiply-add" && !OTHER_FORMATS.includes(family)).sort()).toEqual([
      "attention-decode",
      "attention-prefill",
      "copy",
      "greedy-head",
      "matmul",
      "multiply-add",
      "read",
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

  it("makes starts of every kind in each of three processes, and in no more of them", () => {
    const all = followAll({ ...device, isQuick: false });
    for (const kind of ["warm-up", "compile"] as const) {
      const jobs = all.filter((job) => job.kind === kind);
      expect(jobs.map(({ process = 0 }) => process)).toEqual([0, 1, 2]);
    }
    for (const job of all) {
      if (job.kind !== "warm-up") continue;
      expect(Math.min(job.launches, job.restarts, job.devices, job.pipelines, job.nothing)).toBeGreaterThanOrEqual(1);
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

  it("finds each roof with every variant that is right, and in a quick run with fewer, of every kind that the device can run", () => {
    const roofs = variants.filter(({ family }) => isRoofFamily(family));
    const timed = (jobs: readonly Job[]) =>
      new Set(kernels(jobs).flatMap(({ variant }) => (roofs.some(({ id }) => id === variant) ? [variant] : [])));
    const features: readonly string[] = device.adapter.features;
    const can = roofs.filter(({ needs }) => needs.every((need) => features.includes(need)));
    expect([...timed(whole)].sort()).toEqual(can.map(({ id }) => id).sort());
    const kinds = new Set(can.map(({ family, dtype }) => `${family} ${dtype}`));
    expect(new Set([...timed(quick)].map((id) => `${variantById(id).family} ${variantById(id).dtype}`))).toEqual(kinds);
    expect(timed(quick).size).toBeLessThan(timed(whole).size);
  });

  it("looks for the roofs in every part of the run, each time at another size, so that a slow spell makes none of them low", () => {
    const copies = kernels(whole).filter(({ variant }) => variantById(variant).family === "copy");
    expect(new Set(copies.map(({ shape }) => shape["length"])).size).toBe(4);
    const places = whole.flatMap((job, at) => (job.kind === "kernel" && variantById(job.variant).family === "copy" ? [at] : []));
    const first = whole.findIndex(({ kind }) => kind === "kernel");
    expect(places[0]! - first).toBeLessThan((whole.length - first) / 3);
    expect(places.at(-1)! - first).toBeGreaterThan((whole.length - first) / 2);
    const again = follow({ ...device, isQuick: false }, { seconds: (variant) => (variant === "copy/vec4x4" ? 1 : 2) });
    const repeated = kernels(again).filter(
      ({ variant, shape }) => variant.startsWith("copy/") && shape["length"] !== copies[0]!.shape["length"],
    );
    expect(new Set(repeated.map(({ variant }) => variant))).toEqual(new Set(["copy/vec4x4"]));
  });

  it("times cold what reads weights or keys, and hot what works on activations alone, but for one matmul in both", () => {
    for (const jobs of [whole, quick]) {
      const weighty = ["matmul", ...OTHER_FORMATS, "attention-prefill", "attention-decode", "copy", "read"];
      const both = kernels(jobs).filter(({ id, cache }) => cache === "hot" && ids(jobs).includes(id.replace(/hot$/u, "cold")));
      expect(both.map(({ variant, shape }) => [variantById(variant).family, shape["m"]])).toEqual(jobs === quick ? [] : [["matmul", 1]]);
      for (const { id, variant, cache } of kernels(jobs)) {
        if (both.some((job) => job.id === id)) continue;
        expect(cache).toBe(weighty.includes(variantById(variant).family) ? "cold" : "hot");
      }
      for (const { cache } of layers(jobs)) expect(cache).toBe("cold");
    }
  });

  it("times weights in other formats, for one token and for a batch, in a whole run alone", () => {
    const tokens = (jobs: readonly Job[]) =>
      kernels(jobs).flatMap(({ variant, shape }) => (OTHER_FORMATS.includes(variantById(variant).family) ? [shape["m"]!] : []));
    expect(Math.min(...tokens(whole))).toBe(1);
    expect(Math.max(...tokens(whole))).toBeGreaterThan(8);
    expect(tokens(quick)).toEqual([]);
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

const passedAll = variants.map(({ id }) => ({ kind: "passed", variant: id, shapes: 1, worst_share_of_bound: 0 }) as const);

describe("further processes", () => {
  const secondsIn = (noise: number) => {
    let seen = 0;
    return () => 1 + noise * Math.sin(seen++);
  };
  const processesOf = (jobs: readonly Job[]) => new Set(jobs.map(({ process = 0 }) => process)).size;

  it("measure again what the first one measured, each under an id of its own", () => {
    const jobs = followAll({ ...software, isQuick: false });
    const first = new Set(jobs.filter(({ process = 0 }) => process === 0).map(({ id }) => id));
    const second = jobs.filter(({ process }) => process === 1);
    expect(second.length).toBeGreaterThan(60);
    for (const { id } of second) expect(first).toContain(id.replace(/ process=2$/, ""));
    expect(new Set(jobs.map(({ id }) => id)).size).toBe(jobs.length);
  });

  it("keep to the variants that the first one settled on, whatever they find", () => {
    const favourite = variantsOf("matmul").find(({ id, dtype }) => dtype === "f32" && id.includes("registers"))!.id;
    let process = 0;
    // What is fastest in the first process is slowest in every other.
    const seconds = (variant: string) => ((variant === favourite) === (process === 0) ? 1 : 2);
    const found = { verifications: passedAll, measurements: [] as Measurement[] };
    const used: Set<string>[] = [];
    for (const stage of agenda({ ...software, isQuick: false })) {
      const jobs = stage(found);
      process = jobs[0]?.process ?? 0;
      found.measurements.push(
        ...tunes(jobs).map((job) => raced(job, seconds)),
        ...kernels(jobs).map(({ id, variant, shape, cache }) => ({ ...kernelMeasurement(variant, shape, seconds(variant), cache), id })),
      );
      if (process > 0) used.push(new Set(kernels(jobs).map(({ variant }) => variant)));
    }
    const [second, ...others] = used;
    expect(second).toContain(favourite);
    // Later ones time weights in other formats besides.
    for (const other of others) expect([...other]).toEqual(expect.arrayContaining([...second!]));
  });

  it("are three where processes agree, and more the more they differ", () => {
    const agreeing = followAll({ ...software, isQuick: false });
    const differing = followAll({ ...software, isQuick: false }, { seconds: secondsIn(0.2) });
    expect(processesOf(agreeing)).toBe(3);
    expect(processesOf(differing)).toBeGreaterThan(3);
  });

  it("are none in a quick run", () => {
    expect(processesOf(followAll({ ...software, isQuick: true }))).toBe(1);
  });
});

describe("which variants an agenda settles on", () => {
  it("f16 where a GPU's kernels may use it, else f32", () => {
    const dtypes = (jobs: readonly Job[]) => new Set(layers(jobs).map(({ id }) => id.split(" ")[0]));
    expect(dtypes(follow({ ...gpu, isQuick: true }))).toEqual(new Set(["engine-step/f16"]));
    expect(dtypes(follow({ ...plainGpu, isQuick: true }))).toEqual(new Set(["engine-step/f32"]));
    expect(dtypes(follow({ ...software, isQuick: true }))).toEqual(new Set(["engine-step/f32"]));
  });

  it("races them where they suit, and none in a quick run", () => {
    const races = tunes(follow({ ...software, isQuick: false }));
    expect(new Set(races.map(({ family }) => family))).toEqual(new Set(["matmul", "attention-decode", "attention-prefill"]));
    for (const { candidates, default: standard, shape } of races) {
      expect(candidates).toContain(standard);
      for (const variant of candidates) expect(variantById(variant).suits?.(shape) ?? true).toBe(true);
    }
    expect(tunes(follow({ ...software, isQuick: true }))).toEqual([]);
  });

  it("the fastest at each token count, which then stands for those nearest", () => {
    const [one = "", another = ""] = variantsOf("matmul").flatMap((variant) =>
      variant.dtype === "f32" && isForDevice(variant, false) && (variant.suits?.({ m: 16, n: 64, k: 64 }) ?? true) ? [variant.id] : [],
    );
    const seconds = (variant: string, { m = 0 }: Shape) => (variant === (m <= 16 ? one : another) ? 1 : 2);
    const [layer] = layers(follow({ ...software, isQuick: false }, { seconds }));
    const sizes = { n: 512, k: 256 };
    const { matmul } = layer!.layer.choices;
    expect([12, 16, 20].map((m) => chosenFor(matmul, { m, ...sizes }))).toEqual([one, one, one]);
    expect(chosenFor(matmul, { m: 400, ...sizes })).not.toBe(one);
  });

  it("one that failed its verification is neither raced nor timed nor composed", () => {
    const failing = chosenIds(startingChoices("f32", false, software.adapter.features)).filter((id) => id.startsWith("matmul/"));
    const jobs = follow({ ...software, isQuick: false }, { failing });
    expect(failing.length).toBeGreaterThan(0);
    expect(tunes(jobs).flatMap(({ candidates }) => candidates.filter((variant) => failing.includes(variant)))).toEqual([]);
    expect(kernels(jobs).filter(({ variant }) => failing.includes(variant))).toEqual([]);
    for (const { layer } of layers(jobs)) expect(chosenIds(layer.choices).filter((id) => failing.includes(id))).toEqual([]);
  });

  it("leaves kernels with barriers to GPUs", () => {
    const racedOn = (device: Omit<AgendaOptions, "isQuick">) =>
      new Set(tunes(follow({ ...device, isQuick: false })).flatMap(({ candidates }) => candidates));
    const hasBarrier = (id: string) => {
      const { run, verificationShapes } = variantById(id);
      return verificationShapes.some((shape) => run(shape).dispatches.some(({ wgsl }) => wgsl.includes("workgroupBarrier")));
    };
    expect([...racedOn(software)].filter(hasBarrier)).toEqual([]);
    expect([...racedOn(gpu)].filter(hasBarrier).length).toBeGreaterThan(5);
  });

  it("leaves kernels made for software adapters alone on a GPU, which would compile them for long", () => {
    const verified = follow({ ...gpu, isQuick: false }).flatMap((job) => (job.kind === "verify" ? [variantById(job.variant)] : []));
    expect(verified.filter(({ family }) => family === "matmul-q4").length).toBeGreaterThan(3);
    expect(verified.filter(({ madeFor }) => madeFor === "software").map(({ id }) => id)).toEqual([]);
  });

  it("what an earlier run chose is not raced again", () => {
    const device = { ...software, isQuick: false };
    const [first, ...others] = tunes(follow(device));
    const tune = agenda(device)[2]!;
    const found: Findings = { verifications: passedAll, measurements: [raced(first!, () => 1)] };
    expect(ids(tune(found))).toEqual(expect.arrayContaining(ids(others)));
    expect(ids(tune(found))).not.toContain(first!.id);
  });

  const starting = startingChoices("f32", false, []);

  it("those to begin with where nothing was tuned", () => {
    expect(chosenVariants({ verifications: passedAll, measurements: [] }, starting, "f32")).toEqual(starting);
  });

  it("the one to begin with gives way to another where it failed, and stays where all did, so that its refusal is recorded", () => {
    const [{ variant } = { variant: "" }] = starting.attention_decode;
    const verifications = passedAll.filter((passed) => passed.variant !== variant);
    const [instead] = chosenVariants({ verifications, measurements: [] }, starting, "f32").attention_decode;
    expect(instead?.variant).not.toBe(variant);
    expect(variantById(instead!.variant)).toMatchObject({ family: "attention-decode", dtype: "f32" });
    expect(chosenVariants({ verifications: [], measurements: [] }, starting, "f32")).toEqual(starting);
  });

  it("the one to beat is that to begin with, or where it is no candidate the first that is", () => {
    const shape = { m: 16, n: 64, k: 64 };
    const candidates = candidatesAt({ verifications: passedAll, measurements: [] }, "matmul", "f32", shape);
    const standard = chosenFor(starting.matmul, shape);
    expect(defaultAmong(candidates, starting.matmul, shape)).toBe(standard);
    expect(
      defaultAmong(
        candidates.filter((id) => id !== standard),
        starting.matmul,
        shape,
      ),
    ).not.toBe(standard);
    expect(defaultAmong([], starting.matmul, shape)).toBeNull();
  });
});
