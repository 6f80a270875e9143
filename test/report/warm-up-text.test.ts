import { parseHTML } from "linkedom";
import { describe, expect, it } from "vitest";
import type { MeasurementOf, Profile } from "../../src/profile/schema.ts";
import { warmUpTables } from "../../src/report/html/warm-up-section.ts";
import { PLAIN } from "../../src/report/layout.ts";
import { overheadFigures, startFigures } from "../../src/report/warm-up-figures.ts";
import { warmUpLines } from "../../src/report/warm-up-text.ts";
import { gpuProfile } from "./samples.ts";

const textOf = (profile: Profile): string => warmUpLines(profile, PLAIN).join("\n");

/** The sample with its warm-up, compile or overhead changed. */
const withChanged = <K extends "warm-up" | "compile" | "overhead">(kind: K, changes: Partial<MeasurementOf<K>>): Profile => {
  const profile = gpuProfile();
  return {
    ...profile,
    measurements: profile.measurements.map((measurement) => (measurement.kind === kind ? { ...measurement, ...changes } : measurement)),
  };
};

describe("starts and overhead, for a terminal", () => {
  it("are nothing where nothing was measured", () => expect(textOf(gpuProfile({ measurements: [] }))).toBe(""));

  it("without a compile curve have no columns for pending pipelines", () => {
    const { measurements } = gpuProfile();
    const text = textOf(gpuProfile({ measurements: measurements.filter(({ kind }) => kind !== "compile") }));
    expect(text).not.toContain("4 pending");
    expect(text).toContain("A pipeline's time beside a cold one's: hot 0.3 %, process-warm 11 %, disk-warm 21 %.");
  });

  it("say what is missing, and why", () => {
    expect(textOf(withChanged("compile", { missing: "the browser crashed" }))).toContain("- compile: the browser crashed");
  });

  it("do not tell a slope from nothing whose interval reaches below 0, and count its negative samples", () => {
    const noisy = withChanged("overhead", { encode_s: [-3e-7, -1e-7, 1e-7, 2e-7] });
    expect(/dispatch, encoding alone.*/.exec(textOf(noisy))?.[0]).toMatchInlineSnapshot(
      `"dispatch, encoding alone    under 200 ns   -300 ns – 200 ns         –            2 of 4"`,
    );
  });
});

describe("figures of starts", () => {
  it("take the median of all starts of a kind, and compile runs of the same state only", () => {
    const [cold, hot, fresh] = startFigures(gpuProfile());
    expect(cold).toMatchObject({ fresh: "process", pipelines: "cold", runsUntilSteady: 6 });
    expect(cold!.starts).toHaveLength(2);
    expect([...hot!.pending.keys()]).toEqual([1, 4, 16]);
    expect(fresh!.pending.size).toBe(0);
  });

  it("keep the GPU's time apart from the wall clock's, where there is one", () => {
    const figures = new Map(overheadFigures(gpuProfile()).map((figure) => [figure.name, figure]));
    expect(figures.get("dispatch_s")!.gpu!.median).toBeLessThan(figures.get("dispatch_s")!.wall.median);
    expect(figures.get("submit_s")!.gpu).toBeNull();
  });
});

it("the page has the same tables", () => {
  const { document } = parseHTML(`<body>${warmUpTables(gpuProfile()).html}</body>`);
  const captions = [...document.querySelectorAll("caption")].map(({ textContent }) => textContent?.trim());
  expect(captions).toHaveLength(2);
  expect([...document.querySelectorAll("table")].map((table) => table.querySelectorAll("tbody tr").length)).toEqual([5, 5]);
  expect(warmUpTables(gpuProfile({ measurements: [] })).html.trim()).toBe("");
});
