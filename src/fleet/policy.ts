import type { Autoscaler } from "../autoscaler/autoscaler.ts";
import { createHpa } from "../autoscaler/hpa/hpa.ts";
import { createAutoscaler, type AutoscalerPolicy } from "../autoscaler/policy.ts";
import { scraped } from "../autoscaler/scrape.ts";
import type { predictiveSchema, queueLengthSchema, scrapeSchema } from "../autoscaler/settings.ts";
import { secondsSince1970OrNull } from "../autoscaler/simple/calendar.ts";
import { createCustom } from "../autoscaler/simple/custom.ts";
import { InputError } from "../errors.ts";
import type { Seconds } from "../units.ts";
import type { z } from "zod";
import type { PolicySettings } from "./settings.ts";

type Written<Kind extends PolicySettings["kind"]> = Extract<PolicySettings, { kind: Kind }>;

interface Common {
  /** Ready at time 0. */
  readonly initial_replicas?: number | undefined;
  /** Metrics come late; at once where it is left out. */
  readonly scrape?: z.infer<typeof scrapeSchema> | undefined;
}

/** What decides how many replicas a fleet has, with nothing left to look up. */
export type Policy =
  | Written<"fixed">
  | Written<"hpa">
  | Written<"scheduled">
  | (z.infer<typeof queueLengthSchema> & Common)
  | (z.infer<typeof predictiveSchema> & Common)
  | ({
      readonly kind: "manifest";
      /** `HorizontalPodAutoscaler/chat`. */
      readonly name: string;
      readonly autoscaler: Extract<AutoscalerPolicy, { readonly kind: "hpa" | "keda" | "knative" }>;
      readonly initial_replicas: number;
      /** What the simulated time 0 is, in seconds since 1970. */
      readonly startsAt: Seconds;
    } & Pick<Common, "scrape">)
  | ({
      readonly kind: "module";
      /** Its file's name, for messages. */
      readonly name: string;
      /** Of its file's content. */
      readonly sha256: string;
      readonly module: unknown;
      readonly initial_replicas: number;
    } & Pick<Common, "scrape">);

/** Replicas ready at time 0: the least that the policy allows where it does not say. */
export const initialReplicas = (policy: Policy): number => {
  switch (policy.kind) {
    case "fixed":
      return policy.replicas;
    case "scheduled":
      return policy.initial_replicas ?? createAutoscaler(policy, { initialReplicas: 0 }).decide(AT_START)?.replicas ?? 1;
    case "hpa":
    case "queue_length":
    case "predictive":
      return policy.initial_replicas ?? policy.min_replicas;
    case "manifest":
    case "module":
      return policy.initial_replicas;
    default:
      return policy satisfies never;
  }
};

const AT_START = { now: 0, current: 0, replicas: [] };

/** The fewest and the most replicas that a policy may want. */
export const limitsOf = (policy: Policy): readonly [least: number, most: number] => {
  switch (policy.kind) {
    case "fixed":
      return [policy.replicas, policy.replicas];
    case "hpa":
    case "queue_length":
    case "predictive":
      return [policy.min_replicas, policy.max_replicas];
    case "scheduled": {
      const wanted = [initialReplicas(policy), ...policy.schedule.map(({ replicas }) => replicas)];
      return [Math.min(...wanted), Math.max(...wanted)];
    }
    case "manifest":
      return limitsOfManifest(policy.autoscaler);
    case "module":
      return [0, Infinity];
    default:
      return policy satisfies never;
  }
};

const limitsOfManifest = (autoscaler: Extract<Policy, { kind: "manifest" }>["autoscaler"]): readonly [least: number, most: number] => {
  switch (autoscaler.kind) {
    case "hpa":
      return [autoscaler.spec.minReplicas, autoscaler.spec.maxReplicas];
    case "keda":
      return [autoscaler.spec.idleReplicaCount ?? autoscaler.spec.minReplicaCount, autoscaler.spec.maxReplicaCount];
    case "knative":
      return [autoscaler.spec.minScale, autoscaler.spec.maxScale === 0 ? Infinity : autoscaler.spec.maxScale];
    default:
      return autoscaler satisfies never;
  }
};

/** Requests that a replica is given at once at most: Knative's queue proxy holds to containerConcurrency. */
export const containerConcurrency = (policy: Policy): number => {
  if (policy.kind !== "manifest" || policy.autoscaler.kind !== "knative") return Infinity;
  const { containerConcurrency: limit } = policy.autoscaler.spec;
  return limit === 0 ? Infinity : limit;
};

/**
 * The autoscaler of a policy, for one run; null where the number is fixed.
 *
 * @throws InputError where it follows a metric that no server exports, a time of it cannot be read, or the module is none
 */
export const autoscalerOf = (policy: Policy): Autoscaler | null => {
  const { scrape } = policy.kind === "fixed" ? {} : policy;
  const context = { initialReplicas: initialReplicas(policy), ...(scrape === undefined ? {} : { scrape }) };
  const late = (autoscaler: Autoscaler): Autoscaler => (scrape === undefined ? autoscaler : scraped(autoscaler, scrape));
  switch (policy.kind) {
    case "fixed":
      return null;
    case "hpa":
      return late(createHpa(policy, context.initialReplicas));
    case "scheduled":
    case "queue_length":
    case "predictive":
      return createAutoscaler(policy, context);
    case "manifest":
      return createAutoscaler(policy.autoscaler, { ...context, startsAt: policy.startsAt });
    case "module":
      return late(createCustom(policy.module, policy.name));
    default:
      return policy satisfies never;
  }
};

/**
 * Refuses a policy that contradicts itself.
 *
 * @throws InputError with the scenario's name of the setting
 */
export const checkPolicy = (policy: Policy): void => {
  const [least, most] = limitsOf(policy);
  if (least > most) {
    throw new InputError(
      "policy.min_replicas",
      `expected at most max_replicas, ${most}, got ${least}`,
      "Swap the two, or raise max_replicas.",
    );
  }
  const initial = initialReplicas(policy);
  if (!(Number.isInteger(initial) && initial >= 0)) {
    throw new InputError(
      "policy.initial_replicas",
      `expected a whole number, got ${initial}`,
      "Give the replicas that are ready at time 0.",
    );
  }
  autoscalerOf(policy);
};

/** A policy in a few words, for tables and headings. */
export const policyInWords = (policy: Policy): string => {
  const range = (): string => {
    const [least, most] = limitsOf(policy);
    return `${least} to ${most === Infinity ? "any number of" : most} replicas`;
  };
  switch (policy.kind) {
    case "fixed":
      return `fixed, ${policy.replicas} ${policy.replicas === 1 ? "replica" : "replicas"}`;
    case "hpa":
      return `HPA on ${policy.metric}, target ${policy.target_average} a pod, ${range()}`;
    case "scheduled":
      return `scheduled, ${range()}`;
    case "queue_length":
      return `queue length, one more above ${policy.scale_up_above} waiting a replica, ${range()}`;
    case "predictive":
      return `forecast over ${policy.horizon_s} s, ${policy.target_rate} requests/s a replica, ${range()}`;
    case "manifest":
      return `${policy.name}, ${range()}`;
    case "module":
      return `module ${policy.name} (sha256 ${policy.sha256.slice(0, 12)})`;
    default:
      return policy satisfies never;
  }
};

/** Seconds since 1970 of a policy's `starts_at`. @throws InputError where it is no time in UTC */
export const startsAtOf = (text: string, place: string): Seconds => {
  const seconds = secondsSince1970OrNull(text);
  if (seconds !== null) return seconds;
  throw new InputError(place, `expected a time in UTC, got ${JSON.stringify(text)}`, "Write 2026-01-05T00:00:00Z.");
};
