import type { AutoscalerPolicy } from "../autoscaler/policy.ts";
import { InputError, NotModelledError } from "../errors.ts";
import { limitsOf, policyInWords, startsAtOf, type Policy } from "../fleet/policy.ts";
import { scheduledSchema } from "../autoscaler/settings.ts";
import type { Input } from "../provenance.ts";
import { typicalStart } from "../replica/cold-start/phase.ts";
import { originOf } from "./origin.ts";
import type { GivenScenario } from "./parse.ts";
import type { FleetSetup } from "./resolve.ts";

/** What the scenario's manifests say of the number of replicas. */
export interface ManifestPolicy {
  /** The file's name, for messages. */
  readonly place: string;
  /** Null where nothing scales the workload. */
  readonly autoscaler: {
    readonly name: string;
    /** Or what of it is not modelled. */
    readonly policy: Extract<AutoscalerPolicy, { readonly kind: "hpa" | "keda" | "knative" }> | NotModelledError;
  } | null;
  /** The workload's own; null where the file does not say. */
  readonly replicas: number | null;
}

/** What a policy takes from files. */
export interface PolicyData {
  readonly manifest?: ManifestPolicy;
  /** The user's own module, its file's content hash, and what it exports. */
  readonly module?: { readonly name: string; readonly sha256: string; readonly exports: unknown };
}

/**
 * The policy of a scenario, with what it takes from files and from the rest of the scenario; null where it has none.
 *
 * @throws NotModelledError where its manifest's autoscaler follows what no simulated fleet has
 * @throws InputError where it asks for what is not there
 */
export const resolvePolicy = (from: GivenScenario, setup: FleetSetup, data: PolicyData = {}): Policy | null => {
  const { policy } = from.scenario;
  const { manifest, module } = data;
  if (policy === undefined) return manifest === undefined ? null : ofManifest(manifest, {});
  switch (policy.kind) {
    case "fixed":
    case "hpa":
    case "scheduled":
      return policy;
    case "queue_length":
      return { ...policy, batch_slots: policy.batch_slots ?? setup.replica.maxNumSeqs };
    case "predictive": {
      const coldStart = typicalStart(setup.coldStart);
      return { ...policy, horizon_s: policy.horizon_s ?? Math.max(1, Math.floor(coldStart + 0.5)) };
    }
    case "manifest":
      if (manifest?.autoscaler === undefined || manifest.autoscaler === null) {
        throw new InputError(
          `${from.place}: policy.kind`,
          `expected manifests with an autoscaler, got ${manifest === undefined ? "none" : manifest.place}`,
          "Name their file in the scenario's manifests, or with --manifests.",
        );
      }
      return ofManifest(manifest, policy);
    case "module":
      if (module === undefined) throw new RangeError("the module of a policy is read before it is resolved");
      return {
        kind: "module",
        name: module.name,
        sha256: module.sha256,
        module: module.exports,
        initial_replicas: policy.initial_replicas,
        ...(policy.scrape === undefined ? {} : { scrape: policy.scrape }),
      };
    default:
      return policy satisfies never;
  }
};

type ManifestSettings = Partial<Extract<NonNullable<GivenScenario["scenario"]["policy"]>, { kind: "manifest" }>>;

const ofManifest = ({ autoscaler, replicas, place }: ManifestPolicy, settings: ManifestSettings): Policy => {
  if (autoscaler === null) {
    if (replicas !== null && replicas > 0) return { kind: "fixed", replicas };
    throw new InputError(
      `${place}: spec.replicas`,
      `expected 1 or more where nothing scales them, got ${replicas ?? "none"}`,
      "Give their number.",
    );
  }
  const { name, policy } = autoscaler;
  if (policy instanceof NotModelledError) throw policy;
  const written = scheduledSchema.shape.starts_at.parse(settings.starts_at);
  const unstarted = {
    kind: "manifest",
    name,
    autoscaler: policy,
    startsAt: startsAtOf(written, "policy.starts_at"),
    ...(settings.scrape === undefined ? {} : { scrape: settings.scrape }),
  } as const;
  const [least, most] = limitsOf({ ...unstarted, initial_replicas: 0 });
  const byDefault = policy.kind === "knative" ? policy.spec.initialScale : (replicas ?? 1);
  return { ...unstarted, initial_replicas: settings.initial_replicas ?? Math.min(most, Math.max(least, byDefault)) };
};

/** Whether the policy is what manifests say, not a scenario's own. */
export const isOfManifests = ({ scenario: { policy } }: GivenScenario, { manifest }: PolicyData): boolean =>
  manifest !== undefined && (policy === undefined || policy.kind === "manifest");

/** Whose word the policy is. */
export const policyOrigin = (from: GivenScenario, { manifest }: PolicyData): Pick<Input, "origin" | "source"> =>
  from.scenario.policy === undefined && manifest !== undefined
    ? { origin: "given", source: manifest.place }
    : originOf(from, "policy.kind");

/** The policy beside the other inputs of an answer. */
export const policyInput = (from: GivenScenario, policy: Policy, data: PolicyData): Input => ({
  name: "policy",
  value: policyInWords(policy),
  ...policyOrigin(from, data),
});
