import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { readAnchor } from "../../cli/read-anchors.ts";
import { anchorModel } from "../../src/calibration/anchors/apply.ts";
import type { AnchorPoint } from "../../src/calibration/anchors/point.ts";
import { curveSeconds, decodeWork, prefillWork } from "../../src/calibration/step-seconds.ts";
import { isAnchored, whoseSpeed } from "../../src/calibration/whose-speed.ts";
import type { NativeMatmul, NativeReference } from "../../src/profile/native-reference.ts";
import { freshFolder } from "../cli/folder.ts";
import { deviceModel } from "../fixtures.ts";
import { messageOf } from "../message-of.ts";
import { kernelOf, profileOf } from "./synthetic.ts";

const folder = freshFolder();
const read = (text: string) => {
  writeFileSync(join(folder.path, "anchor"), text);
  return readAnchor("anchor", folder.path);
};

const bench = {
  backend: "vllm",
  model_id: "meta-llama/Llama-3.1-8B",
  request_rate: "inf",
  max_concurrency: 32,
  duration: 100,
  completed: 200,
  total_input_tokens: 200_000,
  total_output_tokens: 40_000,
  median_ttft_ms: 480,
  median_tpot_ms: 80,
};
const llama = [
  { build_commit: "abc", model_type: "llama 8B F16", n_prompt: 512, n_gen: 0, n_depth: 0, avg_ts: 10_240 },
  { build_commit: "abc", model_type: "llama 8B F16", n_prompt: 0, n_gen: 128, n_depth: 4096, avg_ts: 50 },
  { build_commit: "abc", model_type: "llama 8B F16", n_prompt: 512, n_gen: 128, avg_ts: 300 },
];

const REFERENCE: NativeReference = {
  tool: "cuda",
  device: "Imagined GPU",
  driver: "13.0",
  library: "cuBLAS 13.1",
  host_to_device: [{ bytes: 2 ** 30, chunk_bytes: 2 ** 24, samples_s: [2 ** 30 / 50e9], verified: true }],
  device_to_device: [],
  matmuls: [],
  notes: [],
};
const nativeMatmul = (dtype: NativeMatmul["dtype"], m: number, n: number, k: number, seconds: number): NativeMatmul => ({
  dtype,
  m,
  n,
  k,
  samples_s: [seconds],
  runs_per_sample: 4,
  weight_copies: 2,
  worst_share_of_bound: 0.1,
});

describe("an anchor's file is told by what stands in it", () => {
  it("vllm bench serve: sequences by Little's law, context in the middle of the output; alone also a prompt", () => {
    expect(read(JSON.stringify(bench)).points).toMatchObject([
      { curve: "decode", engine: "vllm", sequences: 32, context: 1100, seconds: 0.08 },
    ]);
    expect(read(JSON.stringify({ ...bench, max_concurrency: 1 })).points).toMatchObject([
      { curve: "decode", sequences: 1 },
      { curve: "prefill", tokens: 1000, seconds: 0.48 },
    ]);
  });

  it("llama-bench as JSON, CSV and Markdown: the same points, and none of a test with one rate for two things", () => {
    const points = [
      { curve: "prefill", engine: "llama.cpp", tokens: 512, seconds: 0.05 },
      { curve: "decode", engine: "llama.cpp", sequences: 1, context: 4160, seconds: 0.02 },
    ];
    const csv = ["build_commit,n_prompt,n_gen,n_depth,avg_ts", '"abc","512","0","0","10240.0"', '"abc","0","128","4096","50.0"'].join("\n");
    const table = [
      "| model         |       size | backend | ngl |            test |                  t/s |",
      "| ------------- | ---------: | ------- | --: | --------------: | -------------------: |",
      "| llama 8B F16  |  14.96 GiB | CUDA    |  99 |           pp512 |     10240.00 ± 12.34 |",
      "| llama 8B F16  |  14.96 GiB | CUDA    |  99 |   tg128 @ d4096 |         50.00 ± 0.10 |",
    ].join("\n");
    expect(read(JSON.stringify(llama)).points).toMatchObject(points);
    expect(read(csv).points).toMatchObject(points);
    expect(read(table).points).toMatchObject(points);
  });

  it("nvbandwidth as JSON and text: the mean over GPUs, cells without a number aside", () => {
    const testcases = [
      { name: "device_to_host_memcpy_ce", status: "Passed", bandwidth_matrix: [["9.0"]] },
      { name: "host_to_device_memcpy_ce", status: "Passed", bandwidth_matrix: [["50.0", "N/A", "54.0"]] },
    ];
    const text = [
      "Running host_to_device_memcpy_ce.",
      "memcpy CE CPU(row) -> GPU(column) bandwidth (GB/s)",
      "           0         1",
      " 0     50.00     54.00",
      "",
      "SUM host_to_device_memcpy_ce 104.00",
    ].join("\n");
    for (const output of [JSON.stringify({ nvbandwidth: { testcases } }), text])
      expect(read(output).points).toMatchObject([{ curve: "load", bandwidth: 52e9 }]);
  });

  it("a vLLM's log: how long its start took", () => {
    const line = "INFO [core.py:259] init engine (profile, create kv cache, warmup model) took 107.64 seconds";
    expect(read(`${line}\n`).points).toMatchObject([{ curve: "warm-up", engine: "vllm", seconds: 107.64 }]);
  });

  it("a profile with a native reference, gzipped or not: the link, and WebGPU's matmuls beside the library's of the same shape and type", () => {
    const matmuls = [
      [1, 4096, 4096, 4],
      [512, 4096, 4096, 2],
      [512, 4096, 14336, 3],
    ] as const;
    const profile = profileOf(
      matmuls.map(([m, n, k]) => kernelOf("matmul", "f16", { m, n, k }, 1e-3)),
      {
        native_reference: {
          ...REFERENCE,
          matmuls: [
            ...matmuls.map(([m, n, k, faster]) => nativeMatmul("f16", m, n, k, 1e-3 / faster)),
            nativeMatmul("f16", 8192, 8192, 8192, 1e-3), // WebGPU's was not measured
            nativeMatmul("bf16", 1, 4096, 4096, 1e-9),
          ],
        },
      },
    );
    const engine = "the matmuls of cuBLAS 13.1";
    const expected = [
      { curve: "load", engine: "CUDA", bandwidth: 50e9 },
      { curve: "matmul", engine, tokens: 1, ratio: expect.closeTo(1 / 4, 9) },
      { curve: "matmul", engine, tokens: 512, ratio: expect.closeTo(1 / 2, 9) },
      { curve: "matmul", engine, tokens: 512, ratio: expect.closeTo(1 / 3, 9) },
    ];
    expect(read(JSON.stringify(profile)).points).toMatchObject(expected);
    writeFileSync(join(folder.path, "anchor.json.gz"), gzipSync(JSON.stringify(profile)));
    const { points, notes } = readAnchor("anchor.json.gz", folder.path);
    expect(points).toMatchObject(expected);
    expect(notes.at(-1)).toContain("gain as much was not measured");
    expect(messageOf(() => read(JSON.stringify({ ...profile, native_reference: null })))).toMatchInlineSnapshot(
      `"InputError: anchor: native_reference: expected the GPU measured without a browser, got none. Give another anchor."`,
    );
  });

  it("anything else is refused", () => {
    expect([messageOf(() => read("hello")), messageOf(() => read("{}")), messageOf(() => read(JSON.stringify({ ...bench, completed: 0 })))])
      .toMatchInlineSnapshot(`
      [
        "InputError: anchor: expected a result of vllm bench serve (--save-result), llama-bench, nvbandwidth, the log of a starting vLLM, or a profile with a native reference; it is none of them. Give the tool's own file, unchanged.",
        "InputError: anchor: expected a result of vllm bench serve (--save-result), llama-bench, nvbandwidth, the log of a starting vLLM, or a profile with a native reference; it is none of them. Give the tool's own file, unchanged.",
        "InputError: anchor: completed: expected number to be >=1, got 0. Run vllm bench serve --save-result again, and give its file.",
      ]
    `);
  });
});

describe("an anchored model", () => {
  const model = deviceModel();
  const decodeAt = (sequences: number, factor: number): AnchorPoint => ({
    curve: "decode",
    engine: "vllm",
    source: `decode ${sequences}`,
    sequences,
    context: 1000,
    seconds: factor * curveSeconds(model.step, decodeWork(sequences, 1000)),
  });
  const prefillAt = (tokens: number, factor: number): AnchorPoint => ({
    curve: "prefill",
    engine: "vllm",
    source: `prefill ${tokens}`,
    tokens,
    seconds: factor * curveSeconds(model.step, prefillWork(tokens)),
  });
  const anchored = (...points: AnchorPoint[]) => anchorModel(model, [{ points, notes: [] }]);

  it("gives back the points it was anchored to, when one factor made them", () => {
    const after = anchored(decodeAt(8, 0.5), decodeAt(64, 0.5), prefillAt(2048, 0.8));
    expect(curveSeconds(after.step, decodeWork(8, 1000))).toBeCloseTo(0.5 * curveSeconds(model.step, decodeWork(8, 1000)), 9);
    expect(curveSeconds(after.step, decodeWork(64, 1000))).toBeCloseTo(0.5 * curveSeconds(model.step, decodeWork(64, 1000)), 9);
    expect(after.anchored?.curves.map(({ curve, factor }) => [curve, Number(factor.toFixed(6))])).toEqual([
      ["decode", 0.5],
      ["prefill", 0.8],
    ]);
  });

  it("has the error of each point predicted by the factor of the others, and none where there is one", () => {
    const [decode, prefill] = anchored(decodeAt(8, 0.5), decodeAt(64, 0.6), prefillAt(2048, 0.8)).anchored?.curves ?? [];
    expect(decode?.error).toMatchObject({ kind: "checked", median_abs: expect.closeTo((0.2 + 1 / 6) / 2, 6) });
    expect(prefill?.error).toEqual({ kind: "not-checked", because: "one point, no held-out error" });
  });

  const matmulOf = (tokens: number, ratio: number): AnchorPoint => {
    return { curve: "matmul", engine: "the matmuls of cuBLAS", source: `matmul of ${tokens}`, tokens, ratio };
  };

  it("is rescaled by a library's matmuls at as many tokens, and stays unanchored to an engine", () => {
    const after = anchored(matmulOf(1, 0.9), matmulOf(512, 0.2), matmulOf(512, 0.8));
    const shareAt = (work: ReturnType<typeof prefillWork>) => curveSeconds(after.step, work) / curveSeconds(model.step, work);
    expect(shareAt(decodeWork(1, 1000))).toBeCloseTo(0.9, 9);
    expect(shareAt(prefillWork(2048))).toBeCloseTo(0.4, 1); // head and overhead have the factor of decode
    const between = [16, 64, 256].map((tokens) => shareAt(prefillWork(tokens)));
    expect(between).toEqual(between.toSorted((a, b) => b - a));
    expect(isAnchored(after)).toBe(false);
    expect(whoseSpeed(after)).toMatch(
      /^UNANCHORED: .* Rescaled to the matmuls of cuBLAS: decode × 0\.9 \(matmuls of 1 token, not steps\), prefill/u,
    );
  });

  it("takes an engine's own steps where there are some, and leaves a library's matmuls aside", () => {
    const after = anchored(decodeAt(8, 0.5), matmulOf(1, 0.1));
    expect(after.anchored).toMatchObject({ engine: "vllm", curves: [{ curve: "decode", factor: expect.closeTo(0.5, 9) }] });
    expect(after.notes.at(-1)).toContain("left aside");
  });

  it("rescales load by bandwidth and warm-up by time", () => {
    const after = anchored(
      { curve: "load", engine: "nvbandwidth", source: "link", bandwidth: 10e9 },
      { curve: "warm-up", engine: "vllm", source: "log", seconds: 25 },
    );
    expect(after.load.setup_s + after.weight_bytes / after.load.bandwidth_bytes_per_s).toBeCloseTo(model.weight_bytes / 10e9, 9);
    expect(after.warm_up.phases.reduce((sum, { seconds }) => sum + seconds, 0)).toBeCloseTo(25, 9);
    expect(isAnchored(after)).toBe(false);
    expect(isAnchored(anchored(decodeAt(8, 1)))).toBe(true);
  });

  it("says whose speed it is in one sentence", () => {
    expect([
      whoseSpeed(model),
      whoseSpeed(anchored(decodeAt(8, 0.5), decodeAt(64, 0.6), prefillAt(2048, 0.8))),
      whoseSpeed({ ...model, engine: "vllm 0.19.0" }),
      whoseSpeed({ ...model, is_gpu: false }),
    ]).toMatchInlineSnapshot(`
      [
        "UNANCHORED: this speaks for a WebGPU engine on this device. No measurement of vLLM or another production engine stands behind it.",
        "Anchored to vllm: decode × 0.548 (held-out error 18 %), prefill × 0.8 (one point, no held-out error). As WebGPU measured it: load, warm-up.",
        "This speaks for vllm 0.19.0 on Example GPU: its step times were measured in that engine.",
        "Pipeline check, not a capacity answer: Example GPU is not a GPU.",
      ]
    `);
  });
});
