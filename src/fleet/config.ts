import type { Input } from "../provenance.ts";
import type { ColdStartPhase, ReplicaConfig } from "../replica/config.ts";
import type { RequestState } from "../replica/request-table.ts";
import type { StepTimeModel } from "../replica/step-batch.ts";
import type { Request } from "../traffic/request.ts";
import type { Nanoseconds } from "../units.ts";
import type { FailureReason } from "./admission/failure.ts";
import type { AdmissionSettings, ClientSettings } from "./admission/settings.ts";
import type { Churn } from "./churn/settings.ts";
import type { StartUpConfig } from "./cold-start/start-up.ts";
import type { Policy } from "./policy.ts";
import type { RouterSettings } from "./settings.ts";

export type { ColdStartPhase, ReplicaConfig } from "../replica/config.ts";

/** A scenario with everything resolved: all that `simulate` needs, and nothing that it must look up. */
export interface FleetConfig {
  readonly scenario: string;
  readonly seed: number;
  /** In order of arrival. Read one after another, and more than once: a generator's own iterator will not do. */
  readonly requests: Iterable<Request>;
  readonly stepTime: StepTimeModel;
  readonly replica: ReplicaConfig;
  /** What a new replica goes through before it serves, in order. */
  readonly coldStart: readonly ColdStartPhase[];
  /** What replicas that start have in common: kept nodes and a warm pool. None by default. */
  readonly startUp?: StartUpConfig;
  readonly policy: Policy;
  /** How replicas go, on purpose and by accident. By scale-downs only, and finishing what they hold, by default. */
  readonly churn?: Churn;
  /** How a replica is chosen for a request. The one with the fewest outstanding by default. */
  readonly router?: RouterSettings;
  /** A replica is given so many requests at once; the others wait in the fleet's queue (Knative's containerConcurrency). None by default. */
  readonly concurrencyLimit?: number;
  /** What else stands in front of the fleet. Nothing by default. */
  readonly admission?: Omit<AdmissionSettings, "concurrency_limit">;
  /** How clients behave. By default they wait for ever, and do not try again. */
  readonly clients?: ClientSettings;
  /** GPUs that one replica is paid for: tensor parallelism. 1 by default. */
  readonly gpusPerReplica?: number;
  /** Run every step through the scheduler, without the fast path. Same bytes, slower. */
  readonly isStepwise?: boolean;
  /** Whether records say when each token came. It costs time and memory: a number for every token of the requests in flight. */
  readonly recordsTokens?: boolean;
  /** Carried into the run as they are. */
  readonly inputs: readonly Input[];
  readonly notModelled: readonly string[];
  /** What the run is to say before its figures, beside what is wrong with its settings. Nothing by default. */
  readonly cautions?: readonly string[];
}

/** All of a fleet's configuration but its traffic. */
export type SimulationConfig = Omit<FleetConfig, "requests">;

/** What became of one request. Times are null where they never came. */
export interface RequestRecord {
  /** In order of arrival. */
  readonly id: number;
  /** Its place in the traffic, or that of its session's first request: the same in every run on that traffic. */
  readonly origin: number;
  /** How many of its session came before it. */
  readonly turn: number;
  /** When it was sent first. */
  readonly arrivedAt: Nanoseconds;
  /** How often it was sent. */
  readonly attempts: number;
  readonly promptTokens: number;
  readonly outputTokens: number;
  /** vLLM's: lower is served first. */
  readonly priority: number;
  readonly state: RequestState;
  /** Why it failed; null where it has finished. */
  readonly reason: FailureReason | null;
  /** Requests of its session that are never sent, since it failed. */
  readonly notSent: number;
  /** Of the last attempt. */
  readonly firstTokenAt: Nanoseconds | null;
  readonly lastTokenAt: Nanoseconds | null;
  readonly preemptions: number;
  /**
   * When each token of a finished request came, of the last attempt; there where `recordsTokens` is set. The array is used again: who is
   * told of the record takes what they need from it before they return.
   */
  readonly tokensAt?: Float64Array;
}
