import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { autoscalerCasesOrNull } from "../data.ts";
import { behaviorCases } from "./cases/behavior.ts";
import { calculatorCases } from "./cases/calculator.ts";
import type { Case } from "./cases/case.ts";
import { kpaCases } from "./cases/kpa.ts";

/** Every kind of case there is, over all files. */
const kinds: Readonly<Record<string, (entry: Case) => void>> = { ...calculatorCases, ...behaviorCases, ...kpaCases };

const folder = autoscalerCasesOrNull();
const files = folder === null ? [] : readdirSync(folder).filter((name) => name.endsWith(".json"));

describe.skipIf(folder === null)("the cases of the autoscalers' own tests (skipped where the shared data are absent)", () => {
  it("are there", () => {
    expect(files).not.toEqual([]);
  });

  describe.each(files)("%s", (file) => {
    const { cases } = JSON.parse(readFileSync(join(folder!, file), "utf8")) as { readonly cases: readonly Case[] };
    const rows = cases.map((entry, index) => [index + 1, cases.length, entry.id, entry.kind, entry.name, entry] as const);
    it.each(rows)("%i of %i, %s %s: %s", (_nth, _count, _id, kind, _name, entry) => {
      expect(Object.keys(kinds)).toContain(kind);
      kinds[kind]!(entry);
    });
  });
});
