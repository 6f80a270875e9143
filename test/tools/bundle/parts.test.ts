import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { projectRoot } from "../../../cli/project.ts";
import { freshFolder } from "../../cli/folder.ts";

interface Part {
  readonly path: string;
  readonly bytes: number;
}
interface Packing {
  packTree(tree: string, archive: string, preset: string): Promise<void>;
  writeParts(of: {
    archive: string;
    toolbox: string;
    script: string;
    facts: Readonly<Record<string, string>>;
    folder: string;
    name: string;
    most: number;
  }): Part[];
  partSizes(total: number, most: number): number[];
  parseSize(text: string): number;
}
const tools = join(projectRoot, "tools/bundle");
const { packTree, writeParts, partSizes, parseSize } = {
  ...((await import(join(tools, "archive.mjs"))) as object),
  ...((await import(join(tools, "parts.mjs"))) as object),
} as Packing;

const runs = (program: string) => spawnSync(program, ["--version"]).status === 0;
const cannotUnpack = process.platform !== "linux" || process.arch !== "x64" || !runs("xz") || !runs("tar");

const folder = freshFolder();
const at = (...parts: string[]) => join(folder.path, ...parts);

/** A bundle of a small tree, whose toolbox hands over to the system's programs. */
const makeBundle = async (most: number, glibc = "2.2"): Promise<readonly Part[]> => {
  mkdirSync(at("tree/data"), { recursive: true });
  writeFileSync(at("tree/run.sh"), "#!/bin/sh\necho it runs\n");
  chmodSync(at("tree/run.sh"), 0o755);
  writeFileSync(at("tree/data/noise"), createHash("shake256", { outputLength: 30_000 }).update("noise").digest());
  writeFileSync(at("toolbox"), '#!/bin/sh\nprogram=$1; shift; exec "$program" "$@"\n');
  await packTree(at("tree"), at("archive"), "1");
  return writeParts({
    archive: at("archive"),
    toolbox: at("toolbox"),
    script: readFileSync(join(tools, "target/unpack.sh"), "utf8"),
    facts: { VERSION: "0", UNPACKED: "30 kB", GLIBC: glibc },
    folder: at("parts"),
    name: "b",
    most,
  });
};

/** What the first part prints when it is run, and whether it went well. */
const unpack = (to = at("unpacked")) => {
  const first = readdirSync(at("parts")).find((name) => name.startsWith("b.1-"))!;
  const { status, stdout, stderr } = spawnSync("sh", [at("parts", first), to], { encoding: "utf8" });
  return { status, said: folder.text(stdout + stderr) };
};

describe("the parts of a bundle", () => {
  it.each([
    [100, Infinity, [100]],
    [100, 100, [100]],
    [101, 100, [51, 50]],
    [300, 100, [100, 100, 100]],
    [301, 100, [76, 76, 76, 73]],
  ])("of %i bytes, at most %i each: %j", (total, most, expected) => {
    expect(partSizes(total, most)).toEqual(expected);
  });

  it.each([
    ["60MiB", 62_914_560],
    ["64MB", 64_000_000],
    ["1.5GiB", 1_610_612_736],
    ["100000", 100_000],
  ])("%s is %i bytes", (text, bytes) => {
    expect(parseSize(text)).toBe(bytes);
  });

  it.each(["60 megs", "", "-1MB", "0", "8KiB"])("refuses a size of %j", (text) => {
    expect(() => parseSize(text)).toThrow(/--part-size: expected a size above 8192 bytes/);
  });
});

describe.skipIf(cannotUnpack)("unpacking (Linux on x86-64 with tar and xz)", () => {
  beforeEach(() => {
    for (const name of ["parts", "unpacked"]) rmSync(at(name), { recursive: true, force: true });
  });

  const whole = () => {
    expect(readFileSync(at("unpacked/data/noise"))).toEqual(readFileSync(at("tree/data/noise")));
    expect(spawnSync(at("unpacked/run.sh"), { encoding: "utf8" }).stdout).toBe("it runs\n");
    expect(readdirSync(at("unpacked")).sort()).toEqual(["data", "run.sh"]);
  };

  it("one file gives the tree again, byte for byte, programs runnable", async () => {
    expect(await makeBundle(Infinity)).toHaveLength(1);
    expect(unpack()).toEqual({
      status: 0,
      said: "Unpacked into <folder>/unpacked. Next: <folder>/unpacked/run.sh doctor, or <folder>/unpacked/visit.sh --gpu NAME\n",
    });
    whole();
  });

  it("leaves no parts of an earlier bundle beside its own, and other files alone", async () => {
    await makeBundle(16_000);
    writeFileSync(at("parts/notes.txt"), "mine");
    await makeBundle(Infinity);
    expect(readdirSync(at("parts")).sort()).toEqual(["b.1-of-1", "notes.txt"]);
  });

  it("three parts give the tree again, and none is larger than asked for", async () => {
    const parts = await makeBundle(16_000);
    expect(parts).toHaveLength(3);
    for (const { path, bytes } of parts) {
      expect(bytes).toBeLessThanOrEqual(16_000);
      expect(statSync(path).size).toBe(bytes);
    }
    expect(unpack().status).toBe(0);
    whole();
  });

  it("is the same bytes from the same tree", async () => {
    const read = (parts: readonly Part[]) => parts.map(({ path }) => readFileSync(path));
    const first = read(await makeBundle(16_000));
    expect(read(await makeBundle(16_000))).toEqual(first);
  });

  it("names the parts that are missing and unpacks nothing", async () => {
    await makeBundle(16_000);
    rmSync(at("parts/b.2-of-3"));
    rmSync(at("parts/b.3-of-3"));
    expect(unpack()).toEqual({
      status: 1,
      said: "ballast: expected all parts in <folder>/parts, missing: b.2-of-3 b.3-of-3. Bring them here and run this again.\n",
    });
    expect(existsSync(at("unpacked"))).toBe(false);
  });

  it.each([
    ["the first, behind its script", "b.1-of-3", 12_000],
    ["the second", "b.2-of-3", 5],
    ["the last, at its end", "b.3-of-3", -1],
  ])("notices one changed byte in %s", async (_, name, where) => {
    await makeBundle(16_000);
    const bytes = readFileSync(at("parts", name));
    const index = where < 0 ? bytes.length + where : where;
    bytes[index] = bytes[index]! ^ 1;
    writeFileSync(at("parts", name), bytes);
    expect(unpack()).toEqual({
      status: 1,
      said: `ballast: ${name} is damaged, or of another bundle than b.1-of-3: its SHA-256 differs. Carry it again.\n`,
    });
    expect(existsSync(at("unpacked/run.sh"))).toBe(false);
  });

  it("notices a part that was cut short", async () => {
    await makeBundle(16_000);
    writeFileSync(at("parts/b.2-of-3"), readFileSync(at("parts/b.2-of-3")).subarray(0, 100));
    expect(unpack().said).toContain("b.2-of-3 is damaged");
  });

  it("does not unpack over another bundle", async () => {
    await makeBundle(Infinity);
    unpack();
    expect(unpack()).toEqual({
      status: 1,
      said: "ballast: <folder>/unpacked already holds a bundle. Name another folder, or remove that one.\n",
    });
  });

  it("warns where the machine's glibc is older than the browser needs", async () => {
    await makeBundle(Infinity, "9.9");
    expect(unpack().said).toMatch(/^ballast: warning: the browser needs glibc 9\.9 or newer, this machine has 2\.\d+\./m);
  });
});
