import { describe, expect, it } from "vitest";
import { curveSeconds, decodeWork } from "../../src/calibration/step-seconds.ts";
import type { Measurement, Profile } from "../../src/profile/schema.ts";
import { energyFigures, energySentenceOrNull } from "../../src/report/energy.ts";
import { deviceModelText } from "../../src/report/device-model-text.ts";
import { PLAIN } from "../../src/report/layout.ts";
import { quotedContext } from "../../src/report/step-figures.ts";
import { deviceModel, gpuProfile } from "./samples.ts";

const kernel = (family: string, shape: Record<string, number>, power_w: number | null, cache: "hot" | "cold" = "cold"): Measurement => {
  const template = gpuProfile().measurements.find(({ kind }) => kind === "kernel");
  if (template?.kind !== "kernel") return expect.unreachable("the sample profile has kernels");
  return { ...template, id: `${family} ${JSON.stringify(shape)} ${cache}`, family, shape, power_w, cache };
};

const profile = (...measurements: Measurement[]): Profile => ({ ...gpuProfile(), measurements });
const model = deviceModel();
const seconds = (sequences: number) => curveSeconds(model.step, decodeWork(sequences, quotedContext(model.step)));

describe("energy of an output token", () => {
  it("is power × step ÷ sequences, by the linear layers of as many tokens, the larger counting for more", () => {
    const figures = energyFigures(
      profile(
        kernel("matmul", { m: 8, n: 3000, k: 1000 }, 400),
        kernel("matmul", { m: 8, n: 1000, k: 1000 }, 200),
        kernel("matmul", { m: 32, n: 1000, k: 1000 }, 500),
      ),
      model,
    );
    expect(figures).toEqual([
      { sequences: 8, watts: 350, joulesPerToken: (350 * seconds(8)) / 8 },
      { sequences: 32, watts: 500, joulesPerToken: (500 * seconds(32)) / 32 },
    ]);
  });

  it("is by whole decoding layers where they were measured, and never by ones that prefill too", () => {
    const [figure] = energyFigures(
      profile(
        kernel("matmul", { m: 8, n: 3000, k: 1000 }, 400),
        kernel("decoder-layer", { decode_sequences: 8, prefill_tokens: 0 }, 300),
        kernel("decoder-layer", { decode_sequences: 8, prefill_tokens: 256 }, 650),
      ),
      model,
    );
    expect(figure?.watts).toBe(300);
  });

  it("is not told where power is not known, or only of weights that lay in a cache", () => {
    const without = profile(kernel("matmul", { m: 8, n: 3000, k: 1000 }, null), kernel("matmul", { m: 1, n: 3000, k: 1000 }, 400, "hot"));
    expect(energyFigures(without, model)).toEqual([]);
    expect(energySentenceOrNull(without, model)).toBeNull();
    expect(deviceModelText(model, PLAIN, without)).not.toContain("Energy");
  });

  it("is not told past the measured batches", () => {
    const small = deviceModel({ step: { ...model.step, valid: { ...model.step.valid, decode_sequences: [1, 8] } } });
    expect(energyFigures(profile(kernel("matmul", { m: 32, n: 1000, k: 1000 }, 500)), small)).toEqual([]);
  });

  it("stands with the step curve, with what it leaves out", () => {
    const text = deviceModelText(model, PLAIN, profile(kernel("matmul", { m: 1, n: 1000, k: 1000 }, 310)));
    expect(text.replace(/\s+/g, " ")).toMatch(
      /Energy of an output token, GPU alone, decode at 512 tokens of context: [\d.]+ J at batch 1 \(310 W\); power averaged over interleaved measurements, so approximate\./,
    );
  });
});
