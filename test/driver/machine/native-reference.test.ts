import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { median } from "simple-statistics";
import { describe, expect, it } from "vitest";
import { nativeScript, projectRoot } from "../../../cli/project.ts";
import { nativeReference, type NativeOutcome, type NativeReferenceRequest } from "../../../harness/driver/machine/native-reference.ts";
import { freshFolder } from "../../cli/folder.ts";

const folder = freshFolder();
const because = (outcome: NativeOutcome) => ("because" in outcome ? outcome.because : expect.unreachable("expected no reference"));
const run = (changes: Partial<NativeReferenceRequest>) =>
  nativeReference({ script: nativeScript, uuid: "GPU-5f3a", limit: 60, ...changes });

const has = (program: string): boolean => spawnSync(program, ["--version"]).status === 0;

describe("a script that gives no reference", () => {
  /** A program in place of python3, given the script's name and its arguments. */
  const python = (text: string): string => {
    const path = join(folder.path, "python3");
    writeFileSync(path, `#!/bin/sh\n${text}\n`);
    chmodSync(path, 0o755);
    return path;
  };

  it("because there is no Python", async () => {
    expect(because(await run({ python: "/nowhere/python3" }))).toBe("there is no /nowhere/python3");
  });

  it("because it says so itself, in the last line of what it says", async () => {
    const text = `echo "pinned host to device" >&2; echo "cuda_reference: CUDA sees no GPU" >&2; exit 3`;
    expect(because(await run({ python: python(text) }))).toBe("cuda_reference: CUDA sees no GPU");
  });

  it("because it takes too long", async () => {
    expect(because(await run({ python: python("exec sleep 60"), limit: 0.2 }))).toBe("it took longer than 0.2 s");
    const shareOfBudget = 1 - 0.85; // 0.15000000000000002
    expect(because(await run({ python: python("exec sleep 60"), limit: shareOfBudget }))).toBe("it took longer than 0.15 s");
  });

  it("because it crashes without a word", async () => {
    expect(because(await run({ python: python("kill -SEGV $$") }))).toMatch(/ended with SIGSEGV$/);
  });

  it("because what it prints is cut off, or is something else", async () => {
    expect(because(await run({ python: python(`printf '{"tool": "cu'`) }))).toBe("the script's output is no JSON");
    expect(because(await run({ python: python(`echo '{"tool": "cuda"}'`) }))).toMatch(/^the script's output is no reference: device: /);
  });

  it("because the run is stopped, with the program gone at once", async () => {
    const controller = new AbortController();
    const stopped = run({ python: python("exec sleep 60"), signal: controller.signal });
    controller.abort(new Error("stopped"));
    await expect(stopped).rejects.toThrow("stopped");
  });

  it("and sees the one GPU it is to measure", async () => {
    expect(because(await run({ python: python(`echo "sees $CUDA_VISIBLE_DEVICES" >&2; exit 1`) }))).toBe("sees GPU-5f3a");
  });
});

describe.skipIf(!has("python3"))("the CUDA reference", () => {
  it("says what is missing on a machine without NVIDIA's driver", async ({ skip }) => {
    if (has("nvidia-smi")) skip("this machine has the driver");
    expect(because(await run({}))).toMatch(/^cuda_reference: the CUDA driver's library was not found/);
  });

  it.each([
    [["--samples", "0"], "argument --samples: expected a number above 0, got 0"],
    [["--layers", "28672"], "argument --layers: expected n and k as in 28672x4096, got 28672"],
  ])("refuses %j", async (args, sentence) => {
    expect(because(await run({ args }))).toBe(`cuda_reference.py: error: ${sentence}`);
  });
});

describe.skipIf(!has("python3") || !has("cc") || process.platform !== "linux")(
  "the CUDA reference on libraries of the CPU (needs cc)",
  () => {
    const SMALL = "--mebibytes 4 --chunks 1 3 --large 48 --layers 96x64 --samples 3 --warm-up 0.002 --sample 0.0005".split(" ");

    /** The script with these in the place of NVIDIA's libraries. */
    const onCpu = async (defines: readonly string[], libraries = ["driver", "cublas"]) => {
      mkdirSync(folder.path, { recursive: true });
      for (const name of libraries) {
        const library = name === "driver" ? "libcuda.so.1" : "libcublas.so.12";
        const source = join(projectRoot, "test/driver/fixtures/cuda", `${name}.c`);
        const args = ["-O2", "-shared", "-fPIC", ...defines.map((define) => `-D${define}`), "-o", join(folder.path, library), source];
        const { status, stderr } = spawnSync("cc", args, { encoding: "utf8" });
        if (status !== 0) throw new Error(stderr);
      }
      const python = join(folder.path, "python3");
      writeFileSync(python, `#!/bin/sh\nLD_LIBRARY_PATH='${folder.path}' exec python3 "$@"\n`);
      chmodSync(python, 0o755);
      return run({ python, args: SMALL });
    };
    const reference = (outcome: NativeOutcome) => ("reference" in outcome ? outcome.reference : expect.unreachable(outcome.because));

    it("copies, multiplies in four types, verifies all of it, and keeps every sample", async () => {
      const found = reference(await onCpu([]));
      expect(found).toMatchObject({ tool: "cuda", device: "Imagined GPU", driver: "12.4", library: "cuBLAS 12.4.1", notes: [] });
      expect(found.host_to_device.map(({ bytes, chunk_bytes }) => [bytes, chunk_bytes])).toEqual([
        [4 * 2 ** 20, 2 ** 20],
        [4 * 2 ** 20, 3 * 2 ** 20],
      ]);
      expect(found.device_to_device).toHaveLength(1);
      expect(found.matmuls.map(({ dtype, m, n, k }) => `${dtype} ${m}x${n}x${k}`)).toEqual(
        ["f32", "tf32", "f16", "bf16"].flatMap((dtype) => [`${dtype} 48x48x48`, ...[1, 8, 32, 512].map((m) => `${dtype} ${m}x96x64`)]),
      );
      const cache = 2 ** 16;
      for (const { dtype, n, k, samples_s, weight_copies, worst_share_of_bound } of found.matmuls) {
        expect(samples_s).toHaveLength(3);
        expect(median(samples_s)).toBeGreaterThan(0);
        expect(weight_copies * n * k * (dtype === "f16" || dtype === "bf16" ? 2 : 4)).toBeGreaterThanOrEqual(4 * cache);
        expect(worst_share_of_bound).toBeGreaterThan(0);
      }
    });

    it("gives no figure of a copy that changes a bit", async () => {
      expect(because(await onCpu(["BROKEN_COPY"]))).toBe(
        "cuda_reference: a copy from host to device in chunks of 1048576 bytes arrived changed",
      );
    });

    it("gives no figure of a matmul that is wrong, and says which", async () => {
      const { matmuls, notes, host_to_device } = reference(await onCpu(["WRONG_PRODUCT"]));
      expect(host_to_device).toHaveLength(2);
      expect(matmuls).toEqual([]);
      expect(notes).toHaveLength(20);
      expect(notes[0]).toMatch(/^cuBLAS f32 48×48×48 is wrong: an element is off by [\de+.]+ times what rounding allows$/);
    });

    it("measures copies without cuBLAS, and says what is missing", async () => {
      const { matmuls, library, notes } = reference(await onCpu([], ["driver"]));
      expect({ matmuls, library }).toEqual({ matmuls: [], library: null });
      expect(notes[0]).toMatch(/^no matmul was measured: cuBLAS was not found.*install the CUDA toolkit's libcublas/);
    });

    it("says so where the driver sees no GPU", async () => {
      expect(because(await onCpu(["NO_GPU"]))).toBe("cuda_reference: CUDA sees no GPU: check CUDA_VISIBLE_DEVICES");
    });
  },
);
