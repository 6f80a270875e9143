import { z } from "zod";
import type { Trigger } from "../autoscaler/keda/spec.ts";
import { isAggregate, parseQuery } from "../autoscaler/query.ts";
import { parseCron, utcOffsetOrNull } from "../autoscaler/simple/cron.ts";
import { InputError, NotModelledError } from "../errors.ts";

export const triggerSchema = z.strictObject({
  type: z.string(),
  name: z.string().optional(),
  metadata: z.record(z.string(), z.string({ error: "expected a text: write it in quotes" })),
  metricType: z.enum(["AverageValue", "Value", "Utilization"]).optional(),
  authenticationRef: z.unknown().optional(),
  useCachedMetrics: z.boolean().optional(),
});

type TriggerInput = z.infer<typeof triggerSchema>;

/**
 * Reads a trigger.
 *
 * @throws NotModelledError where nothing in a simulated fleet exports what it follows
 * @throws InputError where a value is none that KEDA takes
 */
export const readTrigger = (trigger: TriggerInput, place: string): Trigger => {
  switch (trigger.type) {
    case "prometheus":
      return prometheusTrigger(trigger, place);
    case "cron":
      return cronTrigger(trigger, place);
    default:
      throw new NotModelledError(
        `${place}.type`,
        `expected prometheus or cron, got ${trigger.type}`,
        "Nothing in a simulated fleet exports what another trigger follows: ask Prometheus for a metric of the servers.",
        `a trigger of type ${trigger.type}`,
      );
  }
};

const prometheusTrigger = ({ metadata, metricType = "AverageValue" }: TriggerInput, place: string): Trigger => {
  if (metricType === "Utilization") {
    throw new InputError(
      `${place}.metricType`,
      "expected AverageValue or Value, got Utilization",
      "KEDA takes Utilization for cpu and memory alone.",
    );
  }
  const query = required(metadata, "query", place);
  if (!isAggregate(query)) {
    // A mistake of the metric's name is the more useful thing to say.
    parseQuery(query, `${place}.metadata.query`);
    throw new InputError(
      `${place}.metadata.query`,
      `expected one value for the fleet, got ${JSON.stringify(query)}, which has one for each server and fails from two on`,
      `Write sum(${query}), or avg.`,
    );
  }
  parseQuery(query, `${place}.metadata.query`);
  const threshold = numberOf(required(metadata, "threshold", place), `${place}.metadata.threshold`);
  if (!(threshold > 0))
    throw new InputError(
      `${place}.metadata.threshold`,
      `expected a number above 0, got ${threshold}`,
      "Give what one replica is to have of it.",
    );
  return {
    type: "prometheus",
    query,
    threshold,
    activationThreshold:
      metadata["activationThreshold"] === undefined
        ? 0
        : numberOf(metadata["activationThreshold"], `${place}.metadata.activationThreshold`),
    metricType,
    ignoreNullValues:
      metadata["ignoreNullValues"] === undefined ? true : booleanOf(metadata["ignoreNullValues"], `${place}.metadata.ignoreNullValues`),
  };
};

const cronTrigger = ({ metadata }: TriggerInput, place: string): Trigger => {
  const zone = required(metadata, "timezone", place);
  const offset = utcOffsetOrNull(zone);
  if (offset === null) {
    throw new NotModelledError(
      `${place}.metadata.timezone`,
      `expected a zone of a fixed offset, got ${zone}`,
      "Daylight saving is not modelled: write the times for UTC, or for Etc/GMT-1 (which is ahead of UTC by one hour).",
      `the time of ${zone}`,
    );
  }
  const desired = required(metadata, "desiredReplicas", place);
  const desiredReplicas = numberOf(desired, `${place}.metadata.desiredReplicas`);
  if (!Number.isInteger(desiredReplicas) || desiredReplicas < 0) {
    throw new InputError(`${place}.metadata.desiredReplicas`, `expected whole replicas, got ${desired}`, "Give their number.");
  }
  const start = parseCron(required(metadata, "start", place), `${place}.metadata.start`, offset);
  const end = parseCron(required(metadata, "end", place), `${place}.metadata.end`, offset);
  if (start.text === end.text)
    throw new InputError(
      `${place}.metadata.end`,
      `expected another time than start, got ${end.text}`,
      "Give the time at which the replicas may go.",
    );
  return { type: "cron", start, end, desiredReplicas };
};

const required = (metadata: Readonly<Record<string, string>>, field: string, place: string): string => {
  const value = metadata[field];
  if (value === undefined || value === "")
    throw new InputError(`${place}.metadata.${field}`, "expected a text, got none", "KEDA does not take the trigger without it.");
  return value;
};

const numberOf = (text: string, place: string): number => {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value))
    throw new InputError(place, `expected a number, got ${JSON.stringify(text)}`, "Write it as a quoted number.");
  return value;
};

const booleanOf = (text: string, place: string): boolean => {
  if (/^(?:1|t|true)$/iu.test(text)) return true;
  if (/^(?:0|f|false)$/iu.test(text)) return false;
  throw new InputError(place, `expected true or false, got ${JSON.stringify(text)}`, "Write it quoted.");
};
