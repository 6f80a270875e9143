import { days, steady, type Demand } from "../demand.ts";
import type { Arm, Experiment, Regime } from "../experiment.ts";
import { costPerGoodToken, gpuHours, meanReplicas, missedShare, scaleEventsPerHour, ttftP99 } from "../measures.ts";
import { paidReplicas } from "../../plan/search/replications.ts";
import { fixed, hpa } from "../policies.ts";

const COST = "gpu_s_per_1000_good_tokens";
const LOAD = 1.8;
/** A fleet that is large enough to be made much smaller at night, and a night that is long enough for it. */
const LARGE = { load: 5, swing: 0.9, day_s: 3600 };

/** A whole start of so many seconds, at a node that is there. */
const starting = (seconds: number) => ({ provision_s: 0, image_s: 0, weights_s: 0, initialise_s: seconds, warm_up_s: 0 });

const arms = (demand: Demand, coldStart: number, most: number): readonly Arm[] => [
  {
    name: "autoscaler",
    about: `An HPA from 1 to ${most} replicas, aimed at 80 % of what a replica sustains; a start takes ${coldStart} s.`,
    variant: (lab) => ({ policy: hpa(lab, { min: 1, max: most, initial: 2 }), ...lab.coldStart(starting(coldStart)) }),
  },
  {
    name: "floor",
    about: "A fixed fleet of the autoscaler's mean size on the same seed, rounded to whole replicas.",
    variant: (_, earlier) => ({ policy: fixed(Math.max(1, Math.floor(paidReplicas(earlier.get("autoscaler")!.run) + 0.5))) }),
  },
  {
    name: "planned",
    about: "The smallest fixed fleet that misses at most 1 % of such requests, found on other seeds.",
    variant: (lab) => ({ policy: fixed(lab.planned(demand, 0.01)) }),
  },
  {
    name: "hybrid",
    about: "The same HPA above a minimum of one replica fewer than the floor.",
    variant: (lab, earlier) => {
      const min = Math.max(1, Math.floor(paidReplicas(earlier.get("autoscaler")!.run) + 0.5) - 1);
      return { policy: hpa(lab, { min, max: most }), ...lab.coldStart(starting(coldStart)) };
    },
  },
];

const large: Demand = days(LARGE.load, LARGE.swing, LARGE.day_s);

const regimes: readonly Regime[] = [
  ...[0, 0.8].flatMap((swing) =>
    [1, 4].flatMap((factor) =>
      [30, 300].map((coldStart): Regime => {
        const base: Demand = swing === 0 ? steady(LOAD, 720) : days(LOAD, swing, 1440);
        const demand = factor === 1 ? base : { ...base, bursts: { factor, burst_s: 60, calm_s: 240 } };
        return {
          name: `${swing === 0 ? "no swing" : "swing of 80 %"}, ${factor === 1 ? "no bursts" : `bursts of ${factor}×`}, ${coldStart} s`,
          demand,
          arms: arms(demand, coldStart, 8),
        };
      }),
    ),
  ),
  ...[30, 300].map((coldStart): Regime => ({
    name: `large fleet, swing of 90 % over an hour, ${coldStart} s`,
    demand: large,
    arms: arms(large, coldStart, 16),
  })),
];

export const stableVersusScaled: Experiment = {
  name: "stable-versus-scaled",
  claim: "At equal cost stable capacity misses no more than an autoscaler does, and planned beforehand it makes a good token cheaper.",
  scenario: `Load of ${LOAD} times what one replica sustains, with and without a swing of 80 % over 24 minutes, with and without bursts of 4 times the calm rate, with starts of 30 and of 300 s; and a load of ${LARGE.load} that swings by 90 % over an hour. An HPA, a fixed fleet of the size that it came to, a hybrid, which is the HPA above a minimum of one replica fewer, and the smallest fixed fleet that was planned to miss at most 1 %.`,
  measures: [missedShare, ttftP99, costPerGoodToken, meanReplicas, gpuHours, scaleEventsPerHour],
  regimes,
  comparisons: [
    {
      name: "missed, autoscaler less floor of equal cost",
      measure: "missed_share",
      arm: "autoscaler",
      against: "floor",
      as: "difference",
      atLeast: -0.005,
    },
    {
      name: "cost of a good token, autoscaler over planned",
      measure: COST,
      arm: "autoscaler",
      against: "planned",
      as: "ratio",
      atLeast: 1,
    },
    { name: "missed, planned", measure: "missed_share", arm: "planned", as: "value", decides: false },
    {
      name: "cost of a good token, autoscaler over floor",
      measure: COST,
      arm: "autoscaler",
      against: "floor",
      as: "ratio",
      decides: false,
    },
    { name: "cost of a good token, hybrid over floor", measure: COST, arm: "hybrid", against: "floor", as: "ratio", decides: false },
    { name: "missed, hybrid less floor", measure: "missed_share", arm: "hybrid", against: "floor", as: "difference", decides: false },
  ],
  caveats: [
    "A real day is 24 to 60 times as long as these swings: an autoscaler has more time to follow it than here.",
    "The floor is whole replicas: its size is the autoscaler's mean rounded, up to half a replica more or less; the cost of a good token counts what it really cost.",
  ],
};
