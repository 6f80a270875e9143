import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { findDawnOrNull } from "../../harness/dawn/dawn-package.ts";
import { variants } from "../../kernels/index.ts";

/*
 * Dawn's null backend compiles what no adapter of this machine would: f16, subgroups and subgroup matrices. What it accepts is right in
 * form; whether it computes what it should is for a device to say.
 */

const dawn = findDawnOrNull();

interface Text {
  readonly code: string;
  readonly entryPoint: string;
}

/** What the compiler says of each text; null where it accepts it. */
const compile = (texts: readonly Text[]): (string | null)[] => {
  const input = JSON.stringify({ package: dawn?.url, texts });
  const program = join(import.meta.dirname, "fixtures", "compile.mjs");
  const printed = execFileSync(process.execPath, [program], { input, encoding: "utf8", stdio: ["pipe", "pipe", "ignore"] });
  return JSON.parse(printed.trimEnd().split("\n").at(-1) ?? "") as (string | null)[];
};

describe.skipIf(dawn === null)("the WGSL compiler with every feature there is", () => {
  it("accepts every variant at every shape that it is verified at", () => {
    const texts = variants.flatMap(({ id, verificationShapes, run }) =>
      verificationShapes.flatMap((shape) => run(shape).dispatches.map(({ wgsl, entryPoint }) => ({ id, code: wgsl, entryPoint }))),
    );
    const distinct = [...new Map(texts.map((text) => [text.code, text])).values()];
    const refusals = compile(distinct);
    expect(refusals).toHaveLength(distinct.length);
    expect(distinct.flatMap(({ id }, i) => (refusals[i] === null ? [] : [`${id}: ${refusals[i]}`]))).toEqual([]);
    expect(new Set(distinct.map(({ id }) => id)).size).toBeGreaterThan(variants.length / 2);
  });

  it("refuses what is no WGSL", () => {
    const [refusal, control] = compile([
      { code: "@compute @workgroup_size(1) fn main() { nonsense(); }", entryPoint: "main" },
      { code: "@compute @workgroup_size(1) fn main() {}", entryPoint: "main" },
    ]);
    expect(refusal).toContain("nonsense");
    expect(control).toBeNull();
  });
});
