import type { ReplicaConfig } from "../../replica/config.ts";
import type { Arm, Experiment, Measure, Outcome, Regime } from "../experiment.ts";
import type { Lab } from "../lab.ts";
import { missedShare, preemptionsPer1000, tpotP99, ttftP99 } from "../measures.ts";
import { fixed } from "../policies.ts";

const REPLICAS = 3;
const CALM_S = 420;
const PEAK_S = 300;

const isPeak = (at: number): boolean => at >= CALM_S && at < CALM_S + PEAK_S;
/** After the calm has begun, and before what the peak has left behind. */
const isCalm = (at: number): boolean => at >= 60 && at < CALM_S;

/** Mean of a series of the timeline over some of its windows. */
const meanWhile = ({ run }: Outcome, series: "running" | "queued" | "kv_use", isIn: (at: number) => boolean): number | null => {
  const { window_s: window, [series]: values } = run.timeline;
  const chosen = values.filter((_, i) => isIn((i + 0.5) * window));
  return chosen.length === 0 ? null : chosen.reduce((sum, value) => sum + value, 0) / chosen.length;
};

const runningAtPeak: Measure = {
  key: "running_peak",
  name: "running at the peak",
  about: "Requests in the running batches of all replicas, averaged over the peak.",
  unit: "number",
  of: (outcome) => meanWhile(outcome, "running", isPeak),
};
const runningBefore: Measure = {
  key: "running_calm",
  name: "running before",
  about: "The same over the calm before it.",
  unit: "number",
  of: (outcome) => meanWhile(outcome, "running", isCalm),
};
const kvAtPeak: Measure = {
  key: "kv_use_peak",
  name: "KV in use at the peak",
  about: "Share of KV blocks held, averaged over the peak.",
  unit: "share",
  of: (outcome) => meanWhile(outcome, "kv_use", isPeak),
};
const kvBefore: Measure = {
  key: "kv_use_calm",
  name: "KV before",
  about: "The same over the calm before it.",
  unit: "share",
  of: (outcome) => meanWhile(outcome, "kv_use", isCalm),
};

const withBlocks = ({ setup: { replica } }: Lab, share: number): ReplicaConfig => {
  const numGpuBlocks = Math.max(2, Math.floor(replica.numGpuBlocks * share));
  return {
    ...replica,
    enablePrefixCaching: true,
    numGpuBlocks,
    maxModelLen: Math.min(replica.maxModelLen, (numGpuBlocks - 1) * replica.blockSize),
  };
};

const arms = (share: number): readonly Arm[] => [
  {
    name: "its KV memory",
    about: `${REPLICAS} replicas, each with ${share === 1 ? "all" : `1/${1 / share}`} of the KV blocks that the device has room for.`,
    variant: (lab) => ({ policy: fixed(REPLICAS), replica: withBlocks(lab, share) }),
  },
  {
    name: "ample",
    about: "The same with 32 times the blocks of the device: memory never limits.",
    variant: (lab) => ({ policy: fixed(REPLICAS), replica: withBlocks(lab, 32) }),
  },
];

/** @param peak over what one replica sustains */
const regime = (name: string, share: number, peak: number): Regime => ({
  name,
  demand: {
    steps: [
      { for_s: CALM_S, load: 1.5 },
      { for_s: PEAK_S, load: peak },
      { for_s: 180, load: 1.5 },
    ],
  },
  arms: arms(share),
});

/** Above what the replicas sustain, and below it. */
const [ABOVE, BELOW] = [1.2 * REPLICAS, 0.9 * REPLICAS];

export const memoryPressure: Experiment = {
  name: "memory-pressure",
  claim: "Shortage of KV memory limits the batch, and how many are served at once, exactly at the peak and not before it.",
  scenario: `${REPLICAS} replicas, all the time. Load is half of what they sustain, then 90 or 120 % of it for five minutes, then half again. Their KV cache is all that the device has room for, a fifth or a tenth of it (a tenth is what a card of 24 GB has left beside an 8B model), against one that never fills.`,
  measures: [kvBefore, kvAtPeak, runningBefore, runningAtPeak, preemptionsPer1000, ttftP99, tpotP99, missedShare],
  regimes: [
    regime("a tenth of the blocks, peak of 120 %", 0.1, ABOVE),
    regime("a fifth of the blocks, peak of 120 %", 0.2, ABOVE),
    regime("all blocks, peak of 120 %", 1, ABOVE),
    regime("a tenth of the blocks, peak of 90 %", 0.1, BELOW),
    regime("all blocks, peak of 90 %", 1, BELOW),
  ],
  comparisons: [
    { name: "KV in use at the peak", measure: kvAtPeak.key, arm: "its KV memory", as: "value", atLeast: 0.8 },
    {
      name: "running at the peak, over ample",
      measure: runningAtPeak.key,
      arm: "its KV memory",
      against: "ample",
      as: "ratio",
      atMost: 0.9,
    },
    { name: "running before, over ample", measure: runningBefore.key, arm: "its KV memory", against: "ample", as: "ratio", atLeast: 0.95 },
    { name: "missed, less ample", measure: "missed_share", arm: "its KV memory", against: "ample", as: "difference", atLeast: 0.01 },
  ],
  caveats: ["With fewer blocks only memory shrinks: the step times stay the device's own."],
};
