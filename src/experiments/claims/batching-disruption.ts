import type { Run } from "../../fleet/run.ts";
import type { RouterSettings } from "../../fleet/settings.ts";
import { steady, type Demand } from "../demand.ts";
import type { Arm, Comparison, Experiment, Measure, Regime, Variant } from "../experiment.ts";
import { gpuHours, ttftP99 } from "../measures.ts";
import { fixed, scripted } from "../policies.ts";
import { over, sumsOf, type Sums } from "../windows.ts";

const FEW = 2;
const MANY = 4;
/** When it is decided to scale up, when the new replicas are ready, and when it is decided to scale down. */
const UP = 300;
const READY = 405;
const DOWN = 720;
const MINUTE = 60;

/** What a minute of the run added up to, one over the other. */
const ofMinute = (key: string, name: string, about: string, from: number, of: (sums: Sums) => number | null, lasts = MINUTE): Measure => ({
  key,
  name,
  about,
  unit: "number",
  of: ({ run }) => of(sumsOf(run, from, from + lasts)),
});

const perGpu = ({ tokens, ready_s }: Sums): number | null => over(tokens, ready_s);
const batch = ({ running_s, busy_s }: Sums): number | null => over(running_s, busy_s);
const A_GPU = "Tokens computed, prefill and decode, per second of ready replicas, draining ones included:";

const beforeUp = ofMinute(
  "per_gpu_before_up",
  "a GPU, before up",
  `${A_GPU} in the minute before the scale-up is decided.`,
  UP - MINUTE,
  perGpu,
);
const afterUp = ofMinute(
  "per_gpu_after_up",
  "after up",
  `${A_GPU} in the first minute in which the new replicas are ready.`,
  READY,
  perGpu,
);
const firstUp = ofMinute("per_gpu_first_up", "first 15 s", "The same in the first 15 s of that minute.", READY, perGpu, 15);
const beforeDown = ofMinute("per_gpu_before_down", "before down", `${A_GPU} in the minute before the scale-down.`, DOWN - MINUTE, perGpu);
const afterDown = ofMinute("per_gpu_after_down", "after down", `${A_GPU} in the first minute of the scale-down.`, DOWN, perGpu);
const allBeforeUp = ofMinute(
  "all_before_up",
  "all, before up",
  "Tokens computed a second by the whole fleet, in the minute before the scale-up is decided.",
  UP - MINUTE,
  ({ tokens }) => tokens / MINUTE,
);
const allAfterUp = ofMinute(
  "all_after_up",
  "all, after up",
  "The same in the first minute in which the new replicas are ready.",
  READY,
  ({ tokens }) => tokens / MINUTE,
);
const batchBeforeUp = ofMinute(
  "batch_before_up",
  "batch, before up",
  "Running sequences, averaged over busy time, in the minute before the scale-up is decided.",
  UP - MINUTE,
  batch,
);
const batchAfterUp = ofMinute(
  "batch_after_up",
  "batch, after up",
  "The same in the first minute in which the new replicas are ready, all replicas together.",
  READY,
  batch,
);

/** null where nothing scaled. */
const effectOfUp = ({ scale_events }: Run) => scale_events.find(({ from, to }) => to > from)?.effect;

const batchOfNew: Measure = {
  key: "batch_new",
  name: "batch, new",
  about: "In that minute, of the new replicas alone.",
  unit: "number",
  of: ({ run }) => effectOfUp(run)?.added_mean_batch ?? null,
};

const batchOfWarm: Measure = {
  key: "batch_warm",
  name: "batch, warm",
  about: "In that minute, of the replicas that were there before.",
  unit: "number",
  of: ({ run }) => effectOfUp(run)?.others_mean_batch ?? null,
};

const arms = (router: RouterSettings): readonly Arm[] => {
  const start: Omit<Variant, "policy"> = { router, coldStart: [{ name: "start", state: "loading", duration: READY - UP }] };
  return [
    {
      name: "scaled",
      about: `${FEW} replicas; ${MANY} are wanted from ${UP} s on and ready at ${READY} s; ${FEW} again from ${DOWN} s on.`,
      variant: () => ({
        policy: scripted(FEW, [
          { at_s: UP, replicas: MANY },
          { at_s: DOWN, replicas: FEW },
        ]),
        ...start,
      }),
    },
    { name: "always few", about: `${FEW} replicas throughout.`, variant: () => ({ policy: fixed(FEW), ...start }) },
    { name: "always many", about: `${MANY} replicas throughout.`, variant: () => ({ policy: fixed(MANY), ...start }) },
  ];
};

const jump: Demand = {
  steps: [
    { for_s: 180, load: 1.4 },
    { for_s: 480, load: 2.8 },
    { for_s: 240, load: 1.4 },
  ],
};

const STEADY = ["steady load", "steady load, round robin"];

const regimes: readonly Regime[] = [
  { name: STEADY[0]!, demand: steady(1.6, 900), arms: arms({ kind: "least-outstanding", scrape_interval_s: 0 }) },
  { name: STEADY[1]!, demand: steady(1.6, 900), arms: arms({ kind: "round-robin" }) },
  { name: "load doubles first", demand: jump, arms: arms({ kind: "least-outstanding", scrape_interval_s: 0 }) },
];

const ratio = (name: string, measure: Measure, against: string, againstMeasure: Measure, rest: Partial<Comparison>): Comparison => ({
  name,
  measure: measure.key,
  arm: "scaled",
  against,
  againstMeasure: againstMeasure.key,
  as: "ratio",
  ...rest,
});

const ATMOST = { atMost: 0.95 };

export const batchingDisruption: Experiment = {
  name: "batching-disruption",
  claim:
    "Right after a scale-up, and after a scale-down, each GPU computes at least 5 % less than before, and than in a fleet that always had as many: new replicas' batches are less than half as full as the warm ones'.",
  scenario: `${FEW} replicas become ${MANY} and then ${FEW} again, at given times, whatever the load: at a steady load of 1.6 times what one replica sustains, and where the load has doubled before the scale-up and halved before the scale-down. A start takes ${READY - UP} s. Fleets that always had ${FEW}, or ${MANY}, meet the same requests.`,
  measures: [
    beforeUp,
    afterUp,
    firstUp,
    allBeforeUp,
    allAfterUp,
    batchBeforeUp,
    batchAfterUp,
    batchOfNew,
    batchOfWarm,
    beforeDown,
    afterDown,
    ttftP99,
    gpuHours,
  ],
  regimes,
  comparisons: [
    ratio("a GPU, after the scale-up over before", afterUp, "scaled", beforeUp, ATMOST),
    ratio("a GPU, after the scale-up over always as many", afterUp, "always many", afterUp, ATMOST),
    ratio("a GPU, first 15 s over always as many", firstUp, "always many", firstUp, { decides: false }),
    ratio("batch after the scale-up, new over warm", batchOfNew, "scaled", batchOfWarm, { atMost: 0.5 }),
    ratio("a GPU, after the scale-down over before", afterDown, "scaled", beforeDown, ATMOST),
    ratio("a GPU, after the scale-down over always as few", afterDown, "always few", afterDown, { ...ATMOST, regimes: STEADY }),
    ratio("all GPUs, after the scale-up over before", allAfterUp, "scaled", allBeforeUp, { decides: false }),
    ratio("batch, after the scale-up over before", batchAfterUp, "scaled", batchBeforeUp, { decides: false }),
  ],
  caveats: [
    "At a steady load that the fleet can serve, twice the replicas compute half as much each, whatever the batches do: that is the first number. The comparison with a fleet that always had as many takes it out.",
    "Times are given, not an autoscaler's: it would not scale up at such a steady load.",
    "Requests share no prefixes here, so that a cold cache costs nothing: see cache-locality.",
  ],
};
