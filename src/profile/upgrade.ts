import { groupBy } from "../stats/group-by.ts";
import { UNKNOWN_MACHINE } from "./machine-state.ts";
import { ONE_PROCESS } from "./measurements/common.ts";

type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json => typeof value === "object" && value !== null;
const isListOfObjects = (value: unknown): value is readonly Json[] => Array.isArray(value) && value.every(isObject);

/** Measurements of version 1 as version 2 writes them; null for one that asked less than version 2 has to know. */
const measurementFrom1 = (measurement: Json): Json | null => {
  switch (measurement["kind"]) {
    case "upload":
      return { ...measurement, first_s: [measurement["first_s"]], into_bytes: measurement["bytes"] };
    case "warm-up": {
      const { id, kind, ...start } = measurement;
      const cold = { fresh: "process", pipelines: "cold", launch: 0, browser_cache_entries: 0, driver_cache_bytes: 0, gpu_s: null };
      return { id, kind, starts: [{ ...start, ...cold }], missing: "version 1 of the profile measured one start only" };
    }
    case "kernel": {
      const timing = measurement["timing"];
      return {
        ...measurement,
        id: `${String(measurement["id"])} hot`,
        cache: "hot",
        rotated_bytes: 0,
        power_w: null,
        timing: { dropped: 0, ...(isObject(timing) ? timing : {}), throttled: 0, visits: [], stopping: null },
      };
    }
    case "overhead":
      return null;
    default:
      return measurement;
  }
};

const TURN = / turn=\d+$/u;

const joined = (lists: readonly unknown[]): unknown[] => lists.flatMap((list): unknown[] => (Array.isArray(list) ? list : []));

/** Version 2 took two turns of an upload as two measurements; version 3 has one measurement of everything. */
const withoutTurns = (measurements: readonly Json[]): Json[] =>
  [...groupBy(measurements, ({ id }) => String(id).replace(TURN, ""))].map(([id, turns]) => ({
    ...turns[0],
    id,
    ...(turns.length < 2
      ? {}
      : { first_s: joined(turns.map(({ first_s }) => first_s)), repeated_s: joined(turns.map(({ repeated_s }) => repeated_s)) }),
  }));

const measurementFrom2 = (measurement: Json): Json => {
  const { kind, timing } = measurement;
  if (kind === "upload" || kind === "overhead" || kind === "load-pipeline") return { ...measurement, ...ONE_PROCESS };
  if (kind !== "kernel" || !isObject(timing) || !isListOfObjects(timing["visits"])) return measurement;
  const visits = timing["visits"].map((visit) => ({ ...visit, process: 0 }));
  return { ...measurement, timing: { ...timing, visits, process_noise: null } };
};

/** From version 3 to 4. Version 3 did not record an adapter's subgroups and matrix units. */
export const upgradeFrom3 = (profile: Json): Record<string, unknown> => {
  const { environment } = profile;
  const added = { schema: "ballast.profile/4" };
  // Not what version 3 wrote: the schema says so.
  if (!isObject(environment) || !isObject(environment["adapter"])) return { ...profile, ...added };
  const adapter = { ...environment["adapter"], subgroup_sizes: null, matrix_units: null };
  return { ...profile, ...added, environment: { ...environment, adapter } };
};

/** From version 2 to 3. Version 2 measured in one process, and so knew nothing of what differs between processes. */
export const upgradeFrom2 = (profile: Json): Record<string, unknown> => {
  const { measurements } = profile;
  const added = { schema: "ballast.profile/3" };
  // Not what version 2 wrote: the schema says so.
  if (!isListOfObjects(measurements)) return { ...profile, ...added };
  return { ...profile, ...added, measurements: withoutTurns(measurements).map(measurementFrom2) };
};

/**
 * From version 1 to 2. Version 1 timed kernels hot only, one cold start, and of the overhead less than steps are predicted from:
 * that measurement is left out by name.
 */
export const upgradeFrom1 = (profile: Json): Record<string, unknown> => {
  const added = { schema: "ballast.profile/2", machine: UNKNOWN_MACHINE, native_reference: null };
  const { measurements: older, left_out: earlier } = profile;
  // Not what version 1 wrote: the schema says so.
  if (!isListOfObjects(older) || !isListOfObjects(earlier)) return { ...profile, ...added };
  const measurements = older.map((before) => ({ before, after: measurementFrom1(before) }));
  const leftOut = measurements.flatMap(({ before, after }) =>
    after === null ? [{ id: before["id"], because: "version 1 of the profile measured too little of it" }] : [],
  );
  return {
    ...profile,
    ...added,
    measurements: measurements.flatMap(({ after }) => after ?? []),
    left_out: [...earlier, ...leftOut],
  };
};
