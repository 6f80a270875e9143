import type { ColdStartPhase } from "../replica/cold-start/phase.ts";
import { CALM, type Churn } from "./churn/settings.ts";
import type { FleetConfig } from "./config.ts";

/** What this simulator leaves out, as said in every run: first what only this scenario has, then of the start of replicas, then of all else. */
export const notModelled = ({
  coldStart,
  startUp,
  churn = CALM,
  admission,
  clients,
  notModelled: more,
}: Pick<FleetConfig, "coldStart" | "startUp" | "churn" | "admission" | "clients" | "notModelled">): string[] => [
  ...more,
  ...(coldStart.some(({ name }) => name === "storage")
    ? []
    : ["Reading weights from storage or network: a measured weights phase begins in host memory; give weights_s to include it."]),
  ...ALWAYS,
  ...(clients === undefined ? ["Clients that time out, give up or retry."] : []),
  ...churnNotes(churn),
  coldStart.some(isVaried)
    ? "Variation of step times: each takes its calibrated time."
    : "Variation of step times and cold starts: each takes its calibrated time.",
  coldStart.some((phase) => "transfer" in phase && (phase.transfer.sharedBandwidth ?? Infinity) < Infinity)
    ? "Replicas that load at the same time slow each other down on a shared link only; its latency and ramp are left out."
    : "Replicas that load at the same time do not slow each other down.",
  ...(startUp === undefined ? [] : ["Nodes hold one replica each; what a kept node has cached stays until it is given back."]),
  ...drainNotes(churn),
  ...LAST,
  ...(clients === undefined
    ? []
    : ["A client that hangs up is noticed at once, and its request is taken off its replica at the end of the step under way."]),
  ...(clients === undefined && admission === undefined
    ? []
    : ["A session ends with a request that fails: what would have followed is never sent."]),
  ...(admission?.deadline?.reject === true
    ? ["The estimate behind a rejection for its deadline leaves out the request's own prefill, and priorities."]
    : []),
  ...(admission === undefined
    ? []
    : ["Admission sees the servers as they are at that instant, and the output's length beforehand where a rate limit counts tokens."]),
];

const isVaried = (phase: ColdStartPhase): boolean =>
  "transfer" in phase
    ? (phase.transfer.cached ?? 0) % 1 !== 0
    : "duration" in phase && (phase.stockOut !== undefined || typeof phase.duration !== "number");

const ALWAYS: readonly string[] = [
  "Network and gateway time between client and server.",
  "Tokenisation, detokenisation and other CPU work outside the engine step, and contention for the CPU.",
  "Asynchronous scheduling: each step is scheduled when the one before has ended.",
  "Speculative decoding, structured output, LoRA adapters, multimodal inputs, and key-value transfer between servers.",
];

const churnNotes = ({ failures, rolling_update: update }: Churn): string[] => [
  failures === undefined || Object.keys(failures).length === 0
    ? "Failures of replicas and nodes."
    : "Replicas fail and nodes are reclaimed only while they serve: never in a start, a warm pool or as a kept node. Pod disruption budgets are not looked at.",
  ...(update === undefined
    ? []
    : ["Replicas that a scale-up adds during a rolling update are all of the new version; Kubernetes spreads them over both."]),
];

const drainNotes = ({ drain }: Churn): string[] =>
  drain.kind === "finish"
    ? ["A draining replica finishes all it holds, its queue included, however long that takes."]
    : drain.kind === "hand-over"
      ? ["A hand-over itself takes no time: the gateway knows every token that was sent, and no keys and values move."]
      : [];

const LAST: readonly string[] = [
  "An autoscaler without a scrape, and a router without a scrape interval, see the servers as they are at that instant.",
];
