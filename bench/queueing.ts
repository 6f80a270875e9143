import { schedulerDefaults } from "../src/replica/config.ts";
import type { StepTimeModel } from "../src/replica/step-batch.ts";
import { simulate } from "../src/fleet/simulate.ts";
import { createStreams } from "../src/sim/streams.ts";
import type { Request } from "../src/traffic/request.ts";
import type { Seconds } from "../src/units.ts";

/**
 * Replicas reduced to plain servers, for which queueing theory knows the mean wait: one request at a time each, one queue in front of
 * all, one output token, and a step that takes a microsecond a prompt token, so that a prompt's length is its time of service.
 */
export interface QueueingCase {
  readonly name: "M/M/1" | "M/D/1" | "M/M/4";
  readonly load: number;
}

const SERVICE_S = 0.01;
const MICROSECONDS = 1e6;
const plainServer = {
  ...schedulerDefaults,
  enablePrefixCaching: false,
  maxNumSeqs: 1,
  maxNumBatchedTokens: 1e8,
  maxModelLen: 1e9,
  blockSize: 1e6,
  numGpuBlocks: 1000,
};
const microsecondPerToken: StepTimeModel = { stepTime: (batch) => batch.tokens * 1000, isExtrapolated: () => false };

export const queueingCases = (loads: readonly number[]): QueueingCase[] =>
  (["M/M/1", "M/D/1", "M/M/4"] as const).flatMap((name) => loads.map((load) => ({ name, load })));

const serversOf = ({ name }: QueueingCase): number => (name === "M/M/4" ? 4 : 1);

/** The mean wait in closed form, in seconds: Pollaczek and Khinchine for one server, Erlang's C for four. */
export const expectedWait = (of: QueueingCase): number => {
  const { name, load } = of;
  if (name === "M/D/1") return (SERVICE_S * load) / (2 * (1 - load));
  const servers = serversOf(of);
  const offered = load * servers;
  let term = 1;
  let sum = 0;
  for (let k = 0; k < servers; k += 1) {
    sum += term;
    term *= offered / (k + 1);
  }
  const all = term / (1 - load);
  return ((all / (sum + all)) * SERVICE_S) / (servers * (1 - load));
};

const requestsOf = (of: QueueingCase, seed: number, arrivals: number): Iterable<Request> =>
  markovian(SERVICE_S / of.load / serversOf(of), of.name === "M/D/1", seed, arrivals);

function* markovian(gap: Seconds, isDeterministic: boolean, seed: number, arrivals: number): Generator<Request> {
  const streams = createStreams(seed);
  const gaps = streams.named("arrivals");
  const services = streams.named("service");
  let arrivedAt = 0;
  for (let id = 0; id < arrivals; id += 1) {
    arrivedAt += Math.round(gaps.exponential(gap * 1e9));
    const service = isDeterministic ? SERVICE_S : services.exponential(SERVICE_S);
    yield { id, arrivedAt, promptTokens: Math.max(1, Math.round(service * MICROSECONDS)), outputTokens: 1 };
  }
}

/** The mean wait of one simulation, in seconds, without the first tenth of the requests: the queue is empty when they come. */
export const simulatedWait = (of: QueueingCase, seed: number, arrivals: number): number => {
  let count = 0;
  let sum = 0;
  simulate(
    {
      scenario: of.name,
      seed,
      requests: requestsOf(of, seed, arrivals),
      stepTime: microsecondPerToken,
      replica: plainServer,
      coldStart: [],
      policy: { kind: "fixed", replicas: serversOf(of) },
      concurrencyLimit: 1,
      inputs: [],
      notModelled: [],
    },
    ({ id, arrivedAt, firstTokenAt, promptTokens }) => {
      if (id < arrivals / 10) return;
      count += 1;
      sum += firstTokenAt! - arrivedAt - promptTokens * 1000;
    },
  );
  return sum / count / 1e9;
};

/** Arrivals of one replication, for an interval of 2 % or less: the longer a queue's memory, the more it takes. */
export const arrivalsFor = (load: number): number => Math.round(250_000 + 4000 / (1 - load) ** 2);

/** Student's t, two-sided, for 19 degrees of freedom. */
const T_19 = { 0.95: 2.093, 0.99: 2.861 } as const;

export const REPLICATIONS = 20;

export interface Waits {
  readonly mean: number;
  readonly halfWidth: number;
}

/** Mean over 20 replications with seeds from `seed` on, and half the width of its interval. */
export const waitsOf = (of: QueueingCase, arrivals: number, confidence: keyof typeof T_19, seed = 1): Waits =>
  replicated((i) => simulatedWait(of, seed + i, arrivals), confidence);

const replicated = (valueOf: (replication: number) => number, confidence: keyof typeof T_19): Waits => {
  const values = Array.from({ length: REPLICATIONS }, (_, i) => valueOf(i));
  const mean = values.reduce((a, b) => a + b) / REPLICATIONS;
  const variance = values.reduce((sum, value) => sum + (value - mean) * (value - mean), 0) / (REPLICATIONS - 1);
  return { mean, halfWidth: T_19[confidence] * Math.sqrt(variance / REPLICATIONS) };
};

/** Servers behind a queue with so many places, at which what finds it full is turned away. */
export interface LossCase {
  readonly servers: number;
  readonly places: number;
  /** Offered: arrivals over what all servers together can do. */
  readonly load: number;
}

export const lossCases: readonly LossCase[] = [
  { servers: 1, places: 0, load: 0.5 },
  { servers: 1, places: 4, load: 0.8 },
  { servers: 1, places: 9, load: 1.2 },
  { servers: 4, places: 0, load: 0.9 },
  { servers: 4, places: 6, load: 1 },
];

/** The share of arrivals that find all places taken: M/M/c/K, which is Erlang's B without places. */
export const expectedBlocking = ({ servers, places, load }: LossCase): number => {
  let state = 1;
  let sum = 1;
  for (let n = 1; n <= servers + places; n += 1) {
    state *= (load * servers) / Math.min(n, servers);
    sum += state;
  }
  return state / sum;
};

/** The share turned away, over 20 replications, without the first tenth of the requests. */
export const blockingOf = (of: LossCase, arrivals: number, confidence: keyof typeof T_19): Waits =>
  replicated((i) => simulatedBlocking(of, 1 + i, arrivals), confidence);

const simulatedBlocking = ({ servers, places, load }: LossCase, seed: number, arrivals: number): number => {
  let rejected = 0;
  simulate(
    {
      scenario: "loss",
      seed,
      requests: markovian(SERVICE_S / load / servers, false, seed, arrivals),
      stepTime: microsecondPerToken,
      replica: plainServer,
      coldStart: [],
      policy: { kind: "fixed", replicas: servers },
      concurrencyLimit: 1,
      admission: { queue: { max_length: places, on_full: "reject-new", order: "fcfs" } },
      inputs: [],
      notModelled: [],
    },
    ({ id, state }) => {
      if (id >= arrivals / 10 && state === "rejected") rejected += 1;
    },
  );
  return rejected / (0.9 * arrivals);
};
