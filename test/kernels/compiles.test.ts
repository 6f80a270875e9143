import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { findDawnOrNull } from "../../harness/dawn/dawn-package.ts";
import { variants } from "../../kernels/index.ts";
import type { KernelFeature } from "../../kernels/kernel.ts";

/*
 * Dawn's null backend has every feature: the one place where kernels for f16 and for matrix units are compiled on a machine whose adapters
 * have neither. (It runs nothing.)
 */

interface Text {
  readonly wgsl: string;
  readonly entryPoint: string;
  readonly needs: readonly KernelFeature[];
  readonly isPipeline: boolean;
}

/** Each text's errors, null for one that needs a feature this Dawn lacks; null for all where there is no Dawn. */
const errorsOf = (texts: readonly Text[]): readonly (readonly string[] | null)[] | null => {
  const found = findDawnOrNull();
  if (found === null) return null;
  const { output, stderr } = spawnSync(process.execPath, [join(import.meta.dirname, "fixtures", "compile.mjs"), found.url], {
    input: JSON.stringify(texts),
    encoding: "utf8",
    // Dawn prints its warnings to both.
    stdio: ["pipe", "ignore", "pipe", "pipe"],
  });
  const answer = output[3];
  if (answer === undefined || answer === null || answer === "") throw new Error(`no answer from Dawn: ${stderr}`);
  return JSON.parse(answer) as (string[] | null)[];
};

/** A pipeline with matrices wants subgroups of the size that they are written for, and the null backend's are of 128. */
const texts = variants.flatMap((variant) => {
  const dispatches = variant.verificationShapes.flatMap((shape) => variant.run(shape).dispatches);
  const distinct = new Map(
    dispatches.map(({ wgsl, entryPoint }) => [
      wgsl,
      { wgsl, entryPoint, needs: variant.needs, isPipeline: !variant.needs.includes("chromium-experimental-subgroup-matrix") },
    ]),
  );
  return [...distinct.values()].map((text) => ({ variant: variant.id, text }));
});

const wrong: Text = { wgsl: "fn main() { let x: f32 = 1u; }", entryPoint: "main", needs: [], isPipeline: false };
const ofNoDawn: Text = { ...wrong, needs: ["no such feature" as KernelFeature] };
const errors = errorsOf([...texts.map(({ text }) => text), wrong, ofNoDawn]);

describe.skipIf(errors === null)("Dawn without a GPU", () => {
  it.for(variants.map(({ id }) => id))("compiles every text of %s", (id, { skip }) => {
    const own = texts.flatMap(({ variant }, i) => (variant === id ? [errors![i] ?? null] : []));
    skip(own.includes(null), "this Dawn lacks a feature that it needs");
    expect(own.flat()).toEqual([]);
  });

  it("refuses what is wrong", () => {
    expect(errors!.at(-2)).toHaveLength(1);
  });

  it("passes over a text alone that needs what this Dawn lacks", () => {
    expect(errors!.at(-1)).toBeNull();
    expect(errors!.filter((each) => each !== null)).not.toEqual([]);
  });
});
