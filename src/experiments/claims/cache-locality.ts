import { routerSchema, type RouterSettings } from "../../fleet/settings.ts";
import { steady } from "../demand.ts";
import type { Arm, Comparison, Experiment, Measure, Outcome, Regime } from "../experiment.ts";
import type { Lab } from "../lab.ts";
import { gpuHours, meanTtftOf } from "../measures.ts";
import { fixed, scripted } from "../policies.ts";
import { over, sumsOf } from "../windows.ts";

/**
 * When the new replicas are there, how long the parts that are looked at last, and when the last of them begins: all within the second block
 * of a replayed trace, since what repeats the block before does not find it.
 */
const UP = 450;
const MINUTE = 60;
const LATER = 540;
const LASTS = 600;

const ROUTERS = routerSchema.unwrap().options.map(({ shape }) => shape.kind.value);

/** Sessions are hashed where there are any. */
const routerOf = (kind: RouterSettings["kind"], { setting }: Lab): RouterSettings =>
  routerSchema.parse(kind === "consistent-hash" && setting === "synthetic" ? { kind, key: "session" } : { kind });

const hitRate = (key: string, name: string, about: string, from: number): Measure => ({
  key,
  name,
  about: `Share of prompt tokens found in the prefix cache, ${about}.`,
  unit: "share",
  of: ({ run }: Outcome) => {
    const { hitTokens, lookedUpTokens } = sumsOf(run, from, from + MINUTE);
    return over(hitTokens, lookedUpTokens);
  },
});

const meanTtft = (key: string, name: string, about: string, from: number): Measure => ({
  key,
  name,
  about: `Mean TTFT of requests that arrive ${about}.`,
  unit: "s",
  of: ({ records }) => meanTtftOf(records, from, from + MINUTE),
});

const BEFORE = "in the minute before the new replicas are there";
const FIRST = "in their first minute";
const AFTERWARDS = `in the last minute, ${LATER - UP} s later`;
const hitBefore = hitRate("hit_before", "hit, before", BEFORE, UP - MINUTE);
const hitAfter = hitRate("hit_after", "hit, after", FIRST, UP);
const hitLater = hitRate("hit_later", "hit, later", AFTERWARDS, LATER);
const ttftBefore = meanTtft("ttft_before_s", "TTFT, before", BEFORE, UP - MINUTE);
const ttftAfter = meanTtft("ttft_after_s", "TTFT, after", FIRST, UP);
const ttftLater = meanTtft("ttft_later_s", "TTFT, later", AFTERWARDS, LATER);

const scaled = (router: string): string => router;
const always = (router: string): string => `${router}, always`;

const arms = (few: number, many: number): readonly Arm[] =>
  ROUTERS.flatMap((kind) => [
    {
      name: scaled(kind),
      about: `Router ${kind}; ${few} replicas, and ${many} from ${UP} s on, ready at once and empty.`,
      variant: (lab) => ({ policy: scripted(few, [{ at_s: UP, replicas: many }]), coldStart: [], router: routerOf(kind, lab) }),
    },
    {
      name: always(kind),
      about: `Router ${kind}; ${many} replicas throughout.`,
      variant: (lab) => ({ policy: fixed(many), router: routerOf(kind, lab) }),
    },
  ]);

const regimes: readonly Regime[] = [
  { name: "2 to 4 replicas", demand: steady(1.6, LASTS), arms: arms(2, 4) },
  { name: "1 to 8 replicas", demand: steady(0.8, LASTS), arms: arms(1, 8) },
];

const comparisons: readonly Comparison[] = ROUTERS.flatMap((router): Comparison[] => [
  {
    name: `hit rate, ${router}, after over before`,
    measure: hitAfter.key,
    arm: scaled(router),
    against: scaled(router),
    againstMeasure: hitBefore.key,
    as: "ratio-of-means",
    atMost: 0.9,
  },
  {
    name: `hit rate, ${router}, after over always as many`,
    measure: hitAfter.key,
    arm: scaled(router),
    against: always(router),
    as: "ratio-of-means",
    atMost: 0.9,
  },
  {
    name: `TTFT, ${router}, after over always as many`,
    measure: ttftAfter.key,
    arm: scaled(router),
    against: always(router),
    as: "ratio",
    atLeast: 1.1,
  },
]);

const BLIS = "inference-sim (BLIS), issue 994: Llama-2-7B on A100, from 1 to 8 replicas, prefix-affinity routing off";

export const cacheLocality: Experiment = {
  name: "cache-locality",
  claim:
    "New replicas start empty: in their first minute the prefix hit rate is a tenth or more below that of before, and of a fleet that always had as many, and mean TTFT a tenth or more above such a fleet's, whatever the router.",
  scenario: `Conversations at a steady load; replicas are added at ${UP} s, ready at once, under each of the eight routers. A fleet that always had as many is beside each, so that what comes from spreading conversations over more replicas and what comes from empty caches are told apart.`,
  traffic: "conversations",
  measures: [hitBefore, hitAfter, hitLater, ttftBefore, ttftAfter, ttftLater, gpuHours],
  regimes,
  comparisons,
  references: [
    {
      source: BLIS,
      what: "prefix hit rate of a run with 1 replica; ours: the minute before the scale-up",
      unit: "share",
      theirs: 0.502,
      ours: { regime: "1 to 8 replicas", arm: "least-outstanding", measure: hitBefore.key },
    },
    {
      source: BLIS,
      what: "prefix hit rate of a run that was scaled to 8, without a start-up delay; ours: their first minute",
      unit: "share",
      theirs: 0.248,
      ours: { regime: "1 to 8 replicas", arm: "least-outstanding", measure: hitAfter.key },
    },
  ],
  caveats: [
    "The load is steady, so that nothing else changes: an autoscaler adds replicas when load grows, and latencies before and after would then differ for that as well.",
    "Drawn conversations all begin with the same 1,000 tokens, which a new replica has to compute once. Consistent hashing goes by the session where requests belong to sessions, otherwise by the prompt's first part.",
    "A trace without prefixes has no hits to lose: give one that has them. One without sessions, such as Mooncake's, leaves session affinity nothing to go by, so that it is least-outstanding there. A trace is thinned by whole conversations, but those that last from one block of five minutes into the next are cut.",
    "Least-outstanding takes the replica that was created first where several hold as many: at a light load that is the warm one, and few conversations move.",
  ],
};
