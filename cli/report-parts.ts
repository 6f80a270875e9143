import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { gunzipSync } from "node:zlib";
import { DEVICE_MODEL_SCHEMA, type DeviceModel } from "../src/calibration/device-model.ts";
import { deviceModelFile } from "../src/calibration/read-device-model.ts";
import { InputError } from "../src/errors.ts";
import { RUN_SCHEMA, type Run, runSchema } from "../src/fleet/run.ts";
import { parseJsonObject } from "../src/json.ts";
import { PLAN_SCHEMA, type Plan, planSchema } from "../src/plan/schema.ts";
import { upgradeFrom1 } from "../src/plan/upgrade.ts";
import { profileFile } from "../src/profile/read.ts";
import { PROFILE_SCHEMA, type Profile } from "../src/profile/schema.ts";
import type { Made, ReportParts } from "../src/report/html/parts.ts";
import { PEERS_SCHEMA, peersFile, type PeerTable } from "../src/report/peers-schema.ts";
import { ballastVersion } from "./project.ts";
import { readVersioned, type VersionedFile } from "../src/versioned.ts";

const runFile: VersionedFile<Run> = {
  what: "run",
  current: RUN_SCHEMA,
  schema: runSchema,
  upgrades: {},
  nextStep: "Simulate again: npm run simulate",
};
const planFile: VersionedFile<Plan> = {
  what: "plan",
  current: PLAN_SCHEMA,
  schema: planSchema,
  upgrades: { 1: upgradeFrom1 },
  nextStep: "Plan again: npm run plan",
};

const NEXT_STEP = "Give a run's folder, or files that bench, calibrate, simulate, plan or bench:peers wrote.";

/** What a run's folder holds that a report is made of; other files there are left alone. */
const IN_FOLDER = /^(profile|device-model|plan|peers|run(-[\w-]+)?)\.json$/u;

const filesOf = (path: string): string[] => {
  if (!existsSync(path)) throw new InputError(path, "expected a folder or a file, found neither", NEXT_STEP);
  if (!statSync(path).isDirectory()) return [path];
  const files = readdirSync(path)
    .filter((name) => IN_FOLDER.test(name))
    .sort();
  if (files.length === 0)
    throw new InputError(
      path,
      "expected profile.json, device-model.json, plan.json, peers.json or a run in this folder, found none",
      NEXT_STEP,
    );
  return files.map((name) => join(path, name));
};

const textOf = (path: string, bytes: Buffer): string => {
  if (!path.endsWith(".gz")) return bytes.toString("utf8");
  try {
    return gunzipSync(bytes).toString("utf8");
  } catch {
    throw new InputError(path, "expected gzipped JSON, found something else or a part of it", NEXT_STEP);
  }
};

/** A file as the foot of a page names it. */
export const hashed = (path: string, bytes = readFileSync(path)): Made["from"][number] => ({
  name: basename(path),
  sha256: createHash("sha256").update(bytes).digest("hex"),
});

/**
 * Reads what a report is made of: run folders, or files told apart by their `schema`.
 *
 * @param paths absolute
 * @param now when the report is made
 * @throws InputError where one is not there, is none of Ballast's values, or two profiles, device models, plans or peer tables are given
 */
export const readReportParts = (paths: readonly string[], now: Date): ReportParts => {
  const from: Made["from"][number][] = [];
  const runs: Run[] = [];
  const found: { profile?: Profile; deviceModel?: DeviceModel; plan?: Plan; peers?: PeerTable } = {};
  const once = <K extends keyof typeof found>(key: K, value: (typeof found)[K], what: string, path: string): void => {
    if (found[key] !== undefined) throw new InputError(path, `expected one ${what} at most, got a second`, "Give the files of one run.");
    found[key] = value;
  };
  const files = paths.flatMap(filesOf);
  for (const path of files) {
    const bytes = readFileSync(path);
    from.push(hashed(path, bytes));
    const text = textOf(path, bytes);
    const { schema } = parseJsonObject(text, path, NEXT_STEP);
    const kind = typeof schema === "string" ? schema.replace(/\/\d+$/u, "") : "";
    const isOf = (current: string): boolean => current.replace(/\/\d+$/u, "") === kind;
    if (isOf(PROFILE_SCHEMA)) once("profile", readVersioned(profileFile, text, path), "profile", path);
    else if (isOf(DEVICE_MODEL_SCHEMA)) once("deviceModel", readVersioned(deviceModelFile, text, path), "device model", path);
    else if (isOf(PLAN_SCHEMA)) once("plan", readVersioned(planFile, text, path), "plan", path);
    else if (isOf(PEERS_SCHEMA)) once("peers", readVersioned(peersFile, text, path), "peer table", path);
    else if (isOf(RUN_SCHEMA)) runs.push(readVersioned(runFile, text, path));
    else {
      const got = schema === undefined ? "none" : JSON.stringify(schema);
      throw new InputError(
        `${path}: schema`,
        `expected that of a profile, a device model, a run, a plan or a peer table, got ${got}`,
        NEXT_STEP,
      );
    }
  }
  // The fixed fleet first: it is the answer, and what the others are held against.
  const isFixed = ({ policy }: Run): boolean => policy.startsWith("fixed");
  const made: Made = { version: ballastVersion, at: `${now.toISOString().slice(0, 16).replace("T", " ")} UTC`, from };
  return {
    ...found,
    made,
    files: files.map((path) => basename(path)),
    runs: [...runs.filter(isFixed), ...runs.filter((run) => !isFixed(run))],
  };
};
