import { describe, expect, it } from "vitest";
import fc from "fast-check";
import { parseHTML } from "linkedom";
import { makeDocument } from "../../cli/document.ts";
import type { Candidate, FrontierPoint, Plan } from "../../src/plan/schema.ts";
import { planSchema } from "../../src/plan/schema.ts";
import { placeLabels } from "../../src/report/html/frontier-labels.ts";
import { chartsFor } from "../../src/report/html/chart.ts";
import { planSection } from "../../src/report/html/plan-section.ts";
import { reportHtml } from "../../src/report/html/page.ts";
import { frontierRows } from "../../src/report/plan-frontier.ts";
import {
  answerSentence,
  burstSentenceOrNull,
  confidenceSentence,
  hardshipSentenceOrNull,
  hybridSentenceOrNull,
  missSentence,
  whyNotFewerSentence,
} from "../../src/report/plan-sentences.ts";
import { sensitivitySentenceOrNull } from "../../src/report/plan-sensitivity.ts";
import { changeSentenceOrNull, todaySentenceOrNull } from "../../src/report/plan-today-sentences.ts";
import { planText } from "../../src/report/text.ts";
import { runs } from "../runs.ts";
import { candidate, impossiblePlan, plan } from "./samples.ts";

const point = (name: string, fields: Partial<FrontierPoint> = {}): FrontierPoint => ({
  name,
  policy: name,
  gpu_hours: 6,
  tail: 0.7,
  scale_events: 0,
  verdict: "meets",
  is_dominated: false,
  family: "fixed",
  titles: [],
  ...fields,
});

const today = candidate(4, 2.4, { policy: "HorizontalPodAutoscaler/chat, 2 to 12 replicas", gpu_hours: 6.6, scale_events: 14 });
const { capacity } = plan();
const whole: Plan = plan({
  today,
  capacity: {
    ...capacity,
    ...(capacity.kind === "found"
      ? {
          breaks_at_burst: { seconds: 60, times_mean: 2.38 },
          headroom_over_peaks: [
            { window_s: 10, requests_per_s: 3, headroom: -0.05 },
            { window_s: 60, requests_per_s: 2.4, headroom: 0.19 },
          ],
        }
      : {}),
  } as Plan["capacity"],
  hybrid: candidate(5, 1.9, {
    policy: "HPA on requests_in_flight, target 9 a pod, down after 30 min, 3 to 12 replicas",
    gpu_hours: 5.4,
    scale_events: 4,
  }),
  frontier: [
    point("fixed 5", { gpu_hours: 5, tail: 1.55, verdict: "misses" }),
    point("floor 3, target 9, down after 30 min", {
      gpu_hours: 5.4,
      tail: 0.95,
      scale_events: 4,
      family: "autoscaler",
      titles: ["cheapest that meets"],
    }),
    point("floor 3, target 9", { gpu_hours: 5.9, tail: 0.97, scale_events: 9, family: "autoscaler", is_dominated: true }),
    point("fixed 6", { titles: ["least churn", "knee"] }),
    point("today", { gpu_hours: 6.6, tail: 1.2, scale_events: 14, verdict: "misses", family: "today", is_dominated: true }),
    point("floor 2, target 9, pool 2", { gpu_hours: 7.1, tail: 0.6, scale_events: 11, family: "pool", titles: ["shortest tail"] }),
    point("floor 1, target 9, no pool", {
      gpu_hours: 8,
      tail: null,
      scale_events: 20,
      family: "pool",
      verdict: "misses",
      is_dominated: true,
    }),
  ],
  sensitivity: {
    base: {
      name: "as it is",
      fixed: { replicas: 6, gpu_hours: 6 },
      autoscaled: { policy: "HPA", gpu_hours: 5.4, scale_events: 4 },
      breaks_at_rate: 1.18,
    },
    rows: [
      { name: "it runs on NVIDIA H200", fixed: { replicas: 4, gpu_hours: 4 }, autoscaled: null, breaks_at_rate: 1.9 },
      {
        name: "cold starts take half as long",
        fixed: { replicas: 6, gpu_hours: 6 },
        autoscaled: { policy: "HPA", gpu_hours: 5.1, scale_events: 5 },
        breaks_at_rate: 1.18,
      },
      { name: "bursts double", fixed: { replicas: 8, gpu_hours: 8 }, autoscaled: null, breaks_at_rate: 0.82 },
    ],
  },
});

describe("a plan with all its parts", () => {
  it("is what its schema says", () => expect(planSchema.parse(whole)).toEqual(whole));

  it("says first what today's policy does, then the answer, then what would change", () => {
    expect(planText(whole).split("\n\n  Question")[0]).toMatchInlineSnapshot(`
      "What runs today (HorizontalPodAutoscaler/chat, 2 to 12 replicas) meets TPOT p99 ≤ 100 ms, and misses TTFT p99
      2.40 s (1.92 s to 2.88 s) against a limit of 2 s. It takes 6.60 GPU-hours and 14 scale events.

      6 replicas (95 % interval: 6 to 7) of Llama-3.1-8B on Example GPU meet TTFT p99 ≤ 2 s and TPOT p99 ≤ 100 ms.
        Not fewer: 5 replicas miss, TTFT p99 3.10 s (2.48 s to 3.72 s) against a limit of 2 s.
        It takes up to 1.18 times this traffic, bursts and all closer together.
        It takes a burst of 60 s at up to 2.4 times the mean rate on top of the busiest 60 s, and breaks a little
        above.
        Headroom: as a steady stream it sustains 42 % more than the mean load, 5.0 % less than the busiest 10 s and
        19 % more than the busiest 60 s.
        Against today, 6 replicas all the time save 0.600 GPU-hours (−9.1 %) and 14 scale events, and meet what it
        misses. HPA on requests_in_flight, target 9 a pod, down after 30 min, 3 to 12 replicas saves 1.20 GPU-hours
        (−18 %) and 10 scale events.
        On the same traffic the autoscaler misses: TTFT p99 14.2 s (11.4 s to 17.0 s) against a limit of 2 s; it
        takes 4.23 GPU-hours (−29 % against fixed) and 17.3 scale events.
        Cheaper at the same objectives, a floor with an autoscaler on top: HPA on requests_in_flight, target 9 a
        pod, down after 30 min, 3 to 12 replicas, 5.40 GPU-hours (−10 % against fixed), 4 scale events.
        Of the changes tried, it helps most if it runs on NVIDIA H200: that saves 2.00 GPU-hours (−33 %). If bursts
        double, it needs 2.00 GPU-hours more (+33 %).

        Policies on the same traffic
          policy      TTFT p99  TPOT p99  TTFT p50  TTFT max       replicas  GPU-hours  scale events  busy  batch  meets
          today       2.40 s !   31.2 ms    214 ms    3.84 s              4       6.60            14  93 %   19.5     no
          fixed 6       1.42 s   31.2 ms    214 ms    2.27 s              6       6.00             0  62 %     13    yes
          fixed 5     3.10 s !   31.2 ms    214 ms    4.96 s              5       5.00             0  74 %   15.6     no
          autoscaler  14.2 s !   31.2 ms    214 ms    22.7 s  1–9, mean 4.2       4.23          17.3  81 %   17.9     no
          limit          ≤ 2 s  ≤ 100 ms
          today: HorizontalPodAutoscaler/chat, 2 to 12 replicas
          autoscaler: HPA on requests_in_flight, target average 12, 1 to 24 replicas

        Frontier
          policy                                GPU-hours  worst latency/limit  scale events  meets  best in
          fixed 5                                    5.00                 1.55             0     no
          floor 3, target 9, down after 30 min       5.40                0.950             4    yes  cheapest that meets
          fixed 6                                    6.00                0.700             0    yes  least churn, knee
          today                                      6.60                 1.20            14     no  another is as good or better in all three
          floor 2, target 9, pool 2                  7.10                0.600            11    yes  shortest tail
          2 policies more were simulated: for each another is as good or better in cost, tail and churn.

        What would change it
          if                             replicas     GPU-hours  autoscaled, GPU-hours  the answer as it is takes
          as it is                              6          6.00                   5.40  up to 1.18 × that traffic
          it runs on NVIDIA H200                4  4.00 (−33 %)                      –   up to 1.9 × that traffic
          cold starts take half as long         6    6.00 (0 %)          5.10 (−5.6 %)  up to 1.18 × that traffic
          bursts double                         8  8.00 (+33 %)                      –  up to 0.82 × that traffic"
    `);
  });

  it("shows the same on the page, with a picture that has a name for each of the best", () => {
    const page = reportHtml({ plan: whole }, makeDocument());
    for (const text of [
      "Against today, 6 replicas all the time save",
      "If bursts double, it needs",
      "Policies by cost and tail",
      "shortest tail",
    ])
      expect(page).toContain(text);
    expect(reportHtml({ plan: plan() }, makeDocument())).not.toContain("Policies by cost and tail");
  });

  it("calls a policy that no manifest has said the scenario's", () => {
    const text = planText(plan({ today, today_is: "scenario" })).replaceAll(/\s+/gu, " ");
    expect(text).toContain("The scenario's policy (HorizontalPodAutoscaler/chat, 2 to 12 replicas) meets TPOT p99 ≤ 100 ms");
    expect(text).toContain("Against the scenario's policy, 6 replicas all the time save");
    expect(text).toContain("scenario's: HorizontalPodAutoscaler/chat, 2 to 12 replicas");
    expect(text).not.toContain("What runs today");
  });

  it("says today's part where no number of replicas will do", () => {
    const text = planText({ ...impossiblePlan(), today });
    expect(text).toContain("What runs today (HorizontalPodAutoscaler/chat, 2 to 12 replicas) meets TPOT p99 ≤ 100 ms");
    expect(changeSentenceOrNull({ ...impossiblePlan(), today })).toBeNull();
  });
});

describe("what would change against today", () => {
  const against = (fields: Parameters<typeof candidate>[2]) =>
    changeSentenceOrNull(plan({ today: candidate(6, 1.42, { policy: "fixed, 6 replicas", ...fields }), autoscaler: null }));

  it("counts what is saved and what is needed", () => {
    expect(todaySentenceOrNull(plan())).toBeNull();
    expect(changeSentenceOrNull(plan())).toBeNull();
    expect(against({ gpu_hours: 6 })).toBe("Against today, 6 replicas all the time cost the same.");
    expect(against({ gpu_hours: 8 })).toBe("Against today, 6 replicas all the time save 2.00 GPU-hours (−25 %).");
    expect(against({ gpu_hours: 4 })).toBe("Against today, 6 replicas all the time need 2.00 GPU-hours more (+50 %).");
    expect(against({ gpu_hours: 4, scale_events: 3, verdict: "misses" })).toBe(
      "Against today, 6 replicas all the time need 2.00 GPU-hours more (+50 %) and save 3 scale events, and meet what it misses.",
    );
  });
});

describe("words of a plan", () => {
  it("call a floor with an autoscaler cheaper only where it is", () => {
    fc.assert(
      fc.property(fc.double({ min: 0.1, max: 20, noNaN: true }), (hours) => {
        const sentence = hybridSentenceOrNull(plan({ hybrid: candidate(6, 1.42, { gpu_hours: hours }) })) ?? "";
        expect(sentence.startsWith("Cheaper at the same objectives")).toBe(hours < 6);
      }),
      runs(100),
    );
  });

  it("say what another stretch of a trace needs, with no end where none was found", () => {
    const predicted = (low: number, high: number | null): string => {
      const { capacity: found } = plan();
      return confidenceSentence(plan({ capacity: { ...found, prediction: { low, high } } as Plan["capacity"] }))
        .split(". ")
        .at(-1)!;
    };
    expect([predicted(5, 5), predicted(4, 7), predicted(4, null)].map((text) => text.split(" (95")[0])).toEqual([
      "Another stretch of such traffic needs 5 replicas",
      "Another stretch of such traffic needs 4 to 7 replicas",
      "Another stretch of such traffic needs 4 replicas to more than were tried",
    ]);
  });

  it("name the largest burst that it takes, or say that none does, or the smallest", () => {
    const burst = (times: number | null) =>
      burstSentenceOrNull(plan({ capacity: { ...capacity, breaks_at_burst: { seconds: 60, times_mean: times } } as Plan["capacity"] }));
    expect(burst(2.38)).toBe(
      "It takes a burst of 60 s at up to 2.4 times the mean rate on top of the busiest 60 s, and breaks a little above.",
    );
    expect(burst(null)).toBe("No burst of 60 s that was tried, up to 64 times the mean rate, on top of the busiest 60 s breaks it.");
    expect(burst(0)).toBe("The smallest burst of 60 s that was tried on top of the busiest 60 s breaks it.");
    expect(burstSentenceOrNull(plan())).toBeNull();
  });

  it("say why not fewer: none would be left, or the replications do not tell", () => {
    const why = (replicas: number, undecided: number[]) =>
      whyNotFewerSentence(
        plan({
          capacity: { ...capacity, replicas, one_fewer: null } as Plan["capacity"],
          tried: undecided.map((number) => ({ replicas: number, verdict: "undecided", replications: 16 })),
        }),
      );
    expect(why(1, [])).toBe("Not fewer: one replica is enough.");
    expect(why(2, [])).toBe("Not fewer: with those gone that may be, none would be left.");
    expect(why(2, [1])).toBe("Not fewer: 1 is too close to call.");
    expect(why(3, [1, 2, 4])).toBe("Not fewer: 1 and 2 are too close to call.");
  });

  it("say what figures are under where something is survived", () => {
    const under = (fields: Partial<Candidate>) =>
      hardshipSentenceOrNull(plan({ capacity: { ...capacity, candidate: candidate(6, 1, fields) } as Plan["capacity"] }));
    const hardship = "1 replica gone from the beginning";
    expect(under({})).toBeNull();
    expect(under({ hardship })).toContain("its figures are under that.");
    expect(under({ hardship, compared: { under: "nothing", tail: 0.5 } })).toMatch(
      /its objectives and latencies are under that\. Replicas, GPU-hours, .* without any of it/u,
    );
  });

  it("say what to fix first only where it saves, and what has the least room where nothing costs more", () => {
    const { base, rows } = whole.sensitivity!;
    const of = (some: typeof rows) => sensitivitySentenceOrNull(plan({ sensitivity: { base, rows: some } }));
    expect(of([rows[0]!])).toContain("Of the changes tried, it helps most if it runs on NVIDIA H200: that saves 2.00 GPU-hours (−33 %).");
    expect(of([rows[1]!])).toBe(
      "None of the changes that were tried makes the answer cheaper. None of them needs more; it has the least room if cold starts take half as long: it takes up to 1.18 times that traffic.",
    );
    expect(of([{ ...rows[2]!, fixed: null }])).toContain("If bursts double, no number of replicas is enough.");
  });

  it("leave out of a long frontier those that another beats first, and count them", () => {
    const many = Array.from({ length: 30 }, (_, i) =>
      point(`floor ${i}`, { family: "autoscaler", is_dominated: i % 3 === 0, gpu_hours: i }),
    );
    const { shown, hidden } = frontierRows(plan({ frontier: many }));
    expect(shown.map(({ name }) => name).slice(0, 3)).toEqual(["floor 1", "floor 2", "floor 4"]);
    expect(shown).toHaveLength(14);
    expect(hidden).toContain("16 policies more were simulated, 6 of which no other beats");
  });
});

describe("labels of a picture", () => {
  it("lie on no other label, and keep within the picture where they can", () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ x: fc.integer({ min: 0, max: 350 }), y: fc.integer({ min: 20, max: 220 }) }), { minLength: 1, maxLength: 4 }),
        (points) => {
          const texts = points.map((place, i) => ({ ...place, text: `best ${i}` }));
          const places = placeLabels(texts, points, 60, { width: 350, height: 242 });
          const boxes = places.map(({ anchor, dx, dy }, i) => {
            const wide = 6 * 7.4 * 0.92;
            const left = points[i]!.x + dx - (anchor === "start" ? 0 : anchor === "end" ? wide : wide / 2);
            return { left, right: left + wide, top: points[i]!.y + dy - 6, bottom: points[i]!.y + dy + 6 };
          });
          boxes.forEach((one, i) =>
            boxes.slice(i + 1).forEach((other) => {
              expect(one.left < other.right && one.right > other.left && one.top < other.bottom && one.bottom > other.top).toBe(false);
            }),
          );
          for (const { left, right } of boxes) expect(left >= -20 && right <= 366).toBe(true);
        },
      ),
      runs(200),
    );
  });
});

describe("a miss by little", () => {
  it("has as many digits as tell its value from the limit, and three where they do", () => {
    const missed = (value: number) =>
      missSentence(
        candidate(5, value, { objectives: [{ ...candidate(5, value).objectives[0]!, value, interval: null, verdict: "misses" as const }] }),
      );
    expect(missed(2.0004)).toBe("TTFT p99 2.0004 s against a limit of 2 s");
    expect(missed(2.004)).toBe("TTFT p99 2.004 s against a limit of 2 s");
    expect(missed(2.4)).toBe("TTFT p99 2.40 s against a limit of 2 s");
  });
});

describe("the change against today, where there are prices", () => {
  it("says the money too", () => {
    const cost = (total: number) => ({ cost: { total, per_hour: total } });
    if (capacity.kind !== "found") throw new Error("expected an answer");
    const priced = {
      ...plan({ today: { ...today, ...cost(13) } }),
      capacity: { ...capacity, candidate: { ...capacity.candidate, ...cost(12) } },
    };
    expect(changeSentenceOrNull(priced)).toMatch(/ Cost: 12\.0 instead of 13\.0 \(−7\.7 %\)\.$/u);
    expect(changeSentenceOrNull(plan({ today }))).not.toContain("Cost");
  });
});

describe("the table of policies on a page", () => {
  it("is said to hold intervals only where it does", () => {
    const charts = chartsFor(parseHTML("<html><body></body></html>").document);
    const without = (one: Candidate): Candidate => ({
      ...one,
      objectives: one.objectives.map((result) => ({ ...result, interval: null })),
    });
    if (capacity.kind !== "found") throw new Error("expected an answer");
    const alone = plan({ autoscaler: null, capacity: { ...capacity, candidate: without(capacity.candidate), one_fewer: null } });
    expect(planSection(charts, alone).html).toContain("Policies on the same traffic; ✗");
    expect(planSection(charts, plan()).html).toContain("Policies on the same traffic (95 % intervals); ✗");
  });
});

describe("objectives that hold in every window", () => {
  const conditions = { window_s: 10, survive: 1 };
  const windowed = (worst: number, value: number): Plan => {
    const asked = plan({ conditions });
    if (asked.capacity.kind !== "found") throw new Error("expected an answer");
    const fewer = candidate(5, value, { verdict: "misses" });
    const [first] = fewer.objectives;
    const objectives = [{ ...first!, interval: null, worst_window: worst, verdict: "misses" as const }];
    return { ...asked, capacity: { ...asked.capacity, one_fewer: { ...fewer, objectives } } };
  };

  it("are answered under all that was asked", () => {
    expect(answerSentence(plan({ conditions }))).toMatch(
      /, also in every 10 s, with 1 of the replicas gone or lost when it is busiest, and through a rolling update\.$/u,
    );
    expect(answerSentence(plan())).not.toContain("also in");
  });

  it("are missed in a window where the value over all is within the limit, and say so", () => {
    expect(whyNotFewerSentence(windowed(0.12, 1.2))).toBe(
      "Not fewer: 5 replicas miss, TTFT p99 in its worst window, where 12 % of the requests are beyond 2 s (over all it is 1.20 s).",
    );
    expect(whyNotFewerSentence(windowed(0.12, 2.4))).toBe("Not fewer: 5 replicas miss, TTFT p99 2.40 s against a limit of 2 s.");
  });
});
