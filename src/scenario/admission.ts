import type { FleetConfig } from "../fleet/config.ts";
import type { Input } from "../provenance.ts";
import { originOf } from "./origin.ts";
import type { GivenScenario } from "./parse.ts";

type AdmissionConfig = Pick<FleetConfig, "admission" | "clients" | "concurrencyLimit">;

/**
 * What stands in front of the fleet, and how clients behave.
 *
 * Deadlines that are not given are the objective's, where the user has given that: Ballast's own default is no reason to reject anybody.
 */
export const admissionOf = ({ scenario, given }: GivenScenario): AdmissionConfig => {
  const { admission, clients, objectives } = scenario;
  const { concurrency_limit: concurrencyLimit, deadline, ...rest } = admission ?? {};
  const objective = given.has("objectives.ttft_p99_s") ? { ttft_s: objectives.ttft_p99_s } : {};
  return {
    ...(admission === undefined
      ? {}
      : { admission: { ...rest, ...(deadline === undefined ? {} : { deadline: { ...objective, ...deadline } }) } }),
    ...(clients === undefined ? {} : { clients }),
    ...(concurrencyLimit === undefined ? {} : { concurrencyLimit }),
  };
};

/** Every setting of admission and clients, whether given or a default of one that was. */
export const admissionInputs = (from: GivenScenario): Input[] => {
  const { admission, clients, concurrencyLimit } = admissionOf(from);
  return [...rowsOf(from, "admission", { concurrency_limit: concurrencyLimit, ...admission }), ...rowsOf(from, "clients", clients)];
};

const rowsOf = (from: GivenScenario, path: string, value: unknown): Input[] =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? Object.entries(value).flatMap(([key, inner]) => rowsOf(from, `${path}.${key}`, inner))
    : value === undefined
      ? []
      : [{ name: path.replace(".", ", "), value: textOf(value), ...originOf(from, placeOf(from, path), whoseDefault(path)) }];

/** Where a setting stands: a deadline that is not given is the objective. */
const placeOf = ({ given }: GivenScenario, path: string): string =>
  path === "admission.deadline.ttft_s" && !given.has(path) ? "objectives.ttft_p99_s" : path;

const textOf = (value: unknown): string => {
  if (Array.isArray(value)) return value.length === 0 ? "none" : value.map(textOf).join(", ");
  return typeof value === "string" ? value : JSON.stringify(value);
};

const whoseDefault = (path: string): string =>
  path.startsWith("admission.shed.") ? "the Gateway API Inference Extension's default" : "Ballast's default";
