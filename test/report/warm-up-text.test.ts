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
  it("are a row for each kind of start and each overhead", () =>
    expect(textOf(gpuProfile())).toMatchInlineSnapshot(`
    "
      Starts of a decoder layer, by what is fresh in them and the state its pipelines are compiled in
        fresh, pipelines      starts  to device  modules  a pipeline  4 pending  16 pending  first run   steady  after
        process, cold              2     1.30 s  9.98 ms      189 ms    95.0 ms     47.5 ms     214 ms  5.01 ms      6
        nothing, hot               1          –  9.98 ms      605 µs     300 µs      150 µs    5.20 ms  5.01 ms      1
        pipelines, cold            1          –  9.98 ms      182 ms          –           –     190 ms  5.01 ms      2
        device, process-warm       1    22.0 ms  9.98 ms     20.2 ms    10.0 ms     5.00 ms    30.0 ms  5.01 ms      2
        process, disk-warm         1     1.30 s  9.98 ms     40.3 ms    20.0 ms     10.0 ms     214 ms  5.01 ms      6
        Medians over the starts. To device: until the page has one. A pipeline: one after another; with so many
        pending, the time of all over their number. Steady after so many runs, the first included.
        A pipeline's time beside a cold one's: hot 0.3 %, process-warm 11 %, disk-warm 21 %.

      What launching costs, by the slope over many (7 samples each)
        one more                    wall clock      95 % interval  GPU time  negative samples
        dispatch, same pipeline        2.13 µs  2.11 µs – 2.14 µs   1.73 µs
        dispatch, another pipeline     2.94 µs  2.91 µs – 2.96 µs   1.83 µs
        pass of one dispatch           11.2 µs  11.0 µs – 11.2 µs         –
        submit of one dispatch         38.6 µs  38.1 µs – 38.8 µs         –
        dispatch, encoding alone        203 ns    201 ns – 204 ns         –            1 of 8"
  `));

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
