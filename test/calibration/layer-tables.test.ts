import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readCsvLines, readTables } from "../../cli/read-tables.ts";
import { layerTables, type LayerTableFiles } from "../../src/calibration/layer-tables.ts";
import type { TableLine } from "../../src/calibration/table-line.ts";
import type { LayerTables, StepOverhead } from "../../src/calibration/step-curve.ts";
import { curveSeconds, decodeWork, type StepWork } from "../../src/calibration/step-seconds.ts";
import { sharedFileOrNull } from "../data.ts";
import { messageOf } from "../message-of.ts";
import { runs } from "../runs.ts";

const noOverhead: StepOverhead = { seconds: 0, origin: "given", source: "the test" };
const LAYERS = 3;
const blockLayers = ["layernorm", "qkv_proj", "rotary_emb", "o_proj", "gate_up_proj", "act_fn", "down_proj"];

/** Times in µs that are linear in every size, so that interpolation is exact everywhere. */
const denseTime = (tokens: number) => 10 + 2 * tokens;
const headTime = (sequences: number) => 100 + 3 * sequences;
const attentionTime = (chunk: number, cached: number, sequences: number, context: number) =>
  5 + 0.5 * chunk + 0.01 * chunk * cached + 2 * sequences + 0.25 * sequences * context;

const lines = (text: string, name: string): TableLine[] => readCsvLines(text, name);
const dense = [...blockLayers, "embedding", "final_layernorm"].flatMap((layer) =>
  [1, 8, 64].map((tokens) => `${layer},${tokens},${denseTime(tokens)}`),
);
const perSequence = ["lm_head", "sampler"].flatMap((layer) => [1, 16].map((n) => `${layer},${n},${headTime(n)}`));
const attention = [0, 16, 32].flatMap((chunk) =>
  (chunk === 0 ? [0] : [0, 64]).flatMap((cached) =>
    [0, 1, 4, 16].flatMap((sequences) =>
      sequences === 0
        ? chunk === 0
          ? []
          : [[chunk, cached, 0, 0, attentionTime(chunk, cached, 0, 0)].join()]
        : [16, 128, 1024].map((context) => [chunk, cached, sequences, context, attentionTime(chunk, cached, sequences, context)].join()),
    ),
  ),
);
const files = (changes: Partial<Record<"dense" | "perSequence" | "attention", string[]>> = {}): LayerTableFiles => ({
  dense: lines(["layer,tokens,time_us", ...(changes.dense ?? dense)].join("\n"), "dense.csv"),
  perSequence: lines(["layer,sequences,time_us", ...(changes.perSequence ?? perSequence)].join("\n"), "per_sequence.csv"),
  attention: lines(
    ["prefill_chunk,kv_prefill,n_decode,kv_decode,time_us", ...(changes.attention ?? attention)].join("\n"),
    "attention.csv",
  ),
  skew: null,
});
const curve = layerTables(files(), LAYERS, noOverhead).curve;

const mixed = (chunk: number, cached: number, sequences: number, context: number): StepWork => ({
  ...decodeWork(sequences, context),
  tokens: chunk + sequences,
  prefillSequences: chunk > 0 ? 1 : 0,
  prefillPairs: chunk * cached + (chunk * (chunk + 1)) / 2,
});
const trueSeconds = (chunk: number, cached: number, sequences: number, context: number, outputs: number) =>
  1e-6 *
  ((2 + LAYERS * 8) * denseTime(chunk + sequences) +
    (outputs > 0 ? 2 * headTime(outputs) : 0) +
    LAYERS * attentionTime(chunk, cached, sequences, context));

describe("layer tables whose times are linear in every size", () => {
  it.each([
    [0, 0, 1, 16],
    [0, 0, 16, 1024],
    [0, 0, 9, 700],
    [16, 0, 4, 128],
    [16, 64, 1, 16],
    [32, 64, 16, 1024],
    [24, 40, 7, 333],
  ])("give the very time at chunk %i behind %i keys with %i decoding at %i", (chunk, cached, sequences, context) => {
    const seconds = curveSeconds(curve, mixed(chunk, cached, sequences, context));
    expect(seconds).toBeCloseTo(trueSeconds(chunk, cached, sequences, context, sequences), 12);
  });

  it("add the CPU's overhead to every step", () => {
    const with2ms = layerTables(files(), LAYERS, { ...noOverhead, seconds: 2e-3 }).curve;
    expect(curveSeconds(with2ms, decodeWork(4, 100)) - curveSeconds(curve, decodeWork(4, 100))).toBeCloseTo(2e-3, 12);
  });

  it("go on with the last slope above the last point, and count as extrapolated there", () => {
    expect(curveSeconds(curve, decodeWork(16, 2048))).toBeCloseTo(trueSeconds(0, 0, 16, 2048, 16), 12);
    expect(curve.valid).toEqual({ tokens: [1, 64], prefill_context: [1, 96], decode_sequences: [1, 16], decode_context: [1, 1024] });
  });

  it("know no error of interpolation", () => {
    expect(curve.error).toMatchObject({ kind: "checked", p90_abs: expect.closeTo(0, 9) });
  });
});

describe("uneven contexts", () => {
  const skewed: LayerTables = {
    ...curve,
    skew: {
      default_share: 0,
      mean_of_longest: [0.5],
      longest: [512],
      cached: [0],
      cells: [{ chunk: 0, sequences: 4, bins: [1, 1, 0], share: 0.5 }],
    },
  };
  const at = (longest: number) => curveSeconds(skewed, { ...decodeWork(4, 800), decodeContext: longest });

  it("take the share of the way from the mean's time to the longest's that their cell says", () => {
    const even = curveSeconds(curve, decodeWork(4, 800));
    const longest = curveSeconds(curve, decodeWork(4, 1000));
    expect(at(1000)).toBeCloseTo(even + 0.5 * (longest - even), 12);
    expect(at(800)).toBe(even);
  });

  it("have the default share where no cell was measured", () => {
    expect(at(4000)).toBe(curveSeconds(curve, decodeWork(4, 800)));
  });
});

it("between measured points a time is never below the smallest corner, nor above the largest, whatever the times", () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 1, max: 1000, noNaN: true }), { minLength: 9, maxLength: 9 }),
      fc.integer({ min: 1, max: 16 }),
      fc.integer({ min: 16, max: 1024 }),
      (times, sequences, context) => {
        const rows = [1, 4, 16].flatMap((n, i) => [16, 128, 1024].map((k, j) => `0,0,${n},${k},${times[3 * i + j]}`));
        const own = layerTables(files({ attention: rows }), 1, noOverhead).curve;
        const rest =
          curveSeconds(curve, decodeWork(sequences, context)) -
          1e-6 * (LAYERS * attentionTime(0, 0, sequences, context) + (LAYERS - 1) * 8 * denseTime(sequences));
        const attentionOnly = 1e6 * (curveSeconds(own, decodeWork(sequences, context)) - rest);
        expect(attentionOnly).toBeGreaterThan(Math.min(...times) - 1e-6);
        expect(attentionOnly).toBeLessThan(Math.max(...times) + 1e-6);
      },
    ),
    runs(100),
  );
});

describe("a bad table", () => {
  const refused = (changes: Parameters<typeof files>[0]) => messageOf(() => layerTables(files(changes), LAYERS, noOverhead));
  it("is refused with place, rule, value and next step", () => {
    expect([
      refused({ dense: dense.filter((line) => !line.startsWith("o_proj,8,")) }),
      refused({ dense: dense.filter((line) => !line.startsWith("act_fn,")) }),
      refused({ dense: [...dense, "moe_gate,1,5"] }),
      refused({ dense: [...dense, dense[0]!] }),
      refused({ dense: dense.map((line) => line.replace(/,64,.*$/u, ",64,1")) }),
      refused({ attention: attention.filter((line) => !line.startsWith("16,64,4,128")) }),
      refused({ attention: attention.filter((line) => !line.startsWith("16,0,0,0")) }),
      refused({ attention: attention.filter((line) => !line.startsWith("0,")) }),
      refused({ perSequence: ["lm_head,1,-4", "sampler,1,2"] }),
      refused({ perSequence: ["lm_head,1.5,4"] }),
    ]).toMatchInlineSnapshot(`
      [
        "InputError: dense.csv: has a hole: expected a time for o_proj at 8 tokens, which other layers have, got none. Profile this point again, or take its line and all others of its size out.",
        "InputError: dense.csv: expected times of act_fn, got none. Give the whole table: every layer of the model.",
        "InputError: dense.csv: line 29: layer: expected one of embedding, layernorm, qkv_proj, rotary_emb, o_proj, gate_up_proj, act_fn, down_proj, final_layernorm, got "moe_gate". This table's model is none that is composed so.",
        "InputError: dense.csv: line 29: expected one time for layernorm at 1 tokens, got a second. Leave one of them out.",
        "InputError: dense.csv: tokens 8 to 64: expected no time that falls by more than half as work grows, got 676.0 then 26.00 µs. Profile this point again, or take its line and all others of its size out.",
        "InputError: attention.csv: has a hole: expected a time for prefill_chunk 16, kv_prefill 64, n_decode 4, kv_decode 128, which other sequences there have, got none. Profile this point again, or take its line and all others of its size out.",
        "InputError: attention.csv: has a hole: expected a time for prefill_chunk 16, kv_prefill 0, n_decode 0, which this chunk has elsewhere, got none. Profile this point again, or take its line and all others of its size out.",
        "InputError: attention.csv: has a hole: expected a time for prefill_chunk 0, a step that only decodes, got none. Profile this point again, or take its line and all others of its size out.",
        "InputError: per_sequence.csv: line 2: time_us: expected microseconds above 0, got "-4". Profile this point again, or take its line and all others of its size out.",
        "InputError: per_sequence.csv: line 2: sequences: expected a whole number, 0 or above, got "1.5". Profile this point again, or take its line and all others of its size out.",
      ]
    `);
  });

  it("has a note where times fall by more than 5 % as work grows, and none where they fall by less", () => {
    const changed = (factor: number) =>
      attention.map((line) => line.replace(/^(0,0,4,1024),(.*)$/u, (_, at: string, time: string) => `${at},${Number(time) * factor}`));
    const at128 = attentionTime(0, 0, 4, 128) / attentionTime(0, 0, 4, 1024);
    expect(layerTables(files({ attention: changed(at128 * 0.96) }), LAYERS, noOverhead).notes).toEqual([]);
    expect(layerTables(files({ attention: changed(at128 * 0.94) }), LAYERS, noOverhead).notes).toMatchInlineSnapshot(`
      [
        "Times fall by more than 5 % although work grows at 1 of 50 pairs of neighbours in attention, most by 6 % (chunk 0, 4 decoding, context 128 to 1024): taken as measured.",
      ]
    `);
  });
});

const meta = sharedFileOrNull("validation", "rtxpro6000-llama-3.1-8b-vllm-0.19", "profile", "meta.yaml");
describe.skipIf(meta === null)("the layer tables of a real vLLM", () => {
  const folder = dirname(meta ?? "");
  it("are those of one GPU: its output head reads all of its weights at less than the card's bandwidth", () => {
    const { files: real, engine } = readTables(folder, "/", 1);
    const { curve: step } = layerTables(real, 32, noOverhead);
    const bytes = 128_256 * 4096 * 2;
    expect(engine).toBe("vllm 0.19.0");
    expect(bytes / (step.head.seconds[0]! * 1e12)).toBeGreaterThan(1.2);
    expect(bytes / (step.head.seconds[0]! * 1e12)).toBeLessThan(1.8);
  });

  it("come back at every measured point of a decoding step", () => {
    const { files: real } = readTables(folder, "/", 1);
    const { curve: step } = layerTables(real, 32, noOverhead);
    const rest = (n: number) =>
      curveSeconds(
        { ...step, attention: { chunk: [0], cached: [0], sequences: [1], context: [1], seconds: [0] }, skew: null },
        decodeWork(n, 1),
      );
    for (const line of readFileSync(`${folder}/attention.csv`, "utf8").split("\n").slice(1, 172)) {
      const [, , n = 0, context = 0, time = 0] = line.split(",").map(Number);
      expect(curveSeconds(step, decodeWork(n, context)) - rest(n)).toBeCloseTo(32e-6 * time, 9);
    }
  });

  it("are not there for a degree that has no folder", () => {
    expect(messageOf(() => readTables(folder, "/", 2)).replace(folder, "<folder>")).toMatchInlineSnapshot(
      `"InputError: <folder>: tp2: is not there. Without a folder of their own, tables are those of one GPU: --tp 1."`,
    );
  });
});
