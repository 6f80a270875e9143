import { z } from "zod";
import { InputError } from "../errors.ts";
import type { Seconds } from "../units.ts";
import type { KubernetesObject } from "./documents.ts";
import { probeOf, probeSchema, type Probe } from "./probe.ts";
import { milliOrNull } from "./quantity.ts";
import { readWith } from "./schema-error.ts";
import { readVllmArguments, type VllmArguments } from "./vllm-arguments.ts";
import { startsVllm } from "./vllm-flags.ts";

/** Kinds of objects that run replicas of a server. */
export const WORKLOAD_KINDS = ["Deployment", "StatefulSet", "Service"] as const;

const containerSchema = z.looseObject({
  name: z.string(),
  image: z.string().optional(),
  command: z.array(z.string()).optional(),
  args: z.array(z.string()).optional(),
  env: z.array(z.looseObject({ name: z.string(), value: z.string().optional() })).optional(),
  resources: z
    .looseObject({
      limits: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
      requests: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
    })
    .optional(),
  readinessProbe: probeSchema.optional(),
  startupProbe: probeSchema.optional(),
});
type Container = z.infer<typeof containerSchema>;

const podSchema = z.looseObject({
  containers: z.array(containerSchema).min(1).optional(),
  terminationGracePeriodSeconds: z.int().min(0).optional(),
  timeoutSeconds: z.int().min(0).optional(),
});

/** A Deployment, a StatefulSet, or a Knative Service, as far as it is read; a patch may leave the template or its containers out. */
export const workloadSchema = z.looseObject({
  kind: z.enum(WORKLOAD_KINDS),
  metadata: z.looseObject({ name: z.string() }),
  spec: z.looseObject({
    replicas: z.int().min(0).optional(),
    template: z.looseObject({ spec: podSchema }).optional(),
  }),
});

/** What runs the server: how often, and how. */
export interface WorkloadManifest {
  readonly kind: (typeof WORKLOAD_KINDS)[number];
  readonly name: string;
  /** Null where an autoscaler alone decides (Knative). */
  readonly replicas: number | null;
  /** Null in a patch that has no containers. */
  readonly server: ServerManifest | null;
}

export interface ServerManifest {
  readonly container: string;
  readonly image: string | null;
  /** Of all its containers together. */
  readonly gpusPerReplica: number;
  readonly vllm: VllmArguments;
  readonly readiness: Probe | null;
  readonly startup: Probe | null;
  /** From the wish to end until the container is killed: so long a draining replica may take to finish. Knative takes its request timeout. */
  readonly terminationGracePeriod: Seconds;
}

const GPU_RESOURCE = /^(?:nvidia\.com\/(?:gpu|mig-.+)|amd\.com\/gpu|gpu\.intel\.com\/\w+)$/u;
const NEXT_STEP = "A manifest is what `kubectl get … -o yaml` prints.";

/**
 * Reads a workload: replicas, GPUs, vLLM's arguments, probes.
 *
 * @param chosenContainer the server's, where there are several and none of them is vLLM's for sure
 * @throws InputError where it breaks its schema, or which container is the server is not to be told
 */
export const readWorkload = ({ value, place }: KubernetesObject, chosenContainer?: string): WorkloadManifest => {
  const { kind, metadata, spec } = readWith(workloadSchema, value, place, NEXT_STEP);
  const pod = spec.template?.spec;
  const { containers } = pod ?? {};
  return {
    kind,
    name: metadata.name,
    replicas: kind === "Service" ? null : (spec.replicas ?? 1),
    server:
      pod === undefined || containers === undefined
        ? null
        : readServer({ ...pod, containers }, kind, `${place}: spec.template.spec`, chosenContainer),
  };
};

const readServer = (
  pod: z.infer<typeof podSchema> & { readonly containers: readonly Container[] },
  kind: WorkloadManifest["kind"],
  place: string,
  chosen: string | undefined,
): ServerManifest => {
  const container = serverOf(pod.containers, place, chosen);
  const environment = new Map((container.env ?? []).flatMap(({ name, value }) => (value === undefined ? [] : [[name, value] as const])));
  const where = `${place}.containers.${container.name}`;
  const gpusPerReplica = pod.containers.reduce((sum, each) => sum + gpusOf(each, `${place}.containers.${each.name}`), 0);
  const vllm = readVllmArguments(wordsOf(container), environment, where);
  const workers = vllm.tensorParallelSize * vllm.pipelineParallelSize;
  if (gpusPerReplica > 0 && workers > gpusPerReplica) {
    throw new InputError(
      `${where}: --tensor-parallel-size`,
      `expected at most the pod's ${gpusPerReplica} GPUs, got ${workers} workers, pipeline stages included: vLLM does not start so`,
      "Raise the limit of GPUs, or lower the parallelism.",
    );
  }
  return {
    container: container.name,
    image: container.image ?? null,
    gpusPerReplica,
    vllm,
    readiness: container.readinessProbe === undefined ? null : probeOf(container.readinessProbe),
    startup: container.startupProbe === undefined ? null : probeOf(container.startupProbe),
    terminationGracePeriod: kind === "Service" ? (pod.timeoutSeconds ?? 300) : (pod.terminationGracePeriodSeconds ?? 30),
  };
};

const wordsOf = ({ command = [], args = [] }: Container): string[] => [...command, ...args];

const serverOf = (containers: readonly Container[], place: string, chosen: string | undefined): Container => {
  const names = containers.map(({ name }) => name).join(", ");
  if (chosen !== undefined) {
    const found = containers.find(({ name }) => name === chosen);
    if (found !== undefined) return found;
    throw new InputError(`${place}.containers`, `expected one called ${chosen}, got ${names}`, "Choose one of these.");
  }
  const isServer = (container: Container): boolean => startsVllm(wordsOf(container)) || /vllm/iu.test(container.image ?? "");
  const servers = containers.length === 1 ? containers : containers.filter(isServer);
  const [only] = servers;
  if (only !== undefined && servers.length === 1) return only;
  throw new InputError(`${place}.containers`, `expected one that runs vLLM, got ${names}`, "Choose the server's container.");
};

const gpusOf = ({ resources }: Container, place: string): number => {
  const given = { ...resources?.requests, ...resources?.limits };
  let gpus = 0;
  for (const [name, value] of Object.entries(given)) {
    if (!GPU_RESOURCE.test(name)) continue;
    const milli = milliOrNull(value);
    if (milli === null || Number(milli) % 1000 !== 0) {
      throw new InputError(
        `${place}.resources.limits.${name}`,
        `expected whole GPUs, got ${JSON.stringify(value)}`,
        "Kubernetes gives out no parts of them.",
      );
    }
    gpus += Number(milli) / 1000;
  }
  return gpus;
};
