import type { Policy } from "../../fleet/policy.ts";
import { routerSchema, type RouterSettings } from "../../fleet/settings.ts";
import { isGood } from "../../plan/objectives/counts.ts";
import { rampTo, steady, type Demand } from "../demand.ts";
import type { Arm, Comparison, Experiment, Measure, Outcome, Regime, Variant } from "../experiment.ts";
import type { Lab } from "../lab.ts";
import { gpuHours, missedShare, ttftP99 } from "../measures.ts";
import { fixed, hpa, scripted } from "../policies.ts";
import { surelyMissed } from "../shortage.ts";

const MOST = 6;
const INITIAL = 3;
const AS_IT_WAS = "as it was";
const IDEAL = "ideal";
const NOBODY_REJECTED = "routing alone";

const missedOf = (outcome: Outcome): number => missedShare.of(outcome) ?? 0;

const certain: Measure = {
  key: "surely_missed_share",
  name: "surely missed",
  about:
    "Share of requests that no orchestration could have served within both objectives on the GPUs that were ready: more tokens were due than they compute at their highest rate. A lower bound.",
  unit: "share",
  of: ({ run, records, lab }) => (records.length === 0 ? null : surelyMissed(run, records, lab.objectives) / records.length),
};

const missedTokens: Measure = {
  key: "missed_token_share",
  name: "missed tokens",
  about:
    "Share of all tokens, prompt and output, that were asked for by requests that missed an objective: where long ones are turned away it is more.",
  unit: "share",
  of: ({ records, lab }) => {
    let [all, missed] = [0, 0];
    for (const record of records) {
      const tokens = record.promptTokens + record.outputTokens;
      all += tokens;
      if (!isGood(record, lab.limits)) missed += tokens;
    }
    return all === 0 ? null : missed / all;
  },
};

const boundLate = (lab: Lab, times: number): Omit<Variant, "policy"> => ({
  router: { kind: "least-kv", scrape_interval_s: 0 },
  concurrencyLimit: Math.max(1, Math.floor(times * lab.inFlight(1))),
});

/**
 * One queue for all replicas, which gives a request to the one with most KV blocks free as soon as it holds fewer than a limit; one that has
 * waited for three quarters of its TTFT objective is rejected, one that has no token by then is cancelled.
 *
 * @param times the limit, over the requests that a replica holds at the load it sustains
 */
const pooled = (lab: Lab, times: number, isShortestFirst: boolean): Omit<Variant, "policy"> => ({
  ...boundLate(lab, times),
  admission: {
    queue: { on_full: "reject-new", order: isShortestFirst ? "priority" : "fcfs", timeout_s: 0.75 * lab.objectives.ttft_p99_s },
  },
  clients: { first_token_timeout_s: lab.objectives.ttft_p99_s },
  ...(isShortestFirst ? { priorityOf: ({ promptTokens, outputTokens }) => promptTokens + outputTokens } : {}),
});

/** The decisions of the run as it was: its replicas start, and are ready, at the same instants. */
const sameReplicas = (earlier: ReadonlyMap<string, Outcome>): Pick<Variant, "policy"> => ({
  policy: scripted(
    INITIAL,
    earlier.get(AS_IT_WAS)!.run.scale_events.map(({ at_s, to }) => ({ at_s, replicas: to })),
  ),
});

const TRIED = [
  { name: "one queue, 1×", times: 1, isShortestFirst: false },
  { name: "shortest first, 1×", times: 1, isShortestFirst: true },
  { name: "shortest first, 1.6×", times: 1.6, isShortestFirst: true },
] as const;

type Start = (lab: Lab) => Omit<Variant, "policy">;

const scaled = (lab: Lab): Policy => hpa(lab, { min: 1, max: MOST, initial: INITIAL });
const LEAST: RouterSettings = { kind: "least-outstanding", scrape_interval_s: 0 };

/** @param start of replicas; Ballast's default where it is left out */
const arms = (about: string, policy: (lab: Lab) => Policy, router: RouterSettings = LEAST, start: Start = () => ({})): readonly Arm[] => [
  {
    name: AS_IT_WAS,
    about: `${about}; router ${router.kind}, no admission: what arrives goes to a replica at once, and stays.`,
    variant: (lab) => ({ policy: policy(lab), router, ...start(lab) }),
  },
  {
    name: NOBODY_REJECTED,
    about: "The same replicas behind one queue, first come, first served, which rejects and cancels nothing: routing alone.",
    variant: (lab, earlier) => ({ ...sameReplicas(earlier), ...start(lab), ...boundLate(lab, 1) }),
  },
  ...TRIED.map(({ name, times, isShortestFirst }): Arm => ({
    name,
    about: `The same replicas, ready at the same instants; one queue in front of all, ${isShortestFirst ? "fewest tokens first" : "first come, first served"}; a replica holds at most ${times} times what it does at the load it sustains.`,
    variant: (lab, earlier) => ({ ...sameReplicas(earlier), ...start(lab), ...pooled(lab, times, isShortestFirst) }),
  })),
  {
    name: IDEAL,
    about: "Of those, the one that missed fewest on this seed: chosen knowing the outcome.",
    variant: (_, earlier) => {
      const [best] = TRIED.map(({ name }) => earlier.get(name)!).sort((a, b) => missedOf(a) - missedOf(b));
      return best!.variant;
    },
  },
];

const HPA = `An HPA from 1 to ${MOST} replicas`;
const bursts: Demand = { steps: [{ for_s: 600, load: 2.2 }], bursts: { factor: 4, burst_s: 60, calm_s: 240 } };
const jump = (from: number, to: number): Demand => rampTo({ for_s: 150, load: from }, { for_s: 400, load: to }, 0);
const slowStart: Start = (lab) => lab.coldStart({ preset: "tensorfuse-l40s-llama-8b-cold", provision_s: 0, image_s: 0 });

const regimes: readonly Regime[] = [
  { name: "bursts of 4×", demand: bursts, arms: arms(HPA, scaled) },
  { name: "load doubles", demand: jump(2, 4), arms: arms(HPA, scaled) },
  { name: "load trebles, 294 s cold start", demand: jump(1.5, 4.5), arms: arms(HPA, scaled, LEAST, slowStart) },
  {
    name: "nothing scales, random routing",
    demand: steady(2.8, 400),
    arms: arms(`${INITIAL} replicas`, () => fixed(INITIAL), routerSchema.parse({ kind: "random" })),
  },
];

const shown = (name: string, { key }: Measure, arm: string): Comparison => ({
  name,
  measure: key,
  arm,
  against: AS_IT_WAS,
  as: "ratio-of-means",
  decides: false,
});

export const orchestrationOrShortage: Experiment = {
  name: "orchestration-or-shortage",
  claim:
    "Missed objectives are orchestration's rather than a shortage of GPUs: ideal routing and admission on the GPUs that were ready would have met half of them or more.",
  scenario: `A Kubernetes HPA from 1 to ${MOST} replicas, under bursts, a load that doubles, and one that trebles while a start takes five minutes; and ${INITIAL} replicas under a steady load that is routed at random. Then the same replicas, ready at the same instants, behind one queue that knows every request's length, binds late, serves what needs least first, and rejects what is too late; of three such queues the best for each seed is called ideal.`,
  measures: [missedShare, missedTokens, certain, ttftP99, gpuHours],
  regimes,
  comparisons: [
    { name: "missed, ideal over as it was", measure: missedShare.key, arm: IDEAL, against: AS_IT_WAS, as: "ratio-of-means", atMost: 0.5 },
    {
      name: "surely missed over missed as it was",
      measure: certain.key,
      arm: AS_IT_WAS,
      against: AS_IT_WAS,
      againstMeasure: missedShare.key,
      as: "ratio-of-means",
      decides: false,
    },
    shown("missed, routing alone over as it was", missedShare, NOBODY_REJECTED),
    shown("missed, one queue with rejection over as it was", missedShare, TRIED[0].name),
    shown("missed tokens, ideal over as it was", missedTokens, IDEAL),
  ],
  caveats: [
    "Ideal is the best of three queues for each seed, not the best that there is: a better one may meet more. What no orchestration can meet is bounded from below (surely missed). The truth lies between the two.",
    "As it was, nothing is rejected and nobody gives up, so that what waits too long makes all behind it late: most of what ideal gains is what it turns away, long requests first. A rejected request counts as missed; the share of tokens says what that hides.",
    "Whether there should have been more GPUs is not asked: those that were ready stay as they were, and those that were starting are not.",
    "TTFT p99 is of the requests that finished.",
  ],
};
