import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
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
      "a newer version": '{"schema": "ballast.profile/5"}',
      "a version that never was": '{"schema": "ballast.profile/0"}',
      "a negative time": edited((copy) => {
        copy["measurements"] = [
          { kind: "clock", id: "clock", timestamp_tick_s: null, performance_now_step_s: -1, empty_submit_s: [1], small_submit_s: [1] },
        ];
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
        InputError: profile.json: schema: expected a profile ("ballast.profile/4"), got "ballast.plan/1". Measure again: npm run bench
      no schema
        InputError: profile.json: schema: expected a profile ("ballast.profile/4"), got none. Measure again: npm run bench
      a newer version
        InputError: profile.json: schema: "ballast.profile/5" is newer than this program, which reads up to "ballast.profile/4". Update Ballast (git pull in a clone), or make the file again with this version.
      a version that never was
        InputError: profile.json: schema: "ballast.profile/0" was never a version. Measure again: npm run bench
      a negative time
        InputError: profile.json: measurements.0.performance_now_step_s: expected number to be >=0, got -1. Measure again: npm run bench
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

describe("a profile of version 1", () => {
  const older = readFileSync(new URL("version-1.json", import.meta.url), "utf8");
  const upgraded = readProfile(older, "version-1.json");
  const kinds = (ofKind: string) => upgraded.measurements.filter(({ kind }) => kind === ofKind);

  it("is read as one of today's version: what it timed was hot, and the rest is unknown, not made up", () => {
    expect(upgraded).toMatchObject({ schema: "ballast.profile/4", native_reference: null, machine: { source: null } });
    expect(kinds("kernel")).not.toEqual([]);
    for (const kernel of kinds("kernel")) {
      expect(kernel.id).toMatch(/ hot$/);
      expect(kernel).toMatchObject({
        cache: "hot",
        power_w: null,
        timing: { throttled: 0, visits: [], process_noise: null, stopping: null },
      });
    }
  });

  it("keeps its samples, and names the measurement that version 2 wants to know more of", () => {
    const before = JSON.parse(older) as { measurements: { kind: string; first_s: number; first_dispatch_s: number }[] };
    const first = (kind: string) => before.measurements.find((measurement) => measurement.kind === kind);
    expect(kinds("upload")[0]).toMatchObject({ first_s: [first("upload")?.first_s] });
    expect(kinds("warm-up")[0]).toMatchObject({ starts: [{ fresh: "process", first_dispatch_s: first("warm-up")?.first_dispatch_s }] });
    expect(kinds("overhead")).toEqual([]);
    expect(upgraded.left_out).toContainEqual({ id: "overhead", because: "version 1 of the profile measured too little of it" });
  });

  it("that was edited is refused like any other", () => {
    const broken = JSON.stringify({ ...(JSON.parse(older) as object), measurements: "none" });
    expect(() => readProfile(broken, "x")).toThrow('x: measurements: expected array, got "none"');
    expect(() => readProfile(JSON.stringify({ schema: "ballast.profile/1" }), "x")).toThrow("x: device: expected string, got none");
  });
});

describe("a profile of version 3", () => {
  it("is read as of an adapter of whose subgroups and matrix units nothing is known", () => {
    const { subgroup_sizes: _, matrix_units: __, ...adapter } = profile.environment.adapter;
    const older = { ...profile, schema: "ballast.profile/3", environment: { ...profile.environment, adapter } };
    const { environment } = readProfile(JSON.stringify(older), "version-3.json");
    expect(environment.adapter).toEqual({ ...adapter, subgroup_sizes: null, matrix_units: null });
  });
});

describe("a profile of version 2", () => {
  const older = readFileSync(new URL("version-2.json", import.meta.url), "utf8");
  const before = JSON.parse(older) as { measurements: { id: string; kind: string; first_s: number[] }[] };
  const upgraded = readProfile(older, "version-2.json");

  it("is read as measured by one process, of whose like nothing is known", () => {
    expect(upgraded.schema).toBe("ballast.profile/4");
    const timings = upgraded.measurements.flatMap((measurement) => (measurement.kind === "kernel" ? [measurement.timing] : []));
    expect(timings.map(({ process_noise }) => process_noise)).toEqual([null, null]);
    expect(new Set(timings.flatMap(({ visits }) => visits.map(({ process }) => process)))).toEqual(new Set([0]));
    expect(upgraded.measurements.find(({ kind }) => kind === "overhead")).toMatchObject({ process_samples: {}, process_noise: null });
  });

  it("has the two turns of an upload as one measurement with the samples of both", () => {
    const turns = before.measurements.filter(({ kind }) => kind === "upload");
    const [upload, ...others] = upgraded.measurements.filter((measurement) => measurement.kind === "upload");
    expect(turns.map(({ id }) => id)).toEqual([upload?.id, `${upload?.id} turn=2`]);
    expect(others).toEqual([]);
    expect(upload?.first_s).toEqual(turns.flatMap(({ first_s }) => first_s));
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
