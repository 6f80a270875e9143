import { describe, expect, it } from "vitest";
import { simulatePriced } from "../../src/fleet/price-events.ts";
import type { Run } from "../../src/fleet/run.ts";
import { churnOrNull } from "../../src/report/price-text.ts";
import { effectRowsOrNull } from "../../src/report/effect-rows.ts";
import { runText } from "../../src/report/text.ts";
import { fleetConfig, requestsOf } from "../fleet/configs.ts";
import { run as older } from "./samples.ts";

/** Scales up at 15 s, and down long after. */
const priced: Run = simulatePriced(
  fleetConfig({
    stepTime: { stepTime: () => 1e9, isExtrapolated: () => false },
    replica: { ...fleetConfig().replica, maxNumSeqs: 2 },
    coldStart: [{ name: "node", state: "provisioning", duration: 30 }],
    policy: { kind: "hpa", min_replicas: 1, max_replicas: 2, metric: "requests_in_flight", target_average: 1 },
    requests: requestsOf([10_000, 10, 20], [0, 10, 20], [10_000, 10, 10], [60_000, 10, 1], [400_000, 10, 5]),
  }),
  { horizon: 600, largest: 1, sampled: 0 },
);
const block = (run: Run, name: string, next: string): string =>
  new RegExp(`  ${name}\\n[^]*?(?=\\n  ${next})`).exec(runText(run))?.[0] ?? "";

describe("what a run says of its scale events", () => {
  it("around each: when it helped, who waited, before, during and after", () => {
    expect(block(priced, "Around scale events", "What scale")).toMatchInlineSnapshot(`
      "  Around scale events
                at  replicas  served after  waited                  TTFT p99   mean batch  loading
            15.0 s  1 → 2                –       0  1.00 s → 11.0 s → 1.00 s  2 → 1.6 → 1   30.0 s
          5.75 min  2 → 1                                          – → – → –    – → – → –
          Before → during → after: the 60 s before the decision, from it until all that it added were ready (or its
            last victim was gone), and the 60 s from then on; requests by their arrival. Waited: arrived during, and
            had no first token by its end. Loading: GPU time paid before readiness. Observed, so what the traffic
            did meanwhile is in it; --price-events compares.
      "
    `);
  });

  it("priced: each, and all together beside their sum", () => {
    expect(block(priced, "What scale events cost", "Confidence")).toMatchInlineSnapshot(`
      "  What scale events cost
              at  replicas   GPU time  time in system  earlier / later  TTFT in all  batch
          15.0 s  1 → 2     +5.50 min               0            0 / 0            0      0
          With the change less without it: GPU time paid, time that all requests spent in the system, requests whose
            first token came earlier and later, by how much in all, and the mean batch; up to 7.75 min after the
            decision, later decisions as they were. Prices need not add up. 1 more have no price.

          churn                          GPU time before ready  GPU time  time in system  TTFT in all
          in all                                       +30.0 s         0         +10.0 s      +10.0 s
          single events (1 of 2 priced)                +30.0 s         0         +10.0 s      +10.0 s
          interaction                                        0         0               0            0
          Against the same decisions with replicas that are ready at once and prefix caches that are warm, up to
            8.00 min. Interaction: what the events cost together and not alone, or beyond a price's horizon.
      "
    `);
    expect(churnOrNull(priced)).toMatchInlineSnapshot(
      `"Against the same decisions carried out at once and with warm caches, scaling cost 30.0 s of GPU time before replicas were ready, +10.0 s of time in the system and +10.0 s to first tokens, of all requests together."`,
    );
  });

  it("in a page: every column, hit rates only where anything was found", () => {
    const headings = (run: Run) => effectRowsOrNull(run, false)?.headings;
    expect(headings(priced)).toMatchInlineSnapshot(`
      [
        "at",
        "replicas",
        "served after",
        "settled after",
        "waited",
        "TTFT p99",
        "TPOT p50",
        "mean batch",
        "loading",
        "by batch",
      ]
    `);
    const found = { ...priced, prefix_cache: { queried_tokens: 10, hit_tokens: 5 } };
    expect(headings(found)).toEqual(expect.arrayContaining(["hit rate", "refilling"]));
    for (const row of effectRowsOrNull(found, false)!.rows) expect(row).toHaveLength(headings(found)!.length);
  });

  it("of an older run, or one that was not priced: nothing", () => {
    expect(effectRowsOrNull(older("autoscaler"), false)).toBeNull();
    expect(churnOrNull(older("autoscaler"))).toBeNull();
    expect(runText(older("autoscaler"))).not.toMatch(/Around scale events|churn/);
  });
});
