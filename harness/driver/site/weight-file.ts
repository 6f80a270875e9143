import { randomFill } from "node:crypto";
import { constants, createReadStream, statfsSync, type ReadStream } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { size } from "../../../src/format.ts";
import { WEIGHT_FILE_STEP, type MadeWeightFile, type ReadFrom } from "../../../src/profile/weight-file.ts";
import type { Bytes, Seconds } from "../../../src/units.ts";
import { makeTemporaryFolder } from "./temporary-folder.ts";

/** A file of random bytes in a temporary folder, which stands for a file of weights. */
export interface WeightFile extends MadeWeightFile {
  readonly bytes: Bytes;
  /** Reads all of it and drops it; null where it cannot be read from there. */
  read(from: ReadFrom): Promise<Seconds | null>;
  /** @param last inclusive */
  stream(first: Bytes, last: Bytes): ReadStream;
  remove(): void;
}

/** The file cannot be made: no room, or no folder that can be written to. */
export class NoRoom extends Error {
  override readonly name = "NoRoom";
}

const BLOCK: Bytes = 4 * 2 ** 20;
/** Room to leave on the disk for everybody else. */
const SPARE: Bytes = 64 * 2 ** 20;
/** Magic number of tmpfs, a file system in memory (Linux, statfs(2)). */
const TMPFS = 0x01021994;
/** Memory that a read past the page cache goes to has to begin at a multiple of the disk's block: 512 or 4096 bytes. */
const ALIGNMENTS: readonly Bytes[] = Array.from({ length: WEIGHT_FILE_STEP / 8 }, (_, i) => 8 * i);

const elsewhere = "Set TMPDIR to a folder on a larger disk.";

const fillRandomly = promisify<Uint8Array, Uint8Array>(randomFill);

const write = async (path: string, bytes: Bytes, signal: AbortSignal | undefined): Promise<void> => {
  const file = await open(path, "wx", 0o600);
  try {
    const block = Buffer.allocUnsafe(BLOCK);
    for (let written = 0; written < bytes;) {
      signal?.throwIfAborted();
      await fillRandomly(block);
      written += (await file.write(block, 0, Math.min(BLOCK, bytes - written))).bytesWritten;
    }
    // A read past the page cache sees what has reached the disk.
    await file.datasync();
  } finally {
    await file.close();
  }
};

/** Memory that this file can be read into past the page cache; null where none is. The address is not told, so places are tried. */
const alignedBlockOrNull = async (file: FileHandle): Promise<Buffer | null> => {
  const memory = Buffer.allocUnsafeSlow(BLOCK + WEIGHT_FILE_STEP);
  for (const offset of ALIGNMENTS) {
    try {
      await file.read(memory, offset, WEIGHT_FILE_STEP, 0);
      return memory.subarray(offset, offset + BLOCK);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EINVAL") throw error;
    }
  }
  return null;
};

const readAll = async (file: FileHandle, block: Buffer): Promise<Seconds> => {
  const started = performance.now();
  for (let at = 0; ;) {
    const { bytesRead } = await file.read(block, 0, block.length, at);
    if (bytesRead === 0) return (performance.now() - started) / 1000;
    at += bytesRead;
  }
};

const readPastCache = async (path: string): Promise<Seconds | null> => {
  if (constants.O_DIRECT === undefined) return null;
  let file: FileHandle;
  try {
    file = await open(path, constants.O_RDONLY | constants.O_DIRECT);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EINVAL") return null; // the file system has no such way
    throw error;
  }
  try {
    const block = await alignedBlockOrNull(file);
    return block === null ? null : await readAll(file, block);
  } finally {
    await file.close();
  }
};

const readFromCache = async (path: string): Promise<Seconds> => {
  const file = await open(path, "r");
  try {
    return await readAll(file, Buffer.allocUnsafe(BLOCK));
  } finally {
    await file.close();
  }
};

/**
 * Writes a file of random bytes, through to the disk; its pages stay in the system's page cache. It goes when it is removed and at
 * the latest when this process ends; one that a killed process left goes when the next is made.
 *
 * @param bytes a multiple of `WEIGHT_FILE_STEP`
 * @param parent the system's folder of temporary files by default
 * @throws the signal's reason where it is aborted
 * @throws NoRoom where the disk is full or the folder cannot be written to; nothing is left there then
 */
export const makeWeightFile = async (bytes: Bytes, parent?: string, signal?: AbortSignal): Promise<WeightFile> => {
  const folder = ((): ReturnType<typeof makeTemporaryFolder> => {
    try {
      return makeTemporaryFolder("ballast-weights-", parent);
    } catch (error) {
      throw new NoRoom(
        `no folder for a file of weights can be made: ${(error as NodeJS.ErrnoException).code ?? String(error)}. ${elsewhere}`,
      );
    }
  })();
  const path = join(folder.path, "weights");
  try {
    const { bavail, bsize, type } = statfsSync(folder.path);
    const free = bavail * bsize;
    if (free < bytes + SPARE) {
      throw new NoRoom(
        `a file of ${size(bytes)} needs ${size(bytes + SPARE)} free among the temporary files, and there are ${size(free)}. ${elsewhere}`,
      );
    }
    await write(path, bytes, signal);
    return {
      bytes,
      storage: type === TMPFS ? "memory" : "disk",
      read: (from) => (from === "disk" ? (type === TMPFS ? Promise.resolve(null) : readPastCache(path)) : readFromCache(path)),
      stream: (first, last) => createReadStream(path, { start: first, end: last, highWaterMark: BLOCK }),
      remove: folder.remove,
    };
  } catch (error) {
    folder.remove();
    if (error instanceof NoRoom) throw error;
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOSPC" || code === "EDQUOT" || code === "EFBIG" || code === "EROFS") {
      throw new NoRoom(`a file of ${size(bytes)} could not be written among the temporary files: ${code}. ${elsewhere}`);
    }
    throw error;
  }
};
