import { describe, expect, it } from "vitest";
import { uniqueWgsl } from "../../../harness/measure/warm-up/unique-wgsl.ts";
import { variants } from "../../../kernels/index.ts";

describe("a kernel made one that no cache has seen", () => {
  it("compares the number of workgroups, which no compiler knows, at the start of its entry point", () => {
    expect(
      uniqueWgsl("fn helper() {}\n@compute @workgroup_size(1)\nfn main(@builtin(workgroup_id) id: vec3<u32>) { x = id.x; }", "main", 5),
    ).toMatchInlineSnapshot(`
      "fn helper() {}
      @compute @workgroup_size(1)
      fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(num_workgroups) workgroups_for_nonce: vec3<u32>) {
        if (workgroups_for_nonce.x == 2147483653u) { return; } x = id.x; }"
    `);
  });

  it("uses the number of workgroups by the name it has already", () => {
    expect(uniqueWgsl("fn main(\n  @builtin(num_workgroups) groups: vec3<u32>,\n) {}", "main", 0)).toMatchInlineSnapshot(`
      "fn main(
        @builtin(num_workgroups) groups: vec3<u32>,
      ) {
        if (groups.x == 2147483648u) { return; }}"
    `);
  });

  it("takes an entry point without parameters", () => {
    expect(uniqueWgsl("fn main() { }", "main", 1)).toBe(
      "fn main(@builtin(num_workgroups) workgroups_for_nonce: vec3<u32>) {\n  if (workgroups_for_nonce.x == 2147483649u) { return; } }",
    );
  });

  it("refuses a text without that entry point", () => {
    expect(() => uniqueWgsl("fn other() {}", "main", 1)).toThrowErrorMatchingInlineSnapshot(
      `[RangeError: expected a function main in the kernel, found none]`,
    );
  });

  it.each(variants.map((variant) => [variant.id, variant] as const))("%s differs by its nonce and by nothing else", (_, variant) => {
    for (const { wgsl, entryPoint } of variant.run(variant.verificationShapes[0]!).dispatches) {
      const one = uniqueWgsl(wgsl, entryPoint, 1);
      expect(one).not.toBe(wgsl);
      expect(uniqueWgsl(wgsl, entryPoint, 2).replace(`${2 ** 31 + 2}u`, `${2 ** 31 + 1}u`)).toBe(one);
    }
  });
});
