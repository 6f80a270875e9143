import { NotModelledError } from "../errors.ts";
import { replicaSchema, type ReplicaSettings } from "../replica/settings.ts";
import type { GivenScenario } from "../scenario/parse.ts";
import type { ManifestPolicy } from "../scenario/policy.ts";
import { startupBudget } from "./probe.ts";
import type { AutoscalerManifest, Manifests } from "./read.ts";
import type { WorkloadManifest } from "./workload.ts";

const KINDS = { hpa: "HorizontalPodAutoscaler", keda: "ScaledObject", knative: "Knative Service" } as const;

/** A scenario whose own policy, if it has one, gives way to that of manifests named beside it. */
export const withoutPolicy = (from: GivenScenario): GivenScenario => {
  const { policy, ...scenario } = from.scenario;
  return policy === undefined || policy.kind === "manifest"
    ? from
    : { ...from, scenario, given: new Map([...from.given].filter(([path]) => !path.startsWith("policy"))) };
};

/** What manifests say of the number of replicas. @param place the file's name */
export const manifestPolicy = ({ autoscaler, workload }: Manifests, place: string): ManifestPolicy => ({
  place,
  autoscaler: autoscaler === null ? null : { name: `${KINDS[autoscaler.kind]} ${autoscaler.name}`, policy: policyOf(autoscaler) },
  replicas: workload?.replicas ?? null,
});

const policyOf = (autoscaler: AutoscalerManifest): NonNullable<ManifestPolicy["autoscaler"]>["policy"] => {
  if (autoscaler.spec instanceof NotModelledError) return autoscaler.spec;
  switch (autoscaler.kind) {
    case "hpa":
      return { kind: "hpa", spec: autoscaler.spec };
    case "keda":
      return { kind: "keda", spec: autoscaler.spec };
    case "knative":
      return { kind: "knative", spec: autoscaler.spec };
    default:
      return autoscaler satisfies never;
  }
};

/**
 * A scenario with what a workload's manifest says of its servers: vLLM's arguments, GPUs, the readiness probe, the grace period. What the scenario itself
 * says goes before it.
 *
 * @param place the manifests' file, as the source of what is taken from it
 */
export const withWorkload = (from: GivenScenario, { autoscaler, workload, others }: Manifests, place: string): GivenScenario => {
  const { policy } = from.scenario;
  const passedOver = [
    ...(others.length === 0 ? [] : [`Objects in ${place} that were passed over: ${others.join(", ")}.`]),
    ...(autoscaler === null || policy === undefined || policy.kind === "manifest"
      ? []
      : [`${KINDS[autoscaler.kind]} ${autoscaler.name} in ${place}: the scenario has a policy of its own, ${policy.kind}.`]),
  ];
  const isSaid = [...from.given.keys()].some((path) => path.startsWith("replica."));
  const { vllm = null } = workload?.server ?? {};
  if (!isSaid && (vllm === null || (Object.keys(vllm.settings).length + vllm.notModelled.length === 0 && vllm.model === null)))
    passedOver.push(`${place} says no server arguments: vLLM's defaults are taken.`);
  if (workload?.server == null)
    return { ...from, server: { place, gpusPerReplica: null, workers: null, startupBudget: null, notModelled: passedOver } };
  const { server } = workload;
  const { scenario, given } = from;
  const said = Object.entries(server.vllm.settings).filter(([key]) => !given.has(`replica.${key}`));
  const replica: ReplicaSettings = replicaSchema.parse({ ...withoutUndefined(scenario.replica), ...Object.fromEntries(said) });
  const takesGrace = !given.has("drain");
  const takesProbe = server.readiness !== null && !given.has("cold_start.readiness_probe");
  return {
    ...from,
    scenario: {
      ...scenario,
      replica,
      cold_start: takesProbe
        ? { ...scenario.cold_start, readiness_probe: { period_s: server.readiness.period, initial_delay_s: server.readiness.initialDelay } }
        : scenario.cold_start,
      drain: takesGrace ? { kind: "grace", grace_period_s: server.terminationGracePeriod } : scenario.drain,
    },
    given: new Map([
      ...given,
      ...said.map(([key]) => [`replica.${key}`, place] as const),
      ...(takesGrace ? ["drain", "drain.grace_period_s"].map((key) => [key, `${place}, or its kind's default`] as const) : []),
      ...(takesProbe ? ([["cold_start.readiness_probe", place]] as const) : []),
    ]),
    server: {
      place,
      gpusPerReplica: server.gpusPerReplica === 0 ? null : server.gpusPerReplica,
      workers: server.vllm.tensorParallelSize * server.vllm.pipelineParallelSize,
      startupBudget: server.startup === null ? null : startupBudget(server.startup),
      notModelled: [...passedOver, ...argumentNotes(workload)],
    },
  };
};

const withoutUndefined = (settings: ReplicaSettings): Partial<ReplicaSettings> =>
  Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));

const argumentNotes = ({ name, kind, server }: WorkloadManifest): string[] => {
  if (server === null) return [];
  const { notModelled, dataParallelSize } = server.vllm;
  return [
    ...(notModelled.length === 0 ? [] : [`Arguments of ${kind}/${name} that are not modelled: ${notModelled.join(", ")}.`]),
    ...(dataParallelSize > 1
      ? [`--data-parallel-size ${dataParallelSize} of ${kind}/${name}: each replica is simulated as one engine.`]
      : []),
  ];
};

/** A scenario that says so where its manifests serve another model than the one that is simulated. */
export const withServedModel = (from: GivenScenario, { workload }: Manifests, model: string): GivenScenario => {
  const { server } = from;
  const served = workload?.server?.vllm.model ?? null;
  if (server === undefined || workload === null || served === null || bareName(served).startsWith(bareName(model))) return from;
  const { kind, name } = workload;
  const caution = `${kind}/${name} in ${server.place} serves ${served}, and what is simulated is ${model}: no figure here speaks of ${served}. Name that model in the scenario or with --model, or other manifests.`;
  return { ...from, server: { ...server, cautions: [caution] } };
};

/** Without who published it: `meta-llama/Llama-3.1-8B` is `llama-3.1-8b`. */
const bareName = (text: string): string => text.split("/").at(-1)!.toLowerCase();
