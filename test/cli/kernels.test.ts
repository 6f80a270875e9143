import { describe, expect, it } from "vitest";
import { main } from "../../cli/main.ts";
import { nearest } from "../../cli/nearest.ts";
import { variants } from "../../kernels/index.ts";
import { terminal } from "./terminal.ts";

const ballast = async (...args: string[]) => {
  const { io, written } = terminal();
  return { code: await main(["kernels", ...args], io), ...written };
};

describe("ballast kernels list", () => {
  it("names every variant with what it needs and does, also without its name", async () => {
    const { code, out } = await ballast("list");
    expect(code).toBe(0);
    for (const { id, summary } of variants)
      expect(out.split("\n").some((line) => line.startsWith(`${id} `) && line.endsWith(summary))).toBe(true);
    expect(out.split("\n").length).toBe(variants.length + 4);
    expect(await ballast()).toEqual({ code, out, err: "" });
  });

  it("keeps to a family", async () => {
    expect((await ballast("list", "--family", "copy")).out).toMatchInlineSnapshot(`
      "id             dtype  what it does
      copy/vec4      f32    one vec4 read and written by each of 256 threads
      copy/vec4-t64  f32    one vec4 read and written by each of 64 threads
      copy/vec4x4    f32    4 vec4s, strided by the grid, read and written by each of 256 threads
      copy/vec4x8    f32    8 vec4s, strided by the grid, read and written by each of 128 threads
      copy/scalarx8  f32    8 scalars, strided by the grid, read and written by each of 256 threads

      5 variants. The text of one: npx ballast kernels show <id>
      "
    `);
    const { code, err } = await ballast("list", "--family", "gemm");
    expect(code).toBe(1);
    expect(err).toMatch(/^--family: no kernel family is named "gemm"\. There are: copy, read, .*matmul/);
  });

  it("gives the same as JSON", async () => {
    const rows = JSON.parse((await ballast("list", "--json")).out);
    expect(rows.map(({ id }: { id: string }) => id)).toEqual(variants.map(({ id }) => id));
    expect(rows[0]).toEqual({
      id: "copy/vec4",
      family: "copy",
      dtype: "f32",
      needs: [],
      summary: "one vec4 read and written by each of 256 threads",
      version: 3,
    });
  });
});

describe("ballast kernels show", () => {
  it("prints the WGSL with entry point, workgroups and bindings, at the first shape that it is verified at", async () => {
    const { code, out } = await ballast("show", "copy/vec4");
    expect(code).toBe(0);
    expect(out).toMatchInlineSnapshot(`
      "// copy/vec4, version 3: one vec4 read and written by each of 256 threads
      // shape length=1; buffers: source 1 f32, copied 1 f32

      // dispatch 1 of 1: copy
      // main, 1 × 1 × 1 workgroups; bindings at group 0:
      //   0  uniform params: 1
      //   1  read source
      //   2  read_write copied

      // copied = source
      // source, copied: length elements of f32, padded to whole vec4s
      // 256 threads a workgroup, 1 vec4 a thread; neighbouring threads side by side

      const threads = 256u;
      struct Params { length: u32 }
      @group(0) @binding(0) var<uniform> params: Params;
      @group(0) @binding(1) var<storage, read> source: array<vec4<f32>>;
      @group(0) @binding(2) var<storage, read_write> copied: array<vec4<f32>>;

      @compute @workgroup_size(256)
      fn main(
        @builtin(workgroup_id) group: vec3<u32>,
        @builtin(num_workgroups) groups: vec3<u32>,
        @builtin(local_invocation_index) thread: u32,
      ) {
        let count = (params.length + 3u) / 4u;
        let first = (group.x + group.y * groups.x) * threads + thread;
        if (first < count) { copied[first] = source[first]; }
      }
      "
    `);
  });

  it.each(variants.map(({ id }) => id))("shows %s whole: every dispatch", async (id) => {
    const { code, out } = await ballast("show", id);
    expect(code).toBe(0);
    const variant = variants.find((own) => own.id === id)!;
    for (const { wgsl } of variant.run(variant.verificationShapes[0]!).dispatches) expect(out).toContain(wgsl.trimEnd());
  });

  it("takes a shape", async () => {
    const { out } = await ballast("show", "copy/vec4", "--shape", "length=1000000");
    expect(out).toContain("// main, 977 × 1 × 1 workgroups");
    expect(out).toContain("uniform params: 1000000");
  });

  it.each([
    ["an id with a slip", ["copy/vec4x5"]],
    ["a part of ids", ["rms"]],
    ["an id like none", ["something/else-entirely"]],
    ["a shape that is none", ["copy/vec4", "--shape", "length=many"]],
    ["a shape of another family", ["copy/vec4", "--shape", "m=1"]],
    ["a size of nothing", ["copy/vec4", "--shape", "length=0"]],
  ])("refuses %s", async (name, args) => {
    const { code, err, out } = await ballast("show", ...args);
    expect({ code, out }).toEqual({ code: 1, out: "" });
    expect(err).toBe(REFUSALS[name]);
  });
});

const REFUSALS: Readonly<Record<string, string>> = {
  "an id with a slip": 'kernels show: no kernel variant is named "copy/vec4x5". Did you mean copy/vec4x4 or copy/vec4x8 or copy/vec4?\n',
  "a part of ids": 'kernels show: no kernel variant is named "rms". Did you mean rms-norm/f32 or rms-norm/f16?\n',
  "an id like none": 'kernels show: no kernel variant is named "something/else-entirely". All of them: npx ballast kernels list\n',
  "a shape that is none": '--shape: expected sizes such as m=16,n=2048,k=2048, got "length=many". Write each as name=size.\n',
  "a shape of another family":
    "--shape: copy: expected length to be a whole number of at least 1, got undefined. One of its shapes: --shape length=1\n",
  "a size of nothing": "--shape: copy: expected length to be a whole number of at least 1, got 0. One of its shapes: --shape length=1\n",
};

describe("the nearest names", () => {
  const names = ["matmul/tiled-f32", "matmul/tiled-f16", "copy/vec4"];
  it.each([
    ["matmul/tiled-f23", ["matmul/tiled-f32", "matmul/tiled-f16"]],
    ["COPY/VEC4", ["copy/vec4"]],
    ["tiled", ["matmul/tiled-f32", "matmul/tiled-f16"]],
    ["xyz", []],
    ["", []],
  ])("to %s", (given, expected) => {
    expect(nearest(given, names)).toEqual(expected);
  });
});
