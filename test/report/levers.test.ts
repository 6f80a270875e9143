import { parseHTML } from "linkedom";
import { describe, expect, it } from "vitest";
import type { Levers, Meets } from "../../src/plan/levers/schema.ts";
import { leversSchema } from "../../src/plan/levers/schema.ts";
import { chartsFor } from "../../src/report/html/chart.ts";
import { leversSection } from "../../src/report/html/levers-section.ts";
import { leversLines } from "../../src/report/levers-text.ts";
import { worthSentence } from "../../src/report/levers-sentences.ts";
import { planText } from "../../src/report/text.ts";
import { plan } from "./samples.ts";

const meets = (hours: number, low: number, high: number, changes: Partial<Meets> = {}): Meets => ({
  kind: "meets",
  policy: "HPA on requests_in_flight, target 12 a pod, 1 to 12 replicas",
  gpu_hours: hours,
  scale_events: 6.25,
  tail: 0.87,
  not_served: 0,
  change: { gpu_hours: hours - 2, low, high },
  ...changes,
});

const levers = (changes: Partial<Levers> = {}): Levers => ({
  replications: 12,
  replicated: "seeds",
  reference: {
    policy: "HPA on requests_in_flight, target 10 a pod, 1 to 12 replicas",
    gpu_hours: 2,
    scale_events: 8.5,
    tail: 0.91,
    not_served: 0,
    autoscaler: null,
  },
  levers: [
    {
      kind: "pulled",
      lever: "baseline",
      from: "1 replica at least",
      to: "3 replicas at least, a fleet that never scales",
      alone: meets(1.2, -1, -0.6, { policy: "fixed, 3 replicas", scale_events: 0 }),
      all_but: meets(2.4, 0.1, 0.7),
    },
    {
      kind: "pulled",
      lever: "smoothing",
      from: "requests go on at once",
      to: "held back up to 500 ms while replicas hold 15 or more each",
      alone: meets(1.9, -0.3, 0.1),
      all_but: meets(1.2, -1, -0.6),
    },
    {
      kind: "pulled",
      lever: "admission",
      from: "no queue, nobody rejected",
      to: "15 at a replica at most, the others in one queue, rejected after 1 s",
      alone: {
        kind: "misses",
        policy: "HPA on requests_in_flight, target 0.6 a pod, 1 to 12 replicas",
        misses: [{ objective: "ttft.p99<=2s", unit: "s", limit: 2, value: null }],
      },
      all_but: null,
    },
    {
      kind: "no-effect",
      lever: "placement",
      because: "no two requests share a prefix or a session, and router least-outstanding goes by load already",
    },
    {
      kind: "pulled",
      lever: "churn",
      from: "scale-down after 300 s, all at once",
      to: "after 900 s, one replica in 60 s",
      alone: meets(2, 0, 0),
      all_but: meets(1.2, -1, -0.6),
    },
    {
      kind: "pulled",
      lever: "warm-pool",
      from: "no pool",
      to: "1 replica asleep, awake in 3.31 s, paid for in full",
      alone: meets(2.5, 0.4, 0.6, { not_served: 0.0062 }),
      all_but: meets(1.2, -1, -0.6),
    },
  ],
  saving: { levers: ["baseline", "smoothing"], outcome: meets(1.1, -1.1, -0.7) },
  together: meets(1.3, -0.9, -0.5),
  notes: ["A note."],
  ...changes,
});

describe("levers as text", () => {
  it("are a table, what each of them changed, and which is worth most", () => {
    expect(leversSchema.parse(levers())).toEqual(levers());
    expect(`${leversLines(levers()).join("\n")}\n`).toMatchInlineSnapshot(`
      "    Nothing pulled: HPA on requests_in_flight, target 10 a pod, 1 to 12 replicas, the cheapest setting that
          meets the objectives.
          lever                          GPU-hours                  change  scale events  worst latency/limit  all but it
          nothing pulled                      2.00                                   8.5                 0.91
          baseline size                       1.20    −40 % (−50 to −30 %)             0                 0.87        2.40
          smoothing                           1.90  −5.0 % (−15 to +5.0 %)           6.3                 0.87        1.20
          admission control       no setting meets
          placement and locality                 –          no effect here
          slower scale-down                   2.00                     0 %           6.3                 0.87        1.20
          warm pool                           2.50    +25 % (+20 to +30 %)           6.3                 0.87        1.20
          those that save                     1.10    −45 % (−55 to −35 %)           6.3                 0.87
          all together                        1.30    −35 % (−45 to −25 %)           6.3                 0.87
          - Baseline size: 1 replica at least → 3 replicas at least, a fleet that never scales. Cheapest: fixed, 3
            replicas.
          - Smoothing: requests go on at once → held back up to 500 ms while replicas hold 15 or more each.
            Cheapest: HPA on requests_in_flight, target 12 a pod, 1 to 12 replicas.
          - Admission control: no queue, nobody rejected → 15 at a replica at most, the others in one queue,
            rejected after 1 s. No setting meets the objectives: HPA on requests_in_flight, target 0.6 a pod, 1 to
            12 replicas still misses: TTFT p99 never against a limit of 2 s.
          - Placement and locality: no effect here, since no two requests share a prefix or a session, and router
            least-outstanding goes by load already.
          - Slower scale-down: scale-down after 300 s, all at once → after 900 s, one replica in 60 s. Cheapest: HPA
            on requests_in_flight, target 12 a pod, 1 to 12 replicas.
          - Warm pool: no pool → 1 replica asleep, awake in 3.31 s, paid for in full. Cheapest: HPA on
            requests_in_flight, target 12 a pod, 1 to 12 replicas; 0.6 % of the requests are not served, and each
            misses every objective.
          - Those that save: baseline size and smoothing. Cheapest: HPA on requests_in_flight, target 12 a pod, 1 to
            12 replicas.
          - All together. Cheapest: HPA on requests_in_flight, target 12 a pod, 1 to 12 replicas.
          - A note.
          Means over 12 seeds; 95 % intervals of the mean difference on the same requests.
          Worth most: baseline size, −40 % (−50 to −30 %) of the GPU-hours. Costs more than it saves: warm pool.
          Those that save, at once: −45 % (−55 to −35 %). All together: −35 % (−45 to −25 %).
      "
    `);
  });

  it("stand in a plan that was asked for them, and in no other", () => {
    expect(planText(plan({ levers: levers() }))).toContain("Levers, at equal objectives");
    expect(planText(plan())).not.toContain("Levers");
  });

  it("say that the fixed fleet stands for an autoscaler that no setting makes do", () => {
    const misses = [{ objective: "ttft.p99<=2s", unit: "s", limit: 2, value: 4.2 }] as const;
    const reference = {
      ...levers().reference,
      policy: "fixed, 4 replicas",
      autoscaler: { kind: "misses" as const, policy: "HPA", misses: [...misses] },
    };
    expect(leversLines(levers({ reference })).slice(0, 3).join(" ").replaceAll(/\s+/gu, " ").trim()).toMatchInlineSnapshot(
      `"Nothing pulled: no setting of the autoscaler meets the objectives (HPA still misses: TTFT p99 4.20 s against a limit of 2 s), so the smallest fixed fleet stands for it: fixed, 4 replicas. A lever with which the autoscaler is no cheaper than that is worth nothing."`,
    );
  });
});

describe("the closing sentence", () => {
  const [baseline, smoothing] = levers().levers as [Levers["levers"][number], Levers["levers"][number]];

  it.each([
    ["one surely saves", [baseline, smoothing], "Worth most: baseline size, −40 % (−50 to −30 %) of the GPU-hours."],
    ["one may save", [smoothing], "Worth most, if anything: smoothing, −5.0 % (−15 to +5.0 %) of the GPU-hours."],
    ["none saves", levers().levers.slice(4), "No lever is worth anything by itself. Costs more than it saves: warm pool."],
  ])("where %s", (_, some, expected) => {
    expect(worthSentence(levers({ levers: some, saving: null, together: null }))).toBe(expected);
  });
});

describe("levers on a page", () => {
  const { document } = parseHTML("<html><body></body></html>");
  const section = (of: Levers): string => leversSection(chartsFor(document), of).html;
  const page = parseHTML(`<html><body>${section(levers())}</body></html>`).document;

  it("have a bar and a whisker for each that meets the objectives, and the numbers in words for those who do not see them", () => {
    expect(page.querySelectorAll("g[data-mark=rect] rect").length).toBe(6);
    expect(page.querySelectorAll("g[data-mark=link] path").length).toBe(6);
    expect(page.querySelector("desc")?.textContent).toContain("baseline size −40 % (−50 to −30 %)");
  });

  it("say beside each other what saves, what costs and what does neither for sure", () => {
    const keys = [...page.querySelectorAll(".legend li")].map(({ textContent }) => textContent?.trim());
    expect(keys).toEqual(["surely saves", "surely costs", "neither for sure"]);
  });

  it("have 0 within the axis, and the same bytes again", () => {
    const ticks = [...page.querySelectorAll("g[data-mark='x-axis tick label'] text")].map(({ textContent }) => textContent);
    expect(ticks).toContain("0 %");
    expect(section(levers())).toBe(section(levers()));
  });
});
