import { whoseSpeed } from "../calibration/whose-speed.ts";
import { notModelled } from "../fleet/not-modelled.ts";
import type { Run } from "../fleet/run.ts";
import { initialReplicas, policyInWords, type Policy } from "../fleet/policy.ts";
import type { Input } from "../provenance.ts";
import { percent, plain, quantity, significant } from "../format.ts";
import { policyOrigin, resolvePolicy } from "../scenario/policy.ts";
import { trafficInWords } from "../scenario/traffic-inputs.ts";
import { breakingRateOrNull } from "./breaking-rate.ts";
import { capacityInterval, stepErrorOrNull } from "./capacity-interval.ts";
import { suggestedHpa, TARGET_RULE } from "./autoscaler.ts";
import { smallestFixed } from "./fixed-capacity.ts";
import { fixedCandidate } from "./fixed-candidate.ts";
import { frontierOf } from "./frontier.ts";
import { hybrids, type Hybrid } from "./hybrid.ts";
import { deviceNotes, runNotes, traceNotes } from "./notes.ts";
import { objectiveInputs, objectivesInWords } from "./objectives.ts";
import { meanRateOf, questionOf, type PlanRequest } from "./question.ts";
import { candidateOf, type Question, type Replication } from "./replications.ts";
import { Race } from "./racing.ts";
import { PLAN_SCHEMA, type Candidate, type Plan } from "./schema.ts";
import { PRECISION, sustainedRateOrNull } from "./sustained-rate.ts";

/** The answer, and the runs of the first seed behind it: what a person looks at to believe it. */
export interface PlanAnswer {
  readonly plan: Plan;
  /** The fixed fleet of the answer; the largest one tried where none was enough, null where it was shown that none is. */
  readonly fixed: Run | null;
  readonly autoscaler: Run | null;
}

/**
 * How much stable capacity: the smallest fixed number of replicas that meets the objectives, and beside it what a Kubernetes HPA
 * does on the same traffic (the scenario's own, or one derived from the answer).
 *
 * @throws InputError where the scenario and the device do not fit together, or the traffic is too little to have a rate
 */
export const plan = (request: PlanRequest): PlanAnswer => {
  const { from, device, trace } = request;
  const question = questionOf(request);
  const search = smallestFixed(question);
  const asked: Omit<Plan, "capacity" | "autoscaler" | "inputs" | "notes"> = {
    schema: PLAN_SCHEMA,
    heading: whoseSpeed(device),
    model: device.model,
    device: device.device,
    question: questionInWords(request),
    seeds: [...question.seeds],
    tried: [...search.tried],
    not_modelled: notModelled(question.setup),
  };
  const inputs = [...question.setup.inputs, ...objectiveInputs(from)];
  const notes = [...deviceNotes(device), ...(trace === null ? [] : traceNotes(trace, question.setup))];
  if (search.kind === "not-found") {
    const { because, largest } = search;
    const best = largest === null ? null : candidateOf(largest, question.objectives);
    return {
      plan: { ...asked, capacity: { kind: "impossible", because, best }, autoscaler: null, inputs, notes },
      fixed: largest?.[0]?.run ?? null,
      autoscaler: null,
    };
  }

  const { replicas, replicationsOf } = search;
  const replications = replicationsOf(replicas);
  const fixed = (number: number): Candidate => fixedCandidate(replicationsOf(number), question.objectives, number);
  const { survive: spare = 0, gpu_hours_per_h: budget = Infinity } = question.objectives;
  const gpus = replicas * (question.setup.gpusPerReplica ?? 1);
  if (gpus > budget) {
    const because = `the other objectives need ${quantity(replicas, "replica")}, ${quantity(gpus, "GPU")} all the time, and the ceiling is ${plain(budget)} on average`;
    return {
      plan: { ...asked, capacity: { kind: "impossible", because, best: fixed(replicas) }, autoscaler: null, inputs, notes },
      fixed: replications[0]?.run ?? null,
      autoscaler: null,
    };
  }
  const serving = replicas - spare;
  const fewer = search.atLeast - 1;
  const interval = capacityInterval(question, search, stepErrorOrNull(device), trace !== null);
  const meanRate = meanRateOf(request, question);
  const sustained = sustainedRateOrNull(question, serving, meanRate) ?? 0;
  const written = resolvePolicy(from, question.setup, request.policyData);
  const own = written?.kind === "fixed" ? null : written;
  const autoscaler = own ?? (sustained > 0 ? suggestedHpa(question, { replicas: serving, sustained, meanRate }) : null);
  const scaled = autoscaler === null ? [] : autoscaled(question, autoscaler);
  const named: Named[] = [
    ...(fewer > spare ? [fewer] : []).concat(replicas).map((number) => ({ name: `fixed ${number}`, candidate: fixed(number) })),
    ...(scaled.length === 0 ? [] : [{ name: "autoscaler", candidate: candidateOf(scaled, question.objectives) }]),
  ];
  const mixed = request.hasFrontier === true && sustained > 0 ? hybrids(question, { replicas: serving, sustained, meanRate }) : [];
  const found: Plan = {
    ...asked,
    ...(request.hasFrontier === true ? frontierParts(question, named, mixed) : {}),
    capacity: {
      kind: "found",
      replicas,
      interval: { low: interval.low, high: interval.high === Infinity ? null : interval.high, of: interval.of },
      candidate: fixed(replicas),
      one_fewer: fewer > spare ? fixed(fewer) : null,
      breaks_at_rate: breakingRateOrNull(question, replicas),
      headroom_over_mean: sustained / meanRate - 1,
    },
    autoscaler: scaled.length === 0 ? null : candidateOf(scaled, question.objectives),
    inputs: [...inputs, ...(autoscaler === null ? [] : [autoscalerInput(request, autoscaler, own !== null)])],
    notes: [
      `Headroom: ${quantity(serving, "replica")} sustain${serving === 1 ? "s" : ""} ${significant(sustained)} requests/s (to within ${percent(PRECISION)}) where the same requests come as a steady Poisson stream; the mean is ${significant(meanRate)}.`,
      ...(own === null && autoscaler !== null ? [TARGET_RULE] : []),
      ...(spare > 0 && scaled.length > 0 ? ["The autoscaler, and a floor with one on top, are simulated with no replica gone."] : []),
      ...runNotes(replications),
      ...notes,
      "The search takes it that more replicas are never worse; the answer and the largest number that misses are both simulated.",
    ],
  };
  return { plan: found, fixed: replications[0]?.run ?? null, autoscaler: scaled[0]?.run ?? null };
};

/** What is asked, in words. */
export const questionInWords = ({ from: { scenario }, device }: PlanRequest): string =>
  `How many replicas of ${device.model} on ${device.device} meet ${objectivesInWords(scenario.objectives)}? Traffic: ${trafficInWords(scenario.traffic)}.`;

interface Named {
  readonly name: string;
  readonly candidate: Candidate;
}

/** The cheapest floor with an autoscaler on top, and all policies by cost, tail and churn. */
const frontierParts = (question: Question, named: readonly Named[], mixed: readonly Hybrid[]): Pick<Plan, "hybrid" | "frontier"> => {
  const candidates = mixed.map(({ policy, replications }) => ({
    name: `floor ${policy.min_replicas}, target ${policy.target_average}`,
    candidate: candidateOf(replications, question.objectives),
  }));
  const [cheapest = null] = candidates.map(({ candidate }) => candidate).sort((a, b) => a.gpu_hours - b.gpu_hours);
  return { hybrid: cheapest, frontier: frontierOf([...named, ...candidates]) };
};

/** The autoscaler on as many replications as it takes to say whether it meets the objectives. */
const autoscaled = (question: Question, policy: Policy): readonly Replication[] => {
  const race = new Race(question);
  race.settle(policy, "the autoscaler");
  return race.replicationsOf(policy, "the autoscaler");
};

const autoscalerInput = ({ from, policyData = {} }: PlanRequest, policy: Policy, isOwn: boolean): Input => ({
  name: "autoscaler",
  value: `${policyInWords(policy)}, begins with ${initialReplicas(policy)}`,
  ...(isOwn ? policyOrigin(from, policyData) : { origin: "assumed", source: "derived from the fixed answer" }),
});
