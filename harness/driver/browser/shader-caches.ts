import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Bytes } from "../../../src/units.ts";
import type { TemporaryFolder } from "../site/temporary-folder.ts";

/** Where the browser keeps the shaders it compiled for WebGPU, below its profile's folder. */
const BROWSER_CACHE = join("Default", "DawnWebGPUCache");
const DRIVER_CACHE = "driver-cache";

/** How Chromium's cache on the disk begins its index: a magic number, a version, and the number of entries. */
const INDEX_MAGIC = 0xc103cac3;
const ENTRIES_AT = 8;

/** A folder for the driver's cache of compiled shaders; it goes with the profile. */
export const driverCacheIn = ({ path }: TemporaryFolder): string => {
  const folder = join(path, DRIVER_CACHE);
  mkdirSync(folder, { recursive: true });
  return folder;
};

/** What the caches of compiled shaders in a profile hold on the disk. */
export interface ShaderCaches {
  /** null where the browser's index cannot be read. The files' sizes say nothing: they are made large and filled later. */
  readonly browser_cache_entries: number | null;
  readonly driver_cache_bytes: Bytes;
}

/** Those that a process finds which is started now: the browser writes the last of its own when it ends. */
export const shaderCaches = ({ path }: TemporaryFolder): ShaderCaches => ({
  browser_cache_entries: entriesOrNull(join(path, BROWSER_CACHE, "index")),
  driver_cache_bytes: bytesBelow(join(path, DRIVER_CACHE)),
});

/** Whether neither cache holds anything. */
export const areEmpty = ({ browser_cache_entries, driver_cache_bytes }: ShaderCaches): boolean =>
  browser_cache_entries === 0 && driver_cache_bytes === 0;

const entriesOrNull = (index: string): number | null => {
  if (!existsSync(index)) return 0;
  const header = readFileSync(index);
  return header.length >= ENTRIES_AT + 4 && header.readUInt32LE(0) === INDEX_MAGIC ? header.readInt32LE(ENTRIES_AT) : null;
};

const bytesBelow = (folder: string): Bytes =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0)
    : 0;
