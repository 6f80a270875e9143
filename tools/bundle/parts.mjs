// One archive as parts that can be carried one by one. The first part is a shell script that puts them together again.
import { createHash } from "node:crypto";
import { closeSync, mkdirSync, openSync, readFileSync, readSync, readdirSync, rmSync, statSync, writeSync } from "node:fs";
import { basename, join } from "node:path";
import { BundleError } from "./programs.mjs";

/** The script at the head of the first part ends within this many bytes; what follows is the toolbox, then the archive. */
const HEADER_BYTES = 8192;

const UNITS = { "": 1, kB: 1e3, MB: 1e6, GB: 1e9, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 };

/**
 * Bytes of a size as people write it: "60MiB", "64MB", "1000000".
 *
 * @throws BundleError where it is none, or too small for the head of a first part
 */
export const parseSize = (text) => {
  const [, number, unit] = /^(\d+(?:\.\d+)?) *([kMG]B|[KMG]iB)?$/.exec(text) ?? [];
  const bytes = Math.floor(Number(number) * UNITS[unit ?? ""]);
  if (!(bytes > HEADER_BYTES)) {
    throw new BundleError(`--part-size: expected a size above ${HEADER_BYTES} bytes, such as 60MiB or 64MB, got ${JSON.stringify(text)}.`);
  }
  return bytes;
};

/** Reads files as if they were one, a piece at a time. */
const pieces = function* (paths) {
  const buffer = Buffer.alloc(2 ** 20);
  for (const path of paths) {
    const file = openSync(path, "r");
    try {
      for (let read = readSync(file, buffer); read > 0; read = readSync(file, buffer)) yield buffer.subarray(0, read);
    } finally {
      closeSync(file);
    }
  }
};

/** Sizes of the fewest parts, none above `most` bytes and all alike but for the last. */
export const partSizes = (total, most) => {
  const count = Math.max(1, Math.ceil(total / most));
  const each = Math.ceil(total / count);
  return Array.from({ length: count }, (_, index) => Math.min(each, total - index * each));
};

/** The script with its values in place, padded to its fixed length. */
const header = (script, values) => {
  const text = Object.entries(values).reduce((filled, [name, value]) => filled.replaceAll(`@${name}@`, () => String(value)), script);
  const unfilled = /@[A-Z_]+@/.exec(text)?.[0];
  if (unfilled !== undefined) throw new Error(`${unfilled} of the unpacking script has no value`);
  const bytes = Buffer.from(text);
  if (bytes.length > HEADER_BYTES) throw new Error(`the unpacking script has ${bytes.length} bytes, ${HEADER_BYTES} at most`);
  return Buffer.concat([bytes, Buffer.alloc(HEADER_BYTES - bytes.length, "\n")]);
};

/**
 * Writes an archive as parts `<name>.1-of-N` … into a folder.
 *
 * Each part's SHA-256 is in the head of the first: of the first part, that of what follows the head. So a damaged part, a missing one
 * and one of another bundle are told apart from a good one before anything is unpacked.
 *
 * @param archive a tar.xz file
 * @param toolbox a static program that is tar, xz and sha256sum by its first argument; it travels in front of the archive
 * @param script the unpacking script, in which @NAME@ stands for what is known only here
 * @param facts further values for the script
 * @param most bytes that no part exceeds; Infinity for one file
 * @returns path, bytes and SHA-256 of each part
 */
export const writeParts = ({ archive, toolbox, script, facts, folder, name, most }) => {
  const toolboxBytes = statSync(toolbox).size;
  const partBytes = partSizes(HEADER_BYTES + toolboxBytes + statSync(archive).size, most);
  const paths = partBytes.map((_, index) => join(folder, `${name}.${index + 1}-of-${partBytes.length}`));
  mkdirSync(folder, { recursive: true });
  // Parts of another bundle beside these would be carried along with them.
  for (const entry of readdirSync(folder)) if (entry.startsWith(`${name}.`) && /\.\d+-of-\d+$/.test(entry)) rmSync(join(folder, entry));
  const sums = partBytes.map(() => createHash("sha256"));
  const files = paths.map((path) => openSync(path, "w", 0o755));
  try {
    let part = 0;
    let at = HEADER_BYTES;
    for (let piece of pieces([toolbox, archive])) {
      while (piece.length > 0) {
        if (at === partBytes[part]) [part, at] = [part + 1, 0];
        const fitting = piece.subarray(0, partBytes[part] - at);
        writeSync(files[part], fitting, 0, fitting.length, at);
        sums[part].update(fitting);
        at += fitting.length;
        piece = piece.subarray(fitting.length);
      }
    }
    const list = paths.map((path, index) => `${sums[index].copy().digest("hex")} ${basename(path)}`).join("\n");
    writeSync(
      files[0],
      header(script, { ...facts, HEADER: HEADER_BYTES, TOOLBOX: toolboxBytes, FIRST: basename(paths[0]), PARTS: list }),
      0,
      HEADER_BYTES,
      0,
    );
  } finally {
    files.forEach((file) => closeSync(file));
  }
  return paths.map((path, index) => ({
    path,
    bytes: partBytes[index],
    sha256: createHash("sha256").update(readFileSync(path)).digest("hex"),
  }));
};
