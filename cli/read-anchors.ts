import { resolve } from "node:path";
import { isEngineLog, readEngineStart } from "../src/calibration/anchors/engine-start.ts";
import { isLlamaBench, isLlamaBenchTable, readLlamaBenchRecords, readLlamaBenchTable } from "../src/calibration/anchors/llama-bench.ts";
import { nativeAnchor } from "../src/calibration/anchors/native-reference.ts";
import { isNvbandwidthText, readNvbandwidthJson, readNvbandwidthText } from "../src/calibration/anchors/nvbandwidth.ts";
import type { ReadAnchor } from "../src/calibration/anchors/point.ts";
import { isVllmBench, readVllmBench } from "../src/calibration/anchors/vllm-bench.ts";
import { InputError } from "../src/errors.ts";
import { readProfile } from "../src/profile/read.ts";
import { PROFILE_SCHEMA, type Profile } from "../src/profile/schema.ts";
import { readProfileFile } from "./kept-profiles.ts";
import { readText } from "./files.ts";
import { readCsvLines } from "./read-tables.ts";

/**
 * Measured points of an engine or a link, from whatever file they are in: told by what stands in it, not by its name.
 *
 * @throws InputError where the file is none of those known
 */
export const readAnchor = (given: string, cwd: string): ReadAnchor => {
  if (given.endsWith(".gz")) return ofProfile(readProfileFile(resolve(cwd, given)), given);
  const text = readText(cwd, given);
  const value = jsonOrNull(text);
  if (Array.isArray(value) && value.every(isLlamaBench)) return readLlamaBenchRecords(value as Record<string, unknown>[], given);
  if (isRecord(value)) {
    if (isVllmBench(value)) return readVllmBench(value, given);
    if (isLlamaBench(value)) return readLlamaBenchRecords([value], given);
    if ("nvbandwidth" in value) return readNvbandwidthJson(value, given);
    if (String(value["schema"]).startsWith(PROFILE_SCHEMA.replace(/\d+$/u, ""))) return ofProfile(readProfile(text, given), given);
  }
  if (isNvbandwidthText(text)) return readNvbandwidthText(text, given);
  if (isLlamaBenchTable(text)) return readLlamaBenchTable(text, given);
  if (isEngineLog(text)) return readEngineStart(text, given);
  if (/^[^\n]*\bavg_ts\b/u.test(text))
    return readLlamaBenchRecords(
      readCsvLines(text, given).map(({ fields }) => fields),
      given,
    );
  throw new InputError(
    given,
    "expected a result of vllm bench serve (--save-result), llama-bench, nvbandwidth, the log of a starting vLLM, or a profile with a native reference; it is none of them",
    "Give the tool's own file, unchanged.",
  );
};

const ofProfile = (profile: Profile, given: string): ReadAnchor => {
  const anchor = nativeAnchor(profile, given);
  if (anchor !== null) return anchor;
  throw new InputError(`${given}: native_reference`, "expected the GPU measured without a browser, got none", "Give another anchor.");
};

const jsonOrNull = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
};

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);
