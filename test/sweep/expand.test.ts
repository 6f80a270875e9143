import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expandSweep, seedsOf } from "../../src/sweep/expand.ts";
import { withField } from "../../src/sweep/field.ts";
import { sweepSchema } from "../../src/sweep/schema.ts";
import { messageOf } from "../message-of.ts";

const base = {
  name: "chat",
  traffic: { kind: "steps", steps: [{ for_s: 60, requests_per_s: 1 }] },
  policy: { kind: "fixed", replicas: 4 },
};
const expand = (vary: object, seeds: unknown = 1) => expandSweep(sweepSchema.parse({ scenario: base, vary, seeds }), base, "sweep.yaml");

describe("a sweep's combinations", () => {
  it("are one, the scenario itself, where only seeds vary", () => {
    expect(expand({}, 3)).toEqual([{ values: {}, name: "", fields: base }]);
  });

  it("are all of them, each once, the last axis fastest", () => {
    const axes = fc.dictionary(
      fc.stringMatching(/^[a-z]{1,4}$/u),
      fc.uniqueArray(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 4 }),
      { minKeys: 1, maxKeys: 4, noNullPrototype: true },
    );
    fc.assert(
      fc.property(axes, (vary) => {
        const found = expand(vary);
        const lists = Object.values(vary);
        expect(found).toHaveLength(lists.reduce((product, list) => product * list.length, 1));
        expect(new Set(found.map(({ name }) => name)).size).toBe(found.length);
        for (const [i, { values, fields }] of found.entries()) {
          let rest = i;
          for (const [axis, list] of Object.entries(vary).toReversed()) {
            expect(values[axis]).toBe(list[rest % list.length]);
            expect(fields[axis]).toBe(values[axis]);
            rest = Math.floor(rest / list.length);
          }
        }
      }),
    );
  });

  it("set what a path leads into before what lies in it, whichever comes first", () => {
    const policies = { small: { policy: { kind: "hpa", max_replicas: 2 } }, large: { policy: { kind: "hpa", max_replicas: 9 } } };
    for (const vary of [
      { "policy.target_average": [5], fleet: policies },
      { fleet: policies, "policy.target_average": [5] },
    ]) {
      expect(expand(vary).map(({ fields }) => fields["policy"])).toEqual([
        { kind: "hpa", max_replicas: 2, target_average: 5 },
        { kind: "hpa", max_replicas: 9, target_average: 5 },
      ]);
    }
  });

  it("reach into lists, and make what is not there yet", () => {
    const [first] = expand({ "traffic.steps.0.requests_per_s": [7], "cold_start.image_s": [3] });
    expect(first!.fields).toEqual({
      ...base,
      traffic: { kind: "steps", steps: [{ for_s: 60, requests_per_s: 7 }] },
      cold_start: { image_s: 3 },
    });
  });

  it("are refused where a path leads nowhere, or there are too many", () => {
    const many = Array.from({ length: 1001 }, (_, i) => i);
    const messages = [{ "traffic.steps.1.for_s": [5] }, { "name.first": [5] }, { a: many, b: many }].map((vary) =>
      messageOf(() => expand(vary)),
    );
    expect(messages.join("\n")).toMatchInlineSnapshot(`
      "InputError: sweep.yaml: vary: traffic.steps.1.for_s: expected a number from 0 to 0 in the list traffic.steps, got 1. Or give the whole list as a value.
      InputError: sweep.yaml: vary: name.first: expected a path of the scenario, and name has no fields: it is "chat". Give a path as \`ballast init\` shows it.
      InputError: sweep.yaml: expected at most 1000000 runs, got 1002001. Vary less at once."
    `);
  });
});

describe("a field at a path", () => {
  it("and nothing else is changed, in a copy", () => {
    for (const [path, old] of [
      ["traffic", base.traffic],
      ["traffic.steps.0.for_s", 60],
      ["policy.replicas", 4],
    ] as const)
      expect(withField(withField(base, path, { any: "thing" }, "here"), path, old, "here")).toEqual(base);
  });

  it("is there afterwards, wherever the path leads, in a copy", () => {
    const path = fc.array(fc.constantFrom("traffic", "steps", "0", "for_s", "policy", "replicas", "new"), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(path, fc.jsonValue(), (keys, value) => {
        const before = JSON.stringify(base);
        let changed: unknown;
        try {
          changed = withField(base, keys.join("."), value, "here");
        } catch {
          return; // it leads through what has no fields
        }
        expect(JSON.stringify(base)).toBe(before);
        expect(keys.reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], changed)).toEqual(value);
      }),
    );
  });
});

it.each([
  [3, [42, 43, 44]],
  [
    [5, 1],
    [5, 1],
  ],
])("seeds %j begin at the scenario's own, or are as given", (seeds, expected) => {
  expect(seedsOf(sweepSchema.parse({ scenario: base, seeds }), 42)).toEqual(expected);
});
