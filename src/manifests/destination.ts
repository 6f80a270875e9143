import type { Identity } from "./identity.ts";
import type { AutoscalerManifest, Manifests } from "./read.ts";

/** Where a policy is to be applied. */
export interface Destination extends Identity {
  /** Whether the names are the user's own, not Ballast's. */
  readonly isOwn: boolean;
  /** Where Prometheus answers. */
  readonly serverAddress: string;
  /** The manifests that the names are of; absent: none are known by their file. */
  readonly own?: OwnManifests;
}

/** The user's own manifests: what is written is a patch of them, and says nothing of the server. */
export interface OwnManifests {
  /** As the user's shell finds the file. */
  readonly file: string;
  /** As a scenario beside it names it. */
  readonly inScenario: string;
  /** Options that choose among its objects, with a space before each. */
  readonly options: string;
  /** What scales the workload today; null: nothing does. */
  readonly autoscaler: { readonly kind: AutoscalerManifest["kind"]; readonly name: string } | null;
}

/** Where the Helm chart of Prometheus puts its server, in the namespace `monitoring`. */
const PROMETHEUS = "http://prometheus-server.monitoring.svc";

/** What the user's manifests scale, under the names that they have there: what is written then takes the place of what is there. */
export const destinationOf = (
  { autoscaler, workload, namespace }: Manifests,
  own?: Omit<OwnManifests, "autoscaler">,
): Destination | null => {
  const target = workload ?? autoscaler?.target ?? null;
  if (target === null) return null;
  return {
    name: autoscaler?.name ?? target.name,
    target: { kind: target.kind, name: target.name },
    ...(namespace === null ? {} : { namespace }),
    isOwn: true,
    serverAddress: (autoscaler?.kind === "keda" ? autoscaler.serverAddress : null) ?? PROMETHEUS,
    ...(own === undefined
      ? {}
      : { own: { ...own, autoscaler: autoscaler === null ? null : { kind: autoscaler.kind, name: autoscaler.name } } }),
  };
};

/** A Deployment called after its language model, where no manifests say what is scaled. */
export const defaultDestination = (model: string): Destination => {
  const name = model
    .toLowerCase()
    .replace(/[^a-z0-9]+/gu, "-")
    .replace(/^[^a-z]+|-+$/gu, "")
    .slice(0, 40);
  const called = name === "" ? "llm" : name;
  return { name: called, target: { kind: "Deployment", name: called }, isOwn: false, serverAddress: PROMETHEUS };
};
