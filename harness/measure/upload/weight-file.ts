import { WEIGHT_FILE_PATH, type MadeWeightFile, type ReadFrom, type ReadWeightFile } from "../../../src/profile/weight-file.ts";
import type { Bytes, Seconds } from "../../../src/units.ts";
import { LeftOut } from "../left-out.ts";

/** The driver's file of random bytes, as the page sees it. */
export interface WeightFile extends MadeWeightFile {
  /** Seconds that the server takes to read it all; null where it cannot be read from there. */
  read(from: ReadFrom): Promise<Seconds | null>;
  stream(): Promise<ReadableStream<Uint8Array<ArrayBuffer>>>;
  /** The bytes of the file from one place to another. */
  range(from: Bytes, to: Bytes): Promise<Uint8Array<ArrayBuffer>>;
  remove(): Promise<void>;
}

const ask = async (path: string, init: RequestInit): Promise<Response> => {
  // The browser would write what it fetches into a cache on the same disk.
  const response = await fetch(path, { ...init, cache: "no-store" });
  if (!response.ok) throw new LeftOut((await response.text()) || `the server answered ${response.status} to ${path}`);
  return response;
};

/**
 * Has the driver make a file of so many random bytes.
 *
 * @throws LeftOut where there is no server, or no room on its disk
 */
export const makeWeightFile = async (bytes: Bytes): Promise<WeightFile> => {
  if (typeof location === "undefined") throw new LeftOut("this runtime has no server that a file could be streamed from");
  const made = (await (await ask(`${WEIGHT_FILE_PATH}?bytes=${bytes}`, { method: "POST" })).json()) as MadeWeightFile;
  return {
    ...made,
    read: async (from) => {
      const response = await ask(`${WEIGHT_FILE_PATH}/read?from=${from}`, { method: "POST" });
      return ((await response.json()) as ReadWeightFile).seconds;
    },
    stream: async () => {
      const { body } = await ask(WEIGHT_FILE_PATH, {});
      if (body === null) throw new LeftOut("the server answered without a file");
      return body;
    },
    range: async (from, to) => {
      const response = await ask(WEIGHT_FILE_PATH, { headers: { Range: `bytes=${from}-${to - 1}` } });
      return new Uint8Array(await response.arrayBuffer());
    },
    remove: async () => void (await ask(WEIGHT_FILE_PATH, { method: "DELETE" })),
  };
};
