import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { findDawnOrNull } from "../../harness/dawn/dawn-package.ts";
import { variants } from "../../kernels/index.ts";

/*
 * Dawn's null backend has every feature: the one place where kernels for f16 and for matrix units are compiled on a machine whose adapters
 * have neither. (It runs nothing.)
 */

interface Text {
  readonly wgsl: string;
  readonly entryPoint: string;
  readonly isPipeline: boolean;
}

/** Each text's errors; null where there is no Dawn, or one without the features. */
const errorsOf = (texts: readonly Text[]): readonly (readonly string[])[] | null => {
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
  const results = JSON.parse(answer) as (string[] | null)[];
  return results.includes(null) ? null : (results as string[][]);
};

/** A pipeline with matrices wants subgroups of the size that they are written for, and the null backend's are of 128. */
const texts = variants.flatMap((variant) => {
  const dispatches = variant.verificationShapes.flatMap((shape) => variant.run(shape).dispatches);
  const distinct = new Map(
    dispatches.map(({ wgsl, entryPoint }) => [
      wgsl,
      { wgsl, entryPoint, isPipeline: !variant.needs.includes("chromium-experimental-subgroup-matrix") },
    ]),
  );
  return [...distinct.values()].map((text) => ({ variant: variant.id, text }));
});

const wrong: Text = { wgsl: "fn main() { let x: f32 = 1u; }", entryPoint: "main", isPipeline: false };
const errors = errorsOf([...texts.map(({ text }) => text), wrong]);

describe.skipIf(errors === null)("Dawn without a GPU", () => {
  it.each(variants.map(({ id }) => [id]))("compiles every text of %s", (id) => {
    const own = texts.flatMap(({ variant }, i) => (variant === id ? errors![i]! : []));
    expect(own).toEqual([]);
  });

  it("refuses what is wrong", () => {
    expect(errors!.at(-1)).toHaveLength(1);
  });
});
