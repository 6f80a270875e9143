import { createReadStream, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { pipeline, type Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { extract } from "tar-stream";
import { InputError } from "../src/errors.ts";
import type { NamedText } from "../src/traffic/trace/agent-sessions.ts";

/** Told what share of a file has been read. */
export type OnRead = (share: number) => void;

const PIECE = 1 << 18;

/** A file's bytes, without its compression where its name ends in gz, and the share of it read so far. Errors of either come out of whoever reads. */
const openBytes = (path: string): { bytes: Readable; share: () => number } => {
  const size = statSync(path).size;
  const file = createReadStream(path, { highWaterMark: PIECE });
  const bytes = path.endsWith("gz") ? pipeline(file, createGunzip({ chunkSize: PIECE }), () => {}) : file;
  return { bytes, share: () => (size === 0 ? 1 : file.bytesRead / size) };
};

/** A file's text in pieces. */
export async function* openText(path: string, onRead: OnRead): AsyncGenerator<string> {
  const { bytes, share } = openBytes(path);
  for await (const piece of bytes.setEncoding("utf8") as AsyncIterable<string>) {
    onRead(share());
    yield piece;
  }
}

/** Whether a path is of many files in one: a folder, or a tar archive, compressed or not. */
export const isArchive = (path: string): boolean =>
  /\.(?:tar|tar\.gz|tgz)$/u.test(path) || statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;

/**
 * The files of a folder, by name, or of a tar archive, as they stand in it; each as a whole. Folders inside are entered in an archive only.
 *
 * @param place what messages call it
 * @param isWanted by the file's name; others are not read
 */
export const openFiles = (path: string, place: string, isWanted: (name: string) => boolean, onRead: OnRead): AsyncGenerator<NamedText> =>
  namingFile(filesOf(path, place, isWanted, onRead), place);

async function* filesOf(path: string, place: string, isWanted: (name: string) => boolean, onRead: OnRead): AsyncGenerator<NamedText> {
  if (statSync(path).isDirectory()) {
    const names = readdirSync(path).filter(isWanted).sort(byNumber);
    for (const [i, name] of names.entries()) {
      onRead(i / names.length);
      yield { name: join(place, name), text: readFileSync(join(path, name), "utf8") };
    }
    return;
  }
  const entries = extract();
  const { bytes, share } = openBytes(path);
  bytes.on("error", (error) => entries.destroy(error));
  bytes.pipe(entries);
  try {
    for await (const entry of entries) {
      const { name } = entry.header;
      if (entry.header.type !== "file" || !isWanted(basename(name))) {
        entry.resume();
        continue;
      }
      const pieces: Buffer[] = [];
      for await (const piece of entry) pieces.push(piece as Buffer);
      onRead(share());
      yield { name: `${place}: ${name}`, text: Buffer.concat(pieces).toString("utf8") };
    }
  } catch (error) {
    if (!/tar|header|end of data/iu.test((error as Error).message)) throw error;
    throw new InputError(place, `expected a whole tar archive, got this: ${(error as Error).message}`, "Get it again.");
  }
}

/** `chunk-9` before `chunk-10`. */
const byNumber = (a: string, b: string): number => a.localeCompare(b, "en", { numeric: true });

/** What is wrong with a file or its compression, as an error that names it; any other error as it is. */
export const fileError = (error: unknown, file: string): unknown => {
  const code = (error as NodeJS.ErrnoException).code ?? "";
  if (code === "ENOENT") return new InputError(file, "is not there", "`ballast init` says where public traces are to be had.");
  if (code.startsWith("Z_"))
    return new InputError(file, `expected a whole gzip file, got one that is cut off or damaged (${code})`, "Get it again.");
  if (/^E[A-Z]+$/u.test(code)) return new InputError(file, `cannot be read: ${code}`, "Check that it is a file that you may read.");
  return error;
};

/** The same items; errors of the file they come from name it. */
export async function* namingFile<T>(items: AsyncIterable<T>, file: string): AsyncGenerator<T> {
  try {
    yield* items;
  } catch (error) {
    throw fileError(error, file);
  }
}
