import { accessSync, closeSync, constants, openSync, readSync, realpathSync, statSync } from "node:fs";
import type { FileProbe } from "./find-browser.ts";

const orElse = <T>(ask: () => T, fallback: T): T => {
  try {
    return ask();
  } catch {
    return fallback;
  }
};

const BEGINNING_BYTES = 4096;

/** The real file system. A question about a file that is absent or closed to us is answered as if it were empty. */
export const fileProbe: FileProbe = {
  isExecutable: (path) =>
    orElse(() => {
      accessSync(path, constants.X_OK);
      return statSync(path).isFile();
    }, false),
  realPath: (path) => orElse(() => realpathSync(path), path),
  beginning: (path) =>
    orElse(() => {
      const file = openSync(path, "r");
      try {
        const buffer = Buffer.alloc(BEGINNING_BYTES);
        return buffer.toString("latin1", 0, readSync(file, buffer, 0, BEGINNING_BYTES, 0));
      } finally {
        closeSync(file);
      }
    }, ""),
};
