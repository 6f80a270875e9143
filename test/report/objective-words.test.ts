import { parseHTML } from "linkedom";
import { describe, expect, it } from "vitest";
import type { Run } from "../../src/fleet/run.ts";
import { costSentence } from "../../src/report/objective-words.ts";
import { hardshipSentenceOrNull, missSentence } from "../../src/report/plan-sentences.ts";
import { planText } from "../../src/report/text.ts";
import { chartsFor } from "../../src/report/html/chart.ts";
import { planSection } from "../../src/report/html/plan-section.ts";
import { candidate, plan } from "./samples.ts";

const charts = chartsFor(parseHTML("<html><body></body></html>").document);
const cost = { total: 24.6, per_hour: 12.3 };
const answer = (changes: object) => {
  const asked = plan();
  if (asked.capacity.kind !== "found") throw new Error("expected an answer");
  return {
    ...asked,
    autoscaler: null,
    capacity: { ...asked.capacity, candidate: candidate(6, 1.42, changes), one_fewer: candidate(5, 3.1, changes) },
  };
};

describe("a cost", () => {
  it("stands beside the GPU-hours where it is known, in the terminal and on the page", () => {
    const [known, unknown] = [answer({ cost }), answer({})];
    expect(planText(known)).toMatch(/GPU-hours +cost +scale events/);
    expect(planText(known)).toContain("24.6 (12.3/h)");
    expect(planSection(charts, known).html).toContain("24.6 (12.3/h)");
    expect(planText(unknown)).toMatch(/GPU-hours +scale events/);
    expect(planSection(charts, unknown).html).not.toContain("/h)");
  });

  it("of a run is told whole and by the hour", () => {
    const run = { ended_at_s: 1800 } as unknown as Run;
    expect(costSentence(6.15, run, { reserved_per_gpu_hour: 1, on_demand_per_gpu_hour: 2, currency: "EUR" })).toBe(
      "Cost: 6.15 EUR, 12.3 an hour",
    );
  });
});

describe("what decides of all that a fleet survives", () => {
  const hardship = "1 replica gone from the beginning";

  it("is said of the answer and of what one fewer misses", () => {
    expect(hardshipSentenceOrNull(answer({ hardship }))).toBe(
      "Of what it survives, 1 replica gone from the beginning comes closest to a limit; its figures are under that.",
    );
    expect(planText(answer({ hardship })).replaceAll(/\s+/gu, " ")).toContain(
      "against a limit of 2 s, with 1 replica gone from the beginning.",
    );
  });

  it("is not spoken of where nothing has to be survived", () => {
    expect(hardshipSentenceOrNull(plan())).toBeNull();
    expect(missSentence(candidate(5, 3.1))).not.toContain("with");
  });
});
