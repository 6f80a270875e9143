import type { Bytes, Seconds } from "../units.ts";

/**
 * Where the driver's server keeps its file of random bytes, relative to the measuring page:
 *
 * - `POST weight-file?bytes=N` makes it (one at a time) and answers with a `MadeWeightFile`; 507 with the reason where it cannot.
 * - `POST weight-file/read?from=disk|page-cache` reads it in the server's process and answers with a `ReadWeightFile`.
 * - `GET weight-file` streams it, or a `Range` of it.
 * - `DELETE weight-file` removes it; it goes with the server in any case.
 */
export const WEIGHT_FILE_PATH = "weight-file";

/** Past the page cache, or out of it. */
export type ReadFrom = "disk" | "page-cache";

export interface MadeWeightFile {
  /** What the folder of temporary files lies on. */
  readonly storage: "disk" | "memory";
}

export interface ReadWeightFile {
  /** For the whole file; null where it cannot be read from there. */
  readonly seconds: Seconds | null;
}

/** Sizes are multiples of this: reads past the page cache go by whole pages. */
export const WEIGHT_FILE_STEP: Bytes = 4096;
export const LARGEST_WEIGHT_FILE: Bytes = 16 * 2 ** 30;
