import type { Demand } from "../demand.ts";
import type { Arm, Comparison, Experiment, Variant } from "../experiment.ts";
import type { Lab } from "../lab.ts";
import { costPerGoodToken, gpuHours, meanReplicas, missedShare, ttftP99, utilization } from "../measures.ts";
import { paidReplicas } from "../../plan/search/replications.ts";
import { fixed, hpa, keda } from "../policies.ts";

const MOST = 8;
const NIGHTS = "nights";

const starting = (lab: Lab): Pick<Variant, "coldStart" | "startUp"> =>
  lab.coldStart({ preset: "tensorfuse-l40s-llama-8b-cached", provision_s: 60, image_s: 0 });

const PLAIN: Arm = {
  name: "plain",
  about: `An HPA from 1 to ${MOST} replicas, aimed at 90 % of what a replica sustains.`,
  variant: (lab) => ({ policy: hpa(lab, { min: 1, max: MOST, initial: 2, share: 0.9 }), ...starting(lab) }),
};

/** The ways in which people make an autoscaler safe. */
const KNOBS: readonly Arm[] = [
  {
    name: "low threshold",
    about: "The same, aimed at 45 % of what a replica sustains.",
    variant: (lab) => ({ policy: hpa(lab, { min: 1, max: MOST, initial: 4, share: 0.45 }), ...starting(lab) }),
  },
  {
    name: "high minimum",
    about: "The same with minReplicas 4.",
    variant: (lab) => ({ policy: hpa(lab, { min: 4, max: MOST, share: 0.9 }), ...starting(lab) }),
  },
  {
    name: "idle buffer",
    about: "The same with two replicas asleep beside it, paid in full, that wake in 5 s.",
    variant: (lab) => ({
      policy: hpa(lab, { min: 1, max: MOST, initial: 2, share: 0.9 }),
      ...lab.coldStart({
        preset: "tensorfuse-l40s-llama-8b-cached",
        provision_s: 60,
        image_s: 0,
        warm_pool: { size: 2, kind: "asleep", wake_s: 5, paid_share: 1 },
      }),
    }),
  },
];

const asFixed = (knob: Arm): Arm => ({
  name: `fixed as ${knob.name}`,
  about: `A fixed fleet of the mean size of "${knob.name}" on the same seed, rounded to whole replicas.`,
  variant: (_, earlier) => ({ policy: fixed(Math.max(1, Math.floor(paidReplicas(earlier.get(knob.name)!.run) + 0.5))) }),
});

const arms: readonly Arm[] = [PLAIN, ...KNOBS.flatMap((knob) => [knob, asFixed(knob)])];

/** What a night shows, beside them. */
const TO_ZERO: Arm = {
  name: "scale to zero",
  about: "KEDA from 0, aimed as the plain one.",
  variant: (lab) => ({ policy: keda(lab, { min: 0, max: MOST, initial: 2, share: 0.9 }), ...starting(lab) }),
};

const bursts: Demand = { steps: [{ for_s: 1200, load: 2 }], bursts: { factor: 3, burst_s: 60, calm_s: 240 } };
/** Hours of work, and nights with almost none. */
const nights: Demand = {
  steps: [
    { for_s: 300, load: 2 },
    { for_s: 420, load: 0.01 },
    { for_s: 480, load: 2.5 },
  ],
};

export const overprovisioning: Experiment = {
  name: "overprovisioning-by-another-name",
  claim:
    "A low threshold, a high minReplicas and an idle buffer are spare capacity by another name: a fixed fleet of the same mean size misses no more.",
  scenario: `An HPA from 1 to ${MOST} replicas is made safe in three ways: a threshold of half, minReplicas of 4, two replicas that stand by. Beside each is a fixed fleet of the mean size that it came to on the same requests. Scale to zero is shown beside the plain one, which keeps a replica through the night.`,
  measures: [missedShare, ttftP99, meanReplicas, gpuHours, utilization, costPerGoodToken],
  regimes: [
    { name: "bursts of 3×", demand: bursts, arms },
    { name: NIGHTS, demand: nights, arms: [...arms, TO_ZERO] },
  ],
  comparisons: [
    ...KNOBS.flatMap(({ name }): Comparison[] => [
      {
        name: `missed, fixed of that size less ${name}`,
        measure: "missed_share",
        arm: `fixed as ${name}`,
        against: name,
        as: "difference",
        atMost: 0.005,
      },
      { name: `replicas, ${name} over plain`, measure: "replicas_mean", arm: name, against: "plain", as: "ratio", decides: false },
      {
        name: `GPU-hours, fixed of that size over ${name}`,
        measure: "gpu_hours",
        arm: `fixed as ${name}`,
        against: name,
        as: "ratio",
        decides: false,
      },
    ]),
    {
      name: "replicas, plain over scale to zero",
      measure: "replicas_mean",
      arm: "plain",
      against: "scale to zero",
      as: "ratio",
      regimes: [NIGHTS],
      decides: false,
    },
    {
      name: "missed, scale to zero less plain",
      measure: "missed_share",
      arm: "scale to zero",
      against: "plain",
      as: "difference",
      regimes: [NIGHTS],
      decides: false,
    },
  ],
  caveats: ["A fixed fleet is whole replicas: its size is the mean rounded, up to half a replica more or less."],
};
