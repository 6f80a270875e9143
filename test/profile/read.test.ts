import { createHash } from "node:crypto";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { builtInModel } from "../../src/model/built-in.ts";
import { layerSizes } from "../../src/model/shapes.ts";
import { profileHash, readProfile } from "../../src/profile/read.ts";
import { readVersioned } from "../../src/versioned.ts";
import { measurementsOf, profileOf, truth } from "../calibration/synthetic.ts";
import { messageOf } from "../message-of.ts";
import { runs } from "../runs.ts";

const profile = profileOf(measurementsOf(truth, [layerSizes(builtInModel("tiny-llama"))]));
const text = JSON.stringify(profile);
const sha256 = (of: string) => createHash("sha256").update(of).digest("hex");
const edited = (change: (profile: Record<string, unknown>) => void): string => {
  const copy = JSON.parse(text) as Record<string, unknown>;
  change(copy);
  return JSON.stringify(copy);
};

describe("a profile's text", () => {
  it("gives the profile that was written", () => {
    expect(readProfile(JSON.stringify(profile, null, 1), "profile.json")).toEqual(profile);
  });

  it("cut off anywhere is refused, never half read", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: text.length - 1 }), (length) => {
        expect(() => readProfile(text.slice(0, length), "profile.json")).toThrow(/^profile\.json: expected a JSON object, got /u);
      }),
      runs(50),
    );
  });

  it("that is not one, newer, or edited by hand is refused with place, rule and value", () => {
    const cases: Readonly<Record<string, string>> = {
      "cut off": text.slice(0, 1000),
      empty: "",
      "a list": "[]",
      "something else": "<html></html>",
      "another kind of file": '{"schema": "ballast.plan/1"}',
      "no schema": "{}",
      "a newer version": '{"schema": "ballast.profile/2"}',
      "a version that never was": '{"schema": "ballast.profile/0"}',
      "a negative time": edited((copy) => {
        copy["measurements"] = [{ kind: "overhead", id: "overhead", dispatch_s: [-1], submit_s: [1] }];
      }),
      "no device": edited((copy) => delete copy["device"]),
      "a field of their own": edited((copy) => (copy["remark"] = "mine")),
      "an unknown condition": edited((copy) => (copy["condition"] = "fast")),
      "text for a number": edited((copy) => (copy["budget_s"] = "60")),
    };
    expect(
      Object.entries(cases)
        .map(([name, given]) => `${name}\n  ${messageOf(() => readProfile(given, "profile.json"))}`)
        .join("\n"),
    ).toMatchInlineSnapshot(`
      "cut off
        InputError: profile.json: expected a JSON object, got the beginning of one (1000 characters). Measure again: npm run bench
      empty
        InputError: profile.json: expected a JSON object, got an empty file. Measure again: npm run bench
      a list
        InputError: profile.json: expected a JSON object, got a list of 0. Measure again: npm run bench
      something else
        InputError: profile.json: expected a JSON object, got something else. Measure again: npm run bench
      another kind of file
        InputError: profile.json: schema: expected a profile ("ballast.profile/1"), got "ballast.plan/1". Measure again: npm run bench
      no schema
        InputError: profile.json: schema: expected a profile ("ballast.profile/1"), got none. Measure again: npm run bench
      a newer version
        InputError: profile.json: schema: "ballast.profile/2" is newer than this program, which reads up to "ballast.profile/1". Update Ballast (git pull in a clone), or make the file again with this version.
      a version that never was
        InputError: profile.json: schema: "ballast.profile/0" was never a version. Measure again: npm run bench
      a negative time
        InputError: profile.json: measurements.0.dispatch_s.0: expected number to be >=0, got -1. Measure again: npm run bench
      no device
        InputError: profile.json: device: expected string, got none. Measure again: npm run bench
      a field of their own
        InputError: profile.json: expected no field named remark. Measure again: npm run bench
      an unknown condition
        InputError: profile.json: condition: expected one of "web"|"native-like", got "fast". Measure again: npm run bench
      text for a number
        InputError: profile.json: budget_s: expected number, got "60". Measure again: npm run bench"
    `);
  });
});

describe("a file of an older version", () => {
  const file = {
    what: "sample",
    current: "ballast.sample/3",
    schema: z.strictObject({ schema: z.literal("ballast.sample/3"), seconds: z.number() }),
    upgrades: {
      1: ({ ms }: Record<string, unknown>) => ({ schema: "ballast.sample/2", milliseconds: ms }),
      2: ({ milliseconds }: Record<string, unknown>) => ({ schema: "ballast.sample/3", seconds: Number(milliseconds) / 1000 }),
    },
    nextStep: "Make it again.",
  };

  it.each([
    [1, { schema: "ballast.sample/1", ms: 1500 }],
    [2, { schema: "ballast.sample/2", milliseconds: 1500 }],
    [3, { schema: "ballast.sample/3", seconds: 1.5 }],
  ])("%i is upgraded one version at a time", (_, older) => {
    expect(readVersioned(file, JSON.stringify(older), "sample.json")).toEqual({ schema: "ballast.sample/3", seconds: 1.5 });
  });
});

describe("a profile's hash", () => {
  it("does not depend on the order of keys or on white space", () => {
    const reversed = JSON.stringify(Object.fromEntries(Object.entries(profile).reverse()), null, 4);
    expect(profileHash(readProfile(reversed, "profile.json"), sha256)).toBe(profileHash(profile, sha256));
  });

  it("depends on every sample", () => {
    const other = profileOf(
      profile.measurements.map((m) => (m.kind === "overhead" ? { ...m, submit_s: m.submit_s.map((s) => s * (1 + 1e-12)) } : m)),
    );
    expect(profileHash(other, sha256)).not.toBe(profileHash(profile, sha256));
  });
});
