import type { KpaSpec } from "../autoscaler/knative/spec.ts";
import { InputError, NotModelledError } from "../errors.ts";
import { closestKeyOrNull } from "../scenario/known-keys.ts";
import { durationOrNull } from "./duration.ts";

export const AUTOSCALING = "autoscaling.knative.dev/";
const KPA = "kpa.autoscaling.knative.dev";
export const PROGRESS_DEADLINE = "serving.knative.dev/progress-deadline";

/** Reads one annotation into its part of the spec. */
export type Reader = (text: string, place: string) => Partial<KpaSpec>;

const whole =
  (field: keyof KpaSpec, least = 0): Reader =>
  (text, place) => ({
    [field]: within(/^\d+$/u.test(text) ? Number(text) : NaN, [least, Infinity], `whole number of ${least} or more`, text, place),
  });
const decimal =
  (field: keyof KpaSpec, [from, to]: readonly [number, number]): Reader =>
  (text, place) => ({
    [field]: within(
      text.trim() === "" ? NaN : Number(text),
      [from, to],
      to === Infinity ? `number of ${from} or more` : `number from ${from} to ${to}`,
      text,
      place,
    ),
  });
const duration =
  (field: keyof KpaSpec, [from, to]: readonly [number, number]): Reader =>
  (text, place) => {
    const time = within(durationOrNull(text) ?? NaN, [from, to], `duration from ${from}s to 1h`, text, place);
    if (!Number.isInteger(time)) throw new InputError(place, `expected whole seconds, got ${text}`, "Knative takes no finer ones.");
    return { [field]: time };
  };

/** A value within its limits, or an InputError with the rule in words. */
export const within = (value: number, [from, to]: readonly [number, number], rule: string, text: string, place: string): number => {
  if (value >= from && value <= to) return value;
  throw new InputError(place, `expected a ${rule}, got ${JSON.stringify(text)}`, "See https://knative.dev/docs/serving/autoscaling/.");
};

/** Knative's own limit, in seconds. */
export const LONGEST_WINDOW = 3600;

/** Annotations by their name behind `autoscaling.knative.dev/`. */
export const READERS: Readonly<Record<string, Reader>> = {
  "min-scale": whole("minScale"),
  "max-scale": whole("maxScale"),
  "initial-scale": whole("initialScale"),
  "activation-scale": whole("activationScale", 2),
  target: decimal("target", [0.01, Infinity]),
  "target-utilization-percentage": decimal("targetUtilizationPercent", [1, 100]),
  "panic-window-percentage": decimal("panicWindowPercent", [1, 100]),
  "panic-threshold-percentage": decimal("panicThresholdPercent", [110, 1000]),
  "target-burst-capacity": (text, place) =>
    Number(text) === -1 ? { targetBurstCapacity: -1 } : decimal("targetBurstCapacity", [0, Infinity])(text, place),
  window: duration("window", [6, LONGEST_WINDOW]),
  "scale-down-delay": duration("scaleDownDelay", [0, LONGEST_WINDOW]),
  "scale-to-zero-pod-retention-period": duration("podRetention", [0, LONGEST_WINDOW]),
  metric: (text, place) => ({ metric: oneOf(text, ["concurrency", "rps"] as const, place) }),
  "metric-aggregation-algorithm": (text, place) => {
    const chosen = oneOf(text, ["linear", "weighted-exponential", "weightedExponential"], place);
    return { aggregation: chosen === "linear" ? "linear" : "weighted-exponential" };
  },
  class: (text, place) => {
    if (text === KPA) return {};
    throw new NotModelledError(
      place,
      `expected ${KPA}, got ${JSON.stringify(text)}`,
      "Of Knative's classes the KPA is modelled; give an HPA as a manifest of its own.",
      `the rules of ${text}`,
    );
  },
};

export const oneOf = <T extends string>(
  text: string,
  options: readonly T[],
  place: string,
  nextStep = "See https://knative.dev/docs/serving/autoscaling/.",
): T => {
  const found = options.find((option) => option === text);
  if (found === undefined) throw new InputError(place, `expected ${options.join(" or ")}, got ${JSON.stringify(text)}`, nextStep);
  return found;
};

/** What reads an annotation, in either spelling (min-scale, minScale). */
export const readerOf = (key: string, place: string): Reader => {
  const name = key.slice(AUTOSCALING.length).replace(/[A-Z]/gu, (letter) => `-${letter.toLowerCase()}`);
  if (Object.hasOwn(READERS, name)) return READERS[name]!;
  const closest = closestKeyOrNull(name, Object.keys(READERS));
  throw new InputError(
    place,
    `there is no annotation ${JSON.stringify(key)}`,
    closest === null ? `There are: ${Object.keys(READERS).join(", ")}.` : `Did you mean ${JSON.stringify(AUTOSCALING + closest)}?`,
  );
};
