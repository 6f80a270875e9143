import { describe, expect, it } from "vitest";
import { createStreams } from "../../src/sim/streams.ts";
import { lengthFiles, NO_DATA } from "../../src/traffic/data.ts";
import { generate } from "../../src/traffic/generate.ts";
import { trafficSchema, type TrafficOf } from "../../src/traffic/schema.ts";

const from = (file: string) => ({ kind: "empirical", file });
const poisson = (fields: object): TrafficOf<"poisson"> =>
  trafficSchema.parse({ kind: "poisson", requests_per_s: 10, duration_s: 400, ...fields }) as TrafficOf<"poisson">;
const lengths = new Map([
  ["a.csv", { prompts: [10, 20, 30], outputs: [1, 2, 3] }],
  ["b.csv", { prompts: [70], outputs: [7] }],
]);

describe("empirical lengths", () => {
  const drawn = (traffic: TrafficOf<"poisson">) =>
    Array.from(
      generate(traffic, createStreams(1), { ...NO_DATA, lengths }),
      ({ promptTokens, outputTokens }) => `${promptTokens}/${outputTokens}`,
    );

  it("of one file are those of one line together, each line as often as another", () => {
    const found = drawn(poisson({ prompt: from("a.csv"), output: from("a.csv") }));
    expect([...new Set(found)].sort()).toEqual(["10/1", "20/2", "30/3"]);
    for (const pair of ["10/1", "20/2", "30/3"]) {
      const { length } = found.filter((other) => other === pair);
      expect(Math.abs(length - found.length / 3)).toBeLessThan(5 * Math.sqrt((found.length * 2) / 9));
    }
  });

  it("of two files are drawn apart", () => {
    expect(new Set(drawn(poisson({ prompt: from("a.csv"), output: from("b.csv") })))).toEqual(new Set(["10/7", "20/7", "30/7"]));
    expect(new Set(drawn(poisson({ prompt: from("b.csv"), output: from("a.csv") }))).size).toBe(3);
  });

  it("name the files they need, each once", () => {
    const one = { kind: "constant", tokens: 1 };
    expect(lengthFiles(poisson({ prompt: from("a.csv"), output: from("a.csv") })).map(({ file }) => file)).toEqual(["a.csv"]);
    expect(lengthFiles(poisson({ prompt: from("a.csv"), output: from("b.csv") })).map(({ file }) => file)).toEqual(["a.csv", "b.csv"]);
    expect(lengthFiles(poisson({ prompt: one, output: one }))).toEqual([]);
  });

  it("of a file that was not handed in are a fault of the program", () => {
    expect(() => drawn(poisson({ prompt: from("c.csv"), output: from("a.csv") }))).toThrow(RangeError);
  });
});
