import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { left, PLAIN, right, type Style, table, wrap } from "../../src/report/layout.ts";
import { planText, profileText } from "../../src/report/text.ts";
import { runs } from "../runs.ts";
import { gpuProfile, plan } from "./samples.ts";

describe("a table", () => {
  it("aligns numbers right, words left, and leaves out a column that is empty in every row", () => {
    const lines = table(
      [left("policy"), right("hours"), right("empty"), left("why")],
      [
        ["fixed", "6.00", "", "steady"],
        ["autoscaler", "14.2", "", ""],
      ],
      PLAIN,
    );
    expect(lines.join("\n")).toMatchInlineSnapshot(`
      "  policy      hours  why
        fixed        6.00  steady
        autoscaler   14.2"
    `);
  });
});

describe("a wrapped text", () => {
  const words = fc.array(fc.stringMatching(/^[a-z]{1,20}$/), { minLength: 1, maxLength: 40 });

  it("keeps every word in order, and every line within the width", () => {
    fc.assert(
      fc.property(words, fc.integer({ min: 24, max: 60 }), (texts, width) => {
        const lines = wrap(texts.join(" "), "    ", width, "  - ");
        expect(lines.map((line) => line.slice(4)).join(" ")).toBe(texts.join(" "));
        for (const line of lines) expect(line.length).toBeLessThanOrEqual(width);
      }),
      runs(100),
    );
  });

  it("gives a word longer than the width a line of its own", () => {
    expect(wrap(`a ${"x".repeat(30)} b`, "", 20)).toEqual(["a", "x".repeat(30), "b"]);
  });
});

describe("colour", () => {
  const mark = (text: string): string => `<b>${text}</b>`;
  const coloured: Style = { strong: mark, faint: mark, good: mark, bad: mark };
  // Padding that the text without colour drops at a line's end stays inside the colour's marks.
  const stripped = (text: string): string => text.replaceAll(/<\/?b>/g, "").replaceAll(/ +$/gm, "");

  it.each([
    ["a plan", planText(plan(), coloured), planText(plan())],
    ["a profile", profileText(gpuProfile(), coloured), profileText(gpuProfile())],
  ])("adds nothing to the text of %s but colour", (_, withColour, without) => {
    expect(withColour).not.toBe(without);
    expect(stripped(withColour)).toBe(without);
  });
});
