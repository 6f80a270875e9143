import { rampTo, type Demand } from "../demand.ts";
import type { Arm, Experiment, Measure, Outcome, Regime } from "../experiment.ts";
import { endToEndMean, gpuHours, meanTtftOf, missedShare, ttftP50, ttftP95, ttftP99 } from "../measures.ts";
import { hpa, keda } from "../policies.ts";
import type { PresetName } from "../../fleet/cold-start/presets.ts";

/** Before the load rises. */
const BEFORE = 120;

/** From the first scale-up after the load begins to rise to the moment its last replica is ready; null where none was, or none became ready. */
const wait = ({ run }: Outcome): { readonly from: number; readonly to: number } | null => {
  const first = run.scale_events.find(({ at_s, from, to, ready_after_s: after }) => at_s >= BEFORE && to > from && after !== null);
  return first === undefined || first.ready_after_s === null ? null : { from: first.at_s, to: first.at_s + first.ready_after_s };
};

const readyAfter: Measure = {
  key: "ready_after_s",
  name: "ready after",
  about: "From the first scale-up after the load begins to rise until the last replica that it added is ready.",
  unit: "s",
  of: (outcome) => {
    const found = wait(outcome);
    return found === null ? null : found.to - found.from;
  },
};

/** Mean TTFT of those that arrive in one half of the wait; null where there is no wait. */
const halfOf = (outcome: Outcome, half: 0 | 1): number | null => {
  const found = wait(outcome);
  if (found === null || found.to - found.from < 1) return null;
  const length = (found.to - found.from) / 2;
  return meanTtftOf(outcome.records, found.from + half * length, found.from + (half + 1) * length);
};

const early: Measure = {
  key: "ttft_wait_early_s",
  name: "TTFT early in the wait",
  about: "Mean TTFT of requests that arrive in the first half of that wait.",
  unit: "s",
  of: (outcome) => halfOf(outcome, 0),
};

const late: Measure = {
  key: "ttft_wait_late_s",
  name: "TTFT late in the wait",
  about: "Mean TTFT of requests that arrive in its second half.",
  unit: "s",
  of: (outcome) => halfOf(outcome, 1),
};

const arms = (preset: PresetName, policy: Arm["variant"] = (lab) => ({ policy: hpa(lab, { min: 2, max: 6 }) })): readonly Arm[] => [
  {
    name: "cold",
    about: `An autoscaler whose replicas start by preset ${preset}, on nodes that are there.`,
    variant: (lab, earlier) => ({ ...policy(lab, earlier), ...lab.coldStart({ preset, provision_s: 0, image_s: 0 }) }),
  },
  {
    name: "ready at once",
    about: "The same autoscaler, whose replicas stand by, loaded and warm.",
    variant: (lab, earlier) => ({ ...policy(lab, earlier), coldStart: [] }),
  },
];

const jump: Demand = rampTo({ for_s: BEFORE, load: 1.4 }, { for_s: 900, load: 3.4 }, 0);
const ramp: Demand = rampTo({ for_s: BEFORE, load: 1.4 }, { for_s: 300, load: 3.4 }, 900);

/** As in llm-d's run: 1,066 s, one pod more every 30 s, at most 6. How its load came is not published. */
const oneByOne: Arm["variant"] = (lab) => ({
  policy: keda(lab, { min: 1, max: 6, behavior: { scaleUp: { policies: [{ type: "Pods", value: 1, periodSeconds: 30 }] } } }),
});
const LLM_D_REGIME = "jump, 110 s, one pod per 30 s";

const regimes: readonly Regime[] = [
  { name: "jump, 294 s", demand: jump, arms: arms("tensorfuse-l40s-llama-8b-cold") },
  { name: "jump, 82 s", demand: jump, arms: arms("tensorfuse-l40s-llama-8b-cached") },
  {
    name: LLM_D_REGIME,
    demand: rampTo({ for_s: BEFORE, load: 0.7 }, { for_s: 1066 - BEFORE, load: 2.6 }, 0),
    arms: arms("llm-d-pod-cold", oneByOne),
  },
  { name: "15 min ramp, 294 s", demand: ramp, arms: arms("tensorfuse-l40s-llama-8b-cold") },
  { name: "15 min ramp, 82 s", demand: ramp, arms: arms("tensorfuse-l40s-llama-8b-cached") },
];

const LLM_D = "llm-d, pull request 2459: Qwen3-14B on H100, KEDA by queue, at most 6 replicas";

export const coldStart: Experiment = {
  name: "cold-start",
  claim: "A new replica takes tens of seconds to minutes, and until it is in, latency does not improve or grows worse.",
  scenario:
    "Load goes from 1.4 to 3.4 times what one replica sustains, at once or over a quarter of an hour. A Kubernetes HPA on requests in flight, aimed at 80 % of what a replica sustains, goes from 2 to at most 6 replicas, each of which takes 82 or 294 s. The same HPA with replicas that stand by, ready, is beside it. One regime is a published one: KEDA that adds one pod every 30 s, from 1 to 6, each after 110 s, here as load jumps from 0.7 to 2.6.",
  measures: [readyAfter, early, late, ttftP50, ttftP95, ttftP99, endToEndMean, missedShare, gpuHours],
  regimes,
  comparisons: [
    { name: "seconds until ready", measure: "ready_after_s", arm: "cold", as: "value", atLeast: 10 },
    {
      name: "TTFT while waiting, late over early",
      measure: late.key,
      arm: "cold",
      against: "cold",
      againstMeasure: early.key,
      as: "ratio",
      atLeast: 1,
    },
    { name: "TTFT p99, cold over ready at once", measure: "ttft_p99_s", arm: "cold", against: "ready at once", as: "ratio", atLeast: 2 },
    {
      name: "mean latency, ready at once over cold",
      measure: "end_to_end_mean_s",
      arm: "ready at once",
      against: "cold",
      as: "ratio",
      decides: false,
    },
  ],
  references: [
    {
      source: LLM_D,
      what: "TTFT p95 from cold; another model, and a load over time that is not published",
      unit: "s",
      theirs: 51.9,
      ours: { regime: LLM_D_REGIME, arm: "cold", measure: "ttft_p95_s" },
    },
    {
      source: LLM_D,
      what: "TTFT p95 with replicas warmed before, equal in number",
      unit: "s",
      theirs: 1.5,
      ours: { regime: LLM_D_REGIME, arm: "ready at once", measure: "ttft_p95_s" },
    },
    {
      source: LLM_D,
      what: "mean latency, warmed before over cold",
      unit: "ratio",
      theirs: 0.4,
      ours: { regime: LLM_D_REGIME, comparison: "mean latency, ready at once over cold" },
    },
  ],
  caveats: [
    "A cold start is a published one of vLLM on another GPU, not one measured on this device, unless the device model has its own.",
  ],
};
