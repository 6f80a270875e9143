import { describe, expect, it } from "vitest";
import { inWords } from "../../src/plan/objectives/in-words.ts";
import { parseObjectives } from "../../src/plan/objectives/parse-objectives.ts";
import { checkObjectives, onlyWith } from "../../src/plan/validated-objectives.ts";
import { withAsked } from "../../src/scenario/asked.ts";
import { objectivesSchema } from "../../src/scenario/objectives.ts";
import { scenarioOf } from "../../src/scenario/parse.ts";
import { rowOf } from "../../src/validation/fleet-rows.ts";
import type { FleetRow } from "../../src/validation/fleet-schema.ts";

const row = (metric: FleetRow["metric"], statistic: FleetRow["statistic"], isReproduced: boolean): FleetRow =>
  rowOf(metric, statistic, { low: 1, high: 1 }, [{ cv: 1, values: [isReproduced ? 1 : 2] }], 0.1);

describe("an objective is reproduced where its percentile is and the mean is", () => {
  it.each([
    ["both", [row("ttft", "p99", true), row("ttft", "mean", true), row("ttft", "p50", false)], "reproduced"],
    ["the percentile only", [row("ttft", "p99", true), row("ttft", "mean", false)], "not reproduced"],
    ["the mean only", [row("ttft", "p99", false), row("ttft", "mean", true)], "not reproduced"],
    ["no mean is known", [row("ttft", "p99", true)], "reproduced"],
    ["no such histogram", [row("e2e", "p99", true)], "not checked"],
  ])("%s: %s", (_, rows, outcome) => {
    const [ttft] = checkObjectives({ rows }, objectivesSchema.parse({}));
    expect(ttft).toMatchObject({ objective: { key: "ttft_p99_s", limit: 2 }, outcome });
  });

  it("with one and the same burstiness", () => {
    const figure = (statistic: FleetRow["statistic"], ...cvs: number[]): FleetRow => ({
      ...row("ttft", statistic, cvs.length > 0),
      reproduced_with: cvs,
    });
    const check = (...rows: FleetRow[]) => checkObjectives({ rows }, objectivesSchema.parse({}))[0]!;
    expect(check(figure("p99", 1, 2), figure("mean", 2, 4))).toMatchObject({ outcome: "reproduced", cvs: [2], against: [] });
    const apart = [figure("p99", 1), figure("mean", 4)];
    expect(check(...apart)).toMatchObject({ outcome: "not reproduced", cvs: [], against: apart });
    const mean = figure("mean");
    expect(check(figure("p99", 1), mean)).toMatchObject({ outcome: "not reproduced", against: [mean] });
    expect([onlyWith([2, 4], 1), onlyWith([1, 2], 1), onlyWith([], 1)]).toEqual([
      ", with gaps of coefficient of variation 2 and 4 only",
      "",
      "",
    ]);
  });

  it("the mean over tokens speaks for TPOT where that over requests is not there, and can refute it only", () => {
    const [, good] = checkObjectives({ rows: [row("itl", "mean", true)] }, objectivesSchema.parse({}));
    const [, bad] = checkObjectives({ rows: [row("itl", "mean", false)] }, objectivesSchema.parse({}));
    expect([good!.outcome, bad!.outcome]).toEqual(["not checked", "not reproduced"]);
  });
});

describe("objectives that no metric is about", () => {
  const one = { kind: "constant", tokens: 9 };
  const traffic = { kind: "poisson", requests_per_s: 1, duration_s: 9, prompt: one, output: one };
  const asked = withAsked(
    scenarioOf({ model: "a", traffic }, "chat.yaml"),
    parseObjectives("ttft.p99[priority=1]<=30s goodput>=90% rejected<=1% cost<=9/h", "--slo"),
    "--slo",
  ).scenario.objectives;
  const outcomes = (isReproduced: boolean) =>
    checkObjectives({ rows: [row("ttft", "p99", isReproduced), row("ttft", "mean", isReproduced)] }, asked).map(
      ({ objective, outcome }) => `${inWords(objective)}: ${outcome}`,
    );

  it("are not checked, each by name; a default that a class overrules is not there", () => {
    expect(outcomes(true)).toEqual([
      "TTFT p99 of priority 1 ≤ 30 s: not checked",
      "TPOT p99 ≤ 100 ms: not checked",
      "goodput ≥ 90 %: not checked",
      "rejected ≤ 1 %: not checked",
      "a cost of 9 an hour at most: not checked",
    ]);
  });

  it("are refuted for a class where all requests are not reproduced", () => {
    expect(outcomes(false)[0]).toBe("TTFT p99 of priority 1 ≤ 30 s: not reproduced");
  });
});
