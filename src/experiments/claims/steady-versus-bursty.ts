import type { Run } from "../../fleet/run.ts";
import { days, steady, type Demand } from "../demand.ts";
import type { Arm, Comparison, Experiment, Measure, Regime } from "../experiment.ts";
import { gpuHours, meanBatch, missedShare, tpotP99, ttftP99 } from "../measures.ts";
import { paidReplicas } from "../../plan/search/replications.ts";
import { fixed, hpa } from "../policies.ts";

const LOAD = 2.2;
const MOST = 8;

/** Share of the GPU time paid for in which replicas were ready. */
const readyShare = ({ paid_s }: Run): number | null => {
  const paid = Object.values(paid_s).reduce((sum, time) => sum + time, 0);
  return paid === 0 ? null : (paid_s.busy + paid_s.idle) / paid;
};

const ofPaid = (run: Run, share: number | null | undefined): number | null => {
  const ready = readyShare(run);
  return ready === null || share === null || share === undefined ? null : ready * share;
};

const duty: Measure = {
  key: "duty_share",
  name: "duty",
  about:
    "Share of the GPU time paid for in which a step was running: what DCGM_FI_DEV_GPU_UTIL shows of a device, and the busy share of a server. The simulator has one number for both: a step is one kernel after another.",
  unit: "share",
  of: ({ run }) => ofPaid(run, run.utilization),
};

const readyDuty: Measure = {
  key: "duty_share_ready",
  name: "duty, ready",
  about: "The same, over the time of replicas that were ready alone.",
  unit: "share",
  of: ({ run }) => run.utilization,
};

const useful: Measure = {
  key: "useful_share",
  name: "useful",
  about:
    "Tokens computed, prefill and decode, over what all the GPU time paid for could have computed at the highest rate that a step of this device reaches.",
  unit: "share",
  of: ({ run }) => ofPaid(run, run.useful_share),
};

const endToEndP99: Measure = {
  key: "end_to_end_p99_s",
  name: "end to end p99",
  about: "99th percentile of the time from arrival to the last token.",
  unit: "s",
  of: ({ run }) => run.latency.end_to_end_s?.p99 ?? null,
};

const arms = (share: number): readonly Arm[] => {
  const initial = Math.ceil(LOAD / share);
  return [
    {
      name: "steady",
      about: `A steady load of ${LOAD}; an HPA that aims at ${100 * share} % of what a replica sustains.`,
      demand: steady(LOAD, 1200),
      variant: (lab) => ({ policy: hpa(lab, { min: 1, max: MOST, initial, share }) }),
    },
    {
      name: "cycles",
      about: "The same HPA and mean load, in cycles.",
      variant: (lab) => ({ policy: hpa(lab, { min: 1, max: MOST, initial, share }) }),
    },
    {
      name: "cycles, fixed",
      about: "The same requests on a fixed fleet that costs what the HPA's did, rounded up.",
      variant: (_, earlier) => ({ policy: fixed(Math.max(1, Math.ceil(paidReplicas(earlier.get("cycles")!.run)))) }),
    },
  ];
};

const bursts: Demand = { steps: [{ for_s: 1200, load: LOAD }], bursts: { factor: 4, burst_s: 60, calm_s: 240 } };
const waves = days(LOAD, 0.7, 1200);

const regimes: readonly Regime[] = [
  { name: "bursts of 4×, target 80 %", demand: bursts, arms: arms(0.8) },
  { name: "bursts of 4×, target 50 %", demand: bursts, arms: arms(0.5) },
  { name: "wave of 20 min, target 80 %", demand: waves, arms: arms(0.8) },
];

const within = (name: string, measure: Measure, arm: string, atLeast: number, atMost: number): Comparison => ({
  name,
  measure: measure.key,
  arm,
  as: "value",
  atLeast,
  atMost,
});

export const steadyVersusBursty: Experiment = {
  name: "steady-versus-bursty",
  claim:
    "A steady load uses 40 to 60 % of the GPUs paid for, scaling cycles of the same mean 20 to 30 %, and there the tail is 2 to 5 times the steady one.",
  scenario: `A mean load of ${LOAD} times what one replica sustains, steady or in cycles, under the same Kubernetes HPA on requests in flight, from 1 to ${MOST} replicas. Use is judged twice: by the time in which a step runs (duty), and by the tokens computed of those that were possible (useful).`,
  measures: [duty, readyDuty, useful, meanBatch, ttftP99, tpotP99, endToEndP99, missedShare, gpuHours],
  regimes,
  comparisons: [
    within("duty, steady", duty, "steady", 0.4, 0.6),
    within("duty, cycles", duty, "cycles", 0.2, 0.3),
    within("useful, steady", useful, "steady", 0.4, 0.6),
    within("useful, cycles", useful, "cycles", 0.2, 0.3),
    { name: "TTFT p99, cycles over steady", measure: "ttft_p99_s", arm: "cycles", against: "steady", as: "ratio", atLeast: 2, atMost: 5 },
    { name: "end to end p99, cycles over steady", measure: endToEndP99.key, arm: "cycles", against: "steady", as: "ratio", decides: false },
    { name: "useful, cycles over steady", measure: useful.key, arm: "cycles", against: "steady", as: "ratio-of-means", decides: false },
    {
      name: "duty over useful, steady",
      measure: duty.key,
      arm: "steady",
      against: "steady",
      againstMeasure: useful.key,
      as: "ratio",
      decides: false,
    },
    {
      name: "TTFT p99, cycles over fixed at equal cost",
      measure: "ttft_p99_s",
      arm: "cycles",
      against: "cycles, fixed",
      as: "ratio",
      decides: false,
    },
  ],
  caveats: [
    "Duty and busy share are one number here, so the claim is not judged for both: a step of one sequence counts as busy as one of hundreds. Occupancy within a step is in the useful share alone.",
    "The useful share is of the highest token rate of short contexts, which long prompts and decodes cannot reach: a replica at the load that it sustains is below 1.",
    "The steady arm has requests of its own, so its ratios with cycles are of seeds side by side, not of the same requests.",
  ],
};
