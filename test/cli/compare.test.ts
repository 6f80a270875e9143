import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { main } from "../../cli/main.ts";
import { builtInModel } from "../../src/model/built-in.ts";
import { comparisonSchema } from "../../src/compare/schema.ts";
import { headLinear, layerSizes } from "../../src/model/shapes.ts";
import type { Profile } from "../../src/profile/schema.ts";
import { measurementsOf, profileOf, truth } from "../calibration/synthetic.ts";
import { simulatedRun, type SimulatedRun } from "../compare/simulated.ts";
import { freshFolder } from "./folder.ts";
import { terminal } from "./terminal.ts";

const folder = freshFolder();

/** A device with every curve, and kernels with noise beside them. */
const profile = (request: Partial<SimulatedRun>, changes: Partial<Profile> = {}): Profile => {
  const model = builtInModel("tiny-llama");
  const noisy = simulatedRun({ seed: 1, noise: { run: 0.002, turn: 0.004, sample: 0.01 }, rows: 12, ...request }).measurements;
  return profileOf([...measurementsOf(truth, [layerSizes(model)], [headLinear(model)]), ...noisy], changes);
};

const write = (name: string, value: Profile): string => {
  const path = join(folder.path, name);
  const text = JSON.stringify(value);
  writeFileSync(path, name.endsWith(".gz") ? gzipSync(text) : text);
  return name;
};

const compare = async (...args: string[]): Promise<{ code: number; out: string; err: string }> => {
  const { io, written } = terminal({ cwd: folder.path });
  const code = await main(["compare", ...args], io);
  return { code, out: folder.text(written.out), err: folder.text(written.err) };
};

const slowed = (row: number): number => (row === 3 ? 1.3 : row === 4 ? 0.8 : 1);
const files = (): [string, string] => [
  write("a.json", profile({ seed: 1 })),
  write("b.json.gz", profile({ seed: 2, slowdown: slowed }, { condition: "native-like", device: "Other GPU" })),
];

describe("ballast compare", () => {
  it("prints what differs first, then figures, then the rows that differ", async () => {
    const { code, out } = await compare(...files(), "--quiet", "--model", "tiny-llama");
    expect(code).toBe(0);
    expect(out).toMatchInlineSnapshot(`
      "2 devices side by side, the first one the baseline
        Conditions differ: A: web; B: native-like. Their times are of different browser settings, so no ratio below
        speaks of the devices alone.
        A  Imagined GPU, web, Chrome/156.0, f32, 2026-01-02 03:04
        B  Other GPU, native-like, Chrome/156.0, f32, 2026-01-02 03:04

        Of tiny-llama
                                                        A                         B    B/A
          requests sustained       52.7 requests/s ±3.0 %    52.7 requests/s ±3.0 %  1.00×
          decode at batch 1        2,460 tokens/s ±<0.1 %    2,460 tokens/s ±<0.1 %  1.00×
          decode at batch 8       12,300 tokens/s ±<0.1 %   12,300 tokens/s ±<0.1 %  1.00×
          decode at batch 32      21,100 tokens/s ±<0.1 %   21,100 tokens/s ±<0.1 %  1.00×
          prefill of 512 tokens  146,000 tokens/s ±<0.1 %  146,000 tokens/s ±<0.1 %  1.00×
          model load                      8.63 ms ±<0.1 %           8.63 ms ±<0.1 %  1.00×
          warm-up                                  2.48 s                    2.48 s  1.00×
          best upload                           2.54 GB/s                 2.54 GB/s  1.00×
          memory copy                           50.0 GB/s                 50.0 GB/s  1.00×
          - Requests sustained: Chat with the prompt and output lengths of Azure's 2023 conversation trace, as a
            steady Poisson stream on one replica of tiny-llama with vLLM's default settings; TTFT p99 ≤ 2 s and TPOT
            p99 ≤ 100 ms. The same requests, objectives and seed for all; the rate is the highest found to meet
            them, to within 3.0 %.
          - ± is, for requests sustained: precision of the search; the step curve's own error comes on top; for
            decode at batch 1, decode at batch 8, decode at batch 32 and prefill of 512 tokens: median error of the
            step curve on steps it did not see; for model load: median error of the load curve on sizes it did not
            see; for warm-up: half the interval of the median over cold starts; for best upload and memory copy:
            half the 95 % interval of the median.

      B against A: 112 common rows: 1 SLOWER, 1 FASTER, 100 UNSURE, 10 SAME
        The threshold is 2.0 %. SAME: the whole 95 % interval of the ratio of medians lies within the margin. SLOWER
        and FASTER: the whole 99 % interval lies beyond, and a rank test at the margin says so after Benjamini and
        Hochberg's correction over all rows.
        The margin of rows sampled in turns is 2.0 %, the threshold: by how much two runs on one device differ
        cannot be told from these profiles.
        The margin of rows sampled at once is 2.0 %, the threshold: by how much two runs on one device differ cannot
        be told from these profiles.
        UNSURE: 100 too few samples; --all lists them.

        Time of B over A, geometric mean
                                  rows            change in time
          overhead                   5           0 % (0 % … 0 %)
          upload                     8           0 % (0 % … 0 %)
          matmul, hot               50           0 % (0 % … 0 %)
          attention-prefill, hot     4           0 % (0 % … 0 %)
          attention-decode, hot      5           0 % (0 % … 0 %)
          rms-norm, hot              3           0 % (0 % … 0 %)
          residual-norm, hot         3           0 % (0 % … 0 %)
          swiglu, hot                3           0 % (0 % … 0 %)
          residual-add, hot          3           0 % (0 % … 0 %)
          rotary, hot                3           0 % (0 % … 0 %)
          engine-step, hot           3           0 % (0 % … 0 %)
          greedy-head, hot           2           0 % (0 % … 0 %)
          copy, hot                  1           0 % (0 % … 0 %)
          kernel, hot               12  +0.3 % (+0.1 % … +0.6 %)

        Rows that differ
                         change in time       A       B  measurement
          SLOWER  +30 % (+29 % … +31 %)  200 µs  260 µs  kernel/0 m=3 hot
          FASTER  −20 % (−21 % … −19 %)  250 µs  200 µs  kernel/0 m=4 hot
      "
    `);
  });

  it("prints the comparison as JSON, without what takes long where it is not wanted", async () => {
    const { out } = await compare(...files(), "--json", "--no-simulate", "--threshold", "3%");
    const comparison = comparisonSchema.parse(JSON.parse(out));
    expect(comparison).toMatchObject({ scenario: null, pairs: [{ threshold: 0.03 }] });
  });

  it("names every row with --all", async () => {
    const { out } = await compare(...files(), "--all", "--no-simulate");
    for (const row of [0, 3, 11]) expect(out).toContain(` m=${row} hot`);
  });

  it("fails where a row is SLOWER beyond what it is told, and names it", async () => {
    const { code, err, out } = await compare(...files(), "--no-simulate", "--quiet", "--fail-on", "slower=5%");
    expect(code).toBe(1);
    expect(out).toContain("1 SLOWER");
    expect(err).toMatchInlineSnapshot(`
      "--fail-on slower=5%: expected no row SLOWER by more than that, got 1:
        B +30 % (+29 % … +31 %) kernel/0 m=3 hot. What changed between the two? Measure again where nothing should have.
      "
    `);
    expect((await compare(...files(), "--no-simulate", "--fail-on", "slower=40%")).code).toBe(0);
  });

  it("writes the page with all curves", async () => {
    const { err } = await compare(...files(), "--no-simulate", "--html", "page/compare.html");
    expect(err).toContain("Report: <folder>/page/compare.html");
    const page = readFileSync(join(folder.path, "page/compare.html"), "utf8");
    for (const id of ["figures", "curves", "pair-B"]) expect(page).toContain(`<h2 id="${id}">`);
  });

  it("takes a run's folder", async () => {
    mkdirSync(join(folder.path, "run"));
    write("run/profile.json", profile({ seed: 1 }));
    expect((await compare("run", files()[1], "--no-simulate")).code).toBe(0);
  });

  it.each([
    [["a.json"], "compare: expected two profiles or more, got 1. The first one is the baseline.\n"],
    [["a.json", "b.json.gz", "--fail-on", "slower"], '--fail-on: expected slower=<percent>%, got "slower". Write it so: slower=5%.\n'],
    [
      ["a.json", "nowhere"],
      "nowhere: expected a profile's file, a run's name or <device>/<condition> below results/, found none of them. Measure one: npm run bench\n",
    ],
  ])("refuses %j", async (args, message) => {
    files();
    expect(await compare(...args)).toMatchObject({ code: 1, err: message, out: "" });
  });

  it("refuses a threshold that is no percentage", async () => {
    expect((await compare(...files(), "--threshold", "much")).err).toContain("Expected a percentage, such as 3 or 2.5%.");
  });
});
