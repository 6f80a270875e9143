import { toSeconds } from "../../units.ts";
import { days, steady, type Demand } from "../demand.ts";
import type { Arm, Experiment, Measure } from "../experiment.ts";
import { gpuHours, missedShare, scaleEventsPerHour, ttftP99, utilization } from "../measures.ts";
import { fixed, hpa } from "../policies.ts";

const MOST = 6;
/** What a batch job is given to finish. */
const DEADLINE_S = 900;

const lateShare: Measure = {
  key: "late_share",
  name: "late as batch",
  about: `Share of requests that have not finished ${DEADLINE_S / 60} minutes after they arrived: what counts where jobs may queue.`,
  unit: "share",
  of: ({ records }) => {
    if (records.length === 0) return null;
    const late = records.filter(
      ({ state, arrivedAt, lastTokenAt }) =>
        state !== "finished" || lastTokenAt === null || toSeconds(lastTokenAt - arrivedAt) > DEADLINE_S,
    );
    return late.length / records.length;
  },
};

const arms: readonly Arm[] = [
  {
    name: "autoscaled",
    about: `An HPA from 1 to ${MOST} replicas; a start takes 60 s for the node and 82 s for vLLM with its caches.`,
    variant: (lab) => ({
      policy: hpa(lab, { min: 1, max: MOST, initial: 2 }),
      ...lab.coldStart({ preset: "tensorfuse-l40s-llama-8b-cached", provision_s: 60, image_s: 0 }),
    }),
  },
  { name: "fixed", about: `${MOST} replicas all the time.`, variant: () => ({ policy: fixed(MOST) }) },
];

const bursts: Demand = { ...steady(1.7, 1500), bursts: { factor: 4, burst_s: 60, calm_s: 240 } };
/** A heap of jobs every eight minutes, and little between them. */
const heaps: Demand = {
  steps: [1, 2, 3].flatMap(() => [
    { for_s: 360, load: 0.4 },
    { for_s: 120, load: 5.5 },
  ]),
};

export const trainingVersusInference: Experiment = {
  name: "training-versus-inference",
  claim:
    "The same autoscaler on the same work saves GPU time in both, keeps the deadlines of batch jobs, which may queue, and breaks the objectives of interactive requests, which may not.",
  scenario: `The same requests are read twice: as interactive ones with objectives for the first token and for each token, and as batch jobs that have ${DEADLINE_S / 60} minutes. A Kubernetes HPA from 1 to ${MOST} replicas against ${MOST} all the time.`,
  measures: [missedShare, lateShare, ttftP99, utilization, gpuHours, scaleEventsPerHour],
  regimes: [
    { name: "bursts of 4×", demand: bursts, arms },
    { name: "heaps of jobs", demand: heaps, arms },
    { name: "half-hour swing", demand: days(2, 0.8, 1800), arms },
  ],
  comparisons: [
    { name: "GPU-hours, autoscaled over fixed", measure: "gpu_hours", arm: "autoscaled", against: "fixed", as: "ratio", atMost: 0.9 },
    { name: "late as batch, autoscaled", measure: "late_share", arm: "autoscaled", as: "value", atMost: 0.001 },
    {
      name: "missed as interactive, autoscaled less fixed",
      measure: "missed_share",
      arm: "autoscaled",
      against: "fixed",
      as: "difference",
      atLeast: 0.01,
    },
  ],
  caveats: [
    "A batch job here is a request with a distant deadline. Training proper holds its GPUs from beginning to end; what it shares is that it may wait in a queue.",
  ],
};
