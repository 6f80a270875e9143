import { parseHTML } from "linkedom";
import { describe, expect, it } from "vitest";
import type { Measurement, Profile } from "../../src/profile/schema.ts";
import { chartsFor } from "../../src/report/html/chart.ts";
import { rooflineCharts } from "../../src/report/html/roofline-chart.ts";
import { kernelFigures } from "../../src/report/kernel-figures.ts";
import { PLAIN } from "../../src/report/layout.ts";
import { aboveRoofsOrNull, roofLines, shareLines, unjudgedLines } from "../../src/report/roofline-text.ts";
import { roofsOf } from "../../src/profile/roofline.ts";
import { gpuProfile, softwareProfile } from "./samples.ts";

/** The sample GPU with its weights read from memory, as bench measures them. */
const cold = (changes: Partial<Profile> = {}): Profile => {
  const sample = gpuProfile(changes);
  const weighty = ["matmul", "attention-prefill", "attention-decode", "copy", "read"];
  return {
    ...sample,
    measurements: sample.measurements.map((measurement): Measurement =>
      measurement.kind === "kernel" && weighty.includes(measurement.family)
        ? { ...measurement, cache: "cold", rotated_bytes: 1e9 }
        : measurement,
    ),
  };
};

const without = (profile: Profile, families: readonly string[]): Profile => ({
  ...profile,
  measurements: profile.measurements.filter((measurement) => measurement.kind !== "kernel" || !families.includes(measurement.family)),
});

const named = (name: string): Partial<Profile> => {
  const { environment } = gpuProfile();
  return { environment: { ...environment, native: { tool: "nvidia-smi", name, driver: "1", memory_bytes: null } } };
};

describe("roofs and shares in a terminal", () => {
  it("a row for each family and the roof that binds it", () => {
    expect(shareLines(kernelFigures(cold()), PLAIN).join("\n")).toMatchInlineSnapshot(`
      "    kernels                       bound by    shapes  worst  median      best (95 %)  at
          matmul             f16, cold  memory          15   38 %    43 %     51 % (50–52)  m 1 · n 128256 · k 4096
          matmul             f16, cold  arithmetic      20   38 %    40 %     40 % (40–41)  m 2048 · n 128256 · k 4096
          attention-prefill  f16, cold  memory           1  5.8 %   5.8 %  5.8 % (5.7–5.8)
          attention-prefill  f16, cold  arithmetic       8   11 %    11 %     12 % (11–12)  chunk 1024 · context 4096
          attention-decode   f16, cold  memory          12  4.0 %    32 %     38 % (38–39)  sequences 64 · context 4096"
    `);
  });

  it("each roof with the kernel that reached it, and the datasheet's figure", () => {
    const lines = (profile: Profile) => roofLines(profile, roofsOf(profile)).map((line) => line.join(" | "));
    expect(lines(cold(named("NVIDIA H200")))).toMatchInlineSnapshot(`
      [
        "memory roof | 3.84 TB/s | copy/vec4, length 268,435,456, cold; the best of 2; 80 % of the datasheet's 4.80 TB/s",
        "arith. roof | 54.2 TFLOP/s | f32: multiply-add/vec4x8-t256-f32, threads 1,048,576 · steps 1,024, hot; the best of 2; 81 % of the datasheet's 67.0 TFLOP/s",
        "arith. roof | 102 TFLOP/s | f16: multiply-add/vec4x4-t64-f16, threads 1,048,576 · steps 1,024, hot; the best of 1",
      ]
    `);
    expect(lines(cold()).at(-1)).toBe("datasheet | – | unknown for Example GPU");
    expect(lines(without(softwareProfile(), ["matmul"]))).toEqual(["memory roof | – | not measured", "arith. roof | – | not measured"]);
  });

  it("says what has no share, and why", () => {
    const figures = kernelFigures(without(cold(), ["multiply-add"]));
    expect(shareLines(figures, PLAIN)).toEqual([]);
    expect(unjudgedLines(figures).join("\n")).toMatchInlineSnapshot(
      `"    Without a share: matmul, attention-prefill, attention-decode: no f16 arithmetic roof was measured."`,
    );
  });

  it("names kernels faster than their roof, the worst first", () => {
    expect(aboveRoofsOrNull(cold())).toBeNull();
    const slowCopies = cold();
    const slow = slowCopies.measurements.map((measurement): Measurement =>
      measurement.kind === "kernel" && ["copy", "read"].includes(measurement.family)
        ? { ...measurement, bytes: measurement.bytes / 4 }
        : measurement,
    );
    expect(aboveRoofsOrNull({ ...slowCopies, measurements: slow })).toMatchInlineSnapshot(
      `"matmul/matvec-f16/m1-n128256-k4096: 204 % (202–207) of the memory roof, 961 GB/s by copy/vec4/length268435456; and 36 more"`,
    );
  });
});

describe("the roofline chart", () => {
  const draw = (profile: Profile) => rooflineCharts(chartsFor(parseHTML("<html></html>").document), profile).map(({ html }) => html);
  const count = (text: string, part: string): number => text.split(part).length - 1;

  it("has a picture for each element type with kernels, a dot for each of their measurements", () => {
    const profile = cold();
    const [picture = "", ...others] = draw(profile);
    expect(others).toEqual([]);
    const kernels = kernelFigures(profile).filter(({ measurement: { family } }) => /matmul|attention/.test(family));
    expect(count(picture, "<title>")).toBe(kernels.length);
    expect(picture).toContain("How far from the roof, f16");
    expect(picture).toContain(`${kernels.length} measurements of f16 kernels`);
  });

  it("names every roof at its line, and draws the datasheet where it is known", () => {
    const [plain = ""] = draw(cold());
    for (const roof of ["memory 3.8", "f32 54.", "f16 102 TFLOP/s"]) expect(plain).toContain(roof);
    expect(plain).not.toContain("datasheet");
    const [known = ""] = draw(cold(named("NVIDIA H200")));
    expect(known).toContain("datasheet");
    expect(count(known, 'stroke-dasharray="2 3"')).toBeGreaterThan(count(plain, 'stroke-dasharray="2 3"'));
  });

  it("tells cold from hot in the legend, only where there are both", () => {
    expect(draw(cold())[0]).not.toContain("</svg>hot");
    expect(draw(gpuProfile())[0]).toContain("</svg>hot");
    expect(draw(gpuProfile())[0]).not.toContain("</svg>cold");
  });

  it("is not drawn without a roof or without kernels", () => {
    expect(draw(softwareProfile())).toEqual([]);
    expect(draw(without(cold(), ["matmul", "attention-prefill", "attention-decode"]))).toEqual([]);
  });

  it("is drawn with one roof alone", () => {
    const memoryOnly = draw(without(cold(), ["multiply-add"]));
    const arithmeticOnly = draw(without(cold(), ["copy", "read"]));
    for (const [picture = ""] of [memoryOnly, arithmeticOnly]) expect(picture).not.toMatch(/NaN|Infinity/);
    expect(memoryOnly).toHaveLength(1);
    expect(arithmeticOnly).toHaveLength(1);
  });
});
