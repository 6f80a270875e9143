import { commentedYaml } from "./commented.ts";
import { metadataOf, type Identity } from "./identity.ts";

/** A fixed number of replicas, as a patch for `kubectl patch --patch-file` or kustomize. */
export const writeReplicas = (
  replicas: number,
  identity: Identity,
  why = "so many meet the objectives at any load of the traffic",
): string =>
  commentedYaml(
    {
      apiVersion: "apps/v1",
      kind: identity.target.kind,
      metadata: { ...metadataOf(identity), name: identity.target.name },
      spec: { replicas },
    },
    { "spec.replicas": why },
  );
