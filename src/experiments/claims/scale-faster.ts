import type { ColdStartPhase } from "../../replica/config.ts";
import type { Demand } from "../demand.ts";
import type { Arm, Comparison, Experiment } from "../experiment.ts";
import type { Lab } from "../lab.ts";
import { gpuHours, meanBatch, missedShare, scaleEventsPerHour, tpotP99, ttftP99 } from "../measures.ts";
import { hpa } from "../policies.ts";

const MOST = 6;

/** A published start of vLLM from nothing, on a node that has to come first. */
const phases = (lab: Lab): readonly ColdStartPhase[] =>
  lab.coldStart({ preset: "tensorfuse-l40s-llama-8b-cold", provision_s: 60, image_s: 30 }).coldStart;

/** What may be made faster, by the phases that it takes away. */
const STAGES: Readonly<Record<string, readonly string[]>> = {
  "no node or image": ["provision", "image"],
  "no storage or network": ["storage"],
  "no weight load": ["weights"],
  "no initialisation": ["initialise"],
  "no compilation or warm-up": ["compile", "warm-up"],
};

const without = (name: string, gone: readonly string[]): Arm => ({
  name,
  about: `The same autoscaler; a start takes no time for ${gone.join(" and ")}.`,
  variant: (lab) => ({
    policy: hpa(lab, { min: 1, max: MOST, initial: 3 }),
    coldStart: phases(lab).filter((phase) => !gone.includes(phase.name)),
  }),
});

const arms: readonly Arm[] = [
  {
    name: "full start",
    about: "An HPA; a start takes 90 s for node and image and 294 s for vLLM.",
    variant: (lab) => ({ policy: hpa(lab, { min: 1, max: MOST, initial: 3 }), coldStart: phases(lab) }),
  },
  ...Object.entries(STAGES).map(([name, gone]) => without(name, gone)),
  {
    name: "nothing at all",
    about: "The same autoscaler; replicas are ready at once.",
    variant: (lab) => ({ policy: hpa(lab, { min: 1, max: MOST, initial: 3 }), coldStart: [] }),
  },
  {
    name: "fixed",
    about: `${MOST} replicas all the time: what the autoscaler may grow to.`,
    variant: () => ({ policy: { kind: "fixed", replicas: MOST } }),
  },
];

const bursts: Demand = { steps: [{ for_s: 900, load: 2.2 }], bursts: { factor: 4, burst_s: 60, calm_s: 240 } };
const mild: Demand = { steps: [{ for_s: 900, load: 2.2 }], bursts: { factor: 2, burst_s: 120, calm_s: 240 } };

const comparisons: readonly Comparison[] = [
  ...Object.keys(STAGES).map((arm): Comparison => ({
    name: `missed, ${arm} over full start`,
    measure: "missed_share",
    arm,
    against: "full start",
    as: "ratio-of-means",
    atLeast: 0.5,
  })),
  {
    name: "missed, all at zero less fixed",
    measure: "missed_share",
    arm: "nothing at all",
    against: "fixed",
    as: "difference",
    atLeast: 0.01,
  },
];

export const scaleFaster: Experiment = {
  name: "scale-faster",
  claim:
    "No stage of start-up made free halves the damage by itself, and with all of them free batching and the control loop still cost 1 % of the requests or more.",
  scenario:
    "Bursty load of 2.2 times what one replica sustains. A Kubernetes HPA from 1 to 6 replicas on requests in flight, aimed at 80 % of what a replica sustains, with each stage of the start set to zero, then all of them; and 6 replicas all the time.",
  measures: [missedShare, ttftP99, tpotP99, meanBatch, scaleEventsPerHour, gpuHours],
  regimes: [
    { name: "bursts of 4×", demand: bursts, arms },
    { name: "bursts of 2×", demand: mild, arms },
  ],
  comparisons,
  caveats: ["Requests share no prefixes here, so that a cold cache costs nothing: see cache-locality."],
};
