// The bundle's tree as one compressed archive.
import { spawn } from "node:child_process";
import { createWriteStream, readdirSync, statSync } from "node:fs";
import { extname, join, relative } from "node:path";
import { pipeline } from "node:stream/promises";
import { isElf } from "./libraries.mjs";
import { BundleError } from "./programs.mjs";

/**
 * As the unpacking program can read it: a dictionary of 64 MiB at most, no filter for machine code, CRC32. The literal bits suit machine
 * code, which is most of it. The bytes do not depend on the number of threads.
 */
const xzOptions = (preset) => [
  "--compress",
  "--stdout",
  "--threads=0",
  "--check=crc32",
  `--lzma2=preset=${preset},dict=64MiB,lc=4,lp=0,pb=0`,
];

/** Files with like content beside each other: programs and libraries first, then by kind. */
const inOrder = (tree) => {
  const files = readdirSync(tree, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(tree, join(entry.parentPath, entry.name)));
  const keyOf = (file) => `${statSync(join(tree, file)).size > 3 && isElf(join(tree, file)) ? 0 : 1} ${extname(file)} ${file}`;
  return files
    .map((file) => ({ file, key: keyOf(file) }))
    .sort((a, b) => (a.key < b.key ? -1 : 1))
    .map(({ file }) => file);
};

const ended = (child, name) =>
  new Promise((resolve, reject) => {
    child.once("error", (error) => reject(new BundleError(`cannot run ${name}: ${error.message}.`)));
    child.once("close", (status) => (status === 0 ? resolve() : reject(new BundleError(`${name} ended with ${status}.`))));
  });

/**
 * Packs a folder into a tar.xz: the same bytes for the same tree.
 *
 * @param preset xz's: "9e" is smallest and takes minutes, "1" is for tests
 */
export const packTree = async (tree, archive, preset = "9e") => {
  const tar = spawn(
    "tar",
    [
      "--create",
      "--file=-",
      "--format=ustar",
      "--owner=0",
      "--group=0",
      "--numeric-owner",
      "--mtime=@0",
      "--mode=u+rw,go+r,a+X",
      "--no-recursion",
      "--null",
      "--files-from=-",
    ],
    { cwd: tree, stdio: ["pipe", "pipe", "inherit"] },
  );
  const xz = spawn("xz", xzOptions(preset), { stdio: ["pipe", "pipe", "inherit"] });
  tar.stdin.end(
    inOrder(tree)
      .map((file) => `${file}\0`)
      .join(""),
  );
  await Promise.all([ended(tar, "tar"), ended(xz, "xz"), pipeline(tar.stdout, xz.stdin), pipeline(xz.stdout, createWriteStream(archive))]);
};
