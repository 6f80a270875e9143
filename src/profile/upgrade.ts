import { UNKNOWN_MACHINE } from "./machine-state.ts";

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
