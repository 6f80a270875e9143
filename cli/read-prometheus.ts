import { existsSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { InputError } from "../src/errors.ts";
import { fileName, placeOf, PROMETHEUS_FILES, type PrometheusTexts } from "../src/traffic/prometheus/files.ts";
import { readText } from "./files.ts";

/** Whether a path is a folder of saved range queries, by the file that every one has. */
export const isPrometheusFolder = (path: string): boolean =>
  (["requests", "rate"] as const).some((name) => existsSync(join(path, fileName(name))));

/**
 * The texts of a folder's saved range queries.
 *
 * @param given as the user wrote it; starts from `from`
 * @throws InputError where it is no folder, or a file of it cannot be read
 */
export const readPrometheusFolder = (given: string, from: string): PrometheusTexts => {
  const path = resolve(from, given);
  if (!existsSync(path) || !statSync(path).isDirectory()) {
    throw new InputError(given, "is not a folder", "`ballast traffic queries` prints the commands that fill one from your Prometheus.");
  }
  const there = PROMETHEUS_FILES.filter((name) => existsSync(join(path, fileName(name))));
  return { folder: given, texts: new Map(there.map((name) => [name, readText(from, placeOf(given, name))])) };
};
