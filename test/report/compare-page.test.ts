import { parseHTML } from "linkedom";
import { describe, expect, it } from "vitest";
import { makeDocument } from "../../cli/document.ts";
import { compareDevices } from "../../src/compare/compare.ts";
import type { Comparison } from "../../src/compare/schema.ts";
import { builtInModel } from "../../src/model/built-in.ts";
import { comparisonHtml } from "../../src/report/html/compare-page.ts";
import { deviceModel, gpuProfile, softwareProfile } from "./samples.ts";

const participants = [
  { source: "runs/a", profile: gpuProfile(), hash: "a" },
  { source: "runs/<b>", profile: gpuProfile({ device: "Other & GPU", condition: "native-like" }), hash: "b" },
  { source: "runs/c", profile: softwareProfile(), hash: "c" },
];
const { comparison } = compareDevices(participants, { model: builtInModel("Llama-3.1-8B"), threshold: null, isSimulated: false });
const deviceModels = [deviceModel(), deviceModel({ device: "Other & GPU" }), null];
const render = (changes: Partial<Comparison> = {}): string => comparisonHtml({ ...comparison, ...changes }, deviceModels, makeDocument());
const page = render();
const { document } = parseHTML(page);
const all = (selector: string): Element[] => [...document.querySelectorAll(selector)];

describe("the page of a comparison", () => {
  it("says first what makes the devices incomparable", () => {
    const texts = all(".caveat").map(({ textContent }) => textContent ?? "");
    expect(texts).toEqual(comparison.caveats);
    expect(page.indexOf(texts[0]!.slice(0, 20))).toBeLessThan(page.indexOf("<h1>"));
  });

  it("has one line a device in the picture of each curve, and one picture of rows a pair", () => {
    const titles = all("figure figcaption strong").map(({ textContent }) => textContent);
    expect(titles).toEqual([
      "Decode: time of a step by batch",
      "Prefill: time of one prompt by its length",
      "Load: time to bring weights to the GPU",
      "Warm-up, phase by phase",
      "B against A: every row",
      "C against A: every row",
    ]);
    // A device without curves has no line and no entry.
    const entries = [...all("figure")[0]!.querySelectorAll(".legend li")].map(({ textContent }) => textContent?.trim());
    expect(entries).toEqual(["A Example GPU", "B Other & GPU"]);
  });

  it("names every row with its verdict, and what only one side measured", () => {
    const pair = comparison.pairs[0]!;
    const cells = all("section:last-of-type th[scope=row], section th[scope=row]").map(({ textContent }) => textContent);
    for (const { id } of pair.rows) expect(cells).toContain(id);
    expect(page).toContain("Only A measured");
  });

  it("has no script, fetches nothing, describes every picture, and escapes what it is given", () => {
    expect(page).not.toMatch(/<script|<link|<img|https?:\/\/(?!www\.w3\.org)/u);
    expect(all("svg[role=img]").every((svg) => (svg.querySelector("desc")?.textContent ?? "").length > 20)).toBe(true);
    expect(page).toContain("runs/&lt;b&gt;");
  });

  it("is the same bytes for the same comparison", () => {
    expect(render()).toBe(page);
  });

  it("is a page without pairs, too", () => {
    expect(render({ pairs: [] })).toContain("3 devices side by side, Example GPU the baseline");
  });
});
