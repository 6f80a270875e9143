import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createStreams } from "../../src/sim/streams.ts";
import type { Stream } from "../../src/sim/streams.ts";
import { runs } from "../runs.ts";

const draw = (stream: Stream, count: number): number[] => Array.from({ length: count }, () => stream.uniform());

describe("random streams", () => {
  it("law: the first 20 draws of a stream never change", () => {
    expect(draw(createStreams(42).named("lengths/request-17"), 20)).toMatchInlineSnapshot(`
      [
        0.22804712450235476,
        0.9848546493338252,
        0.9381462591768469,
        0.7857576382248764,
        0.6283312980657552,
        0.7123613078562309,
        0.531860383540383,
        0.7923175131167112,
        0.20102614343220526,
        0.46719865819004736,
        0.2860948514775984,
        0.9475319004971118,
        0.5335034184349163,
        0.98289888672745,
        0.022025840264826235,
        0.553058535002969,
        0.1738121693309137,
        0.26977679611776306,
        0.9923342062948453,
        0.5772177138549257,
      ]
    `);
  });

  it("law: the first draws of each distribution never change", () => {
    const streams = createStreams(42);
    expect({
      exponential: streams.named("e").exponential(2),
      normal: streams.named("n").normal(),
      logNormal: streams.named("l").logNormal(1, 0.5),
      gamma: streams.named("g").gamma(2.5, 3),
      gammaBelowOne: streams.named("h").gamma(0.3, 3),
    }).toMatchInlineSnapshot(`
      {
        "exponential": 1.8111933048675504,
        "gamma": 8.188202163222261,
        "gammaBelowOne": 0.14244437098609955,
        "logNormal": 3.5339350657123,
        "normal": 1.1462678344326898,
      }
    `);
  });

  it("a stream depends on the seed and its name alone, not on who else draws", () => {
    fc.assert(
      fc.property(fc.nat(), fc.string(), fc.string(), fc.nat({ max: 20 }), (seed, name, other, count) => {
        const alone = draw(createStreams(seed).named(name), 5);
        const streams = createStreams(seed);
        const neighbour = streams.named(other);
        const stream = streams.named(name);
        draw(neighbour, count);
        expect(draw(stream, 5)).toEqual(alone);
      }),
      runs(100),
    );
  });

  it("one event held back shifts nobody else's draws", () => {
    const lengths = (held: number): (number | null)[] => {
      const streams = createStreams(7);
      return Array.from({ length: 10 }, (_, id) => (id === held ? null : streams.named(`lengths/request-${id}`).logNormal(5, 1)));
    };
    const all = lengths(-1);
    expect(lengths(3)).toEqual(all.map((length, id) => (id === 3 ? null : length)));
  });

  it("seeds, names and the order of letters all matter, large seeds included", () => {
    const firsts = [
      [1, "ab"],
      [1, "ba"],
      [2, "ab"],
      [1, "a"],
      [1, ""],
      [2 ** 32 + 1, "ab"],
      [1, "ab\0"],
    ] as const;
    const draws = firsts.map(([seed, name]) => createStreams(seed).named(name).uniform());
    expect(new Set(draws).size).toBe(firsts.length);
  });

  it("first draws of numbered streams are uniform and do not follow each other", () => {
    const count = 20_000;
    const streams = createStreams(3);
    const draws = Array.from({ length: count }, (_, id) => streams.named(`r-${id}`).uniform() - 0.5);
    const mean = draws.reduce((a, b) => a + b) / count;
    const variance = draws.reduce((a, b) => a + b * b, 0) / count;
    const lagged = draws.slice(1).reduce((sum, x, i) => sum + x * (draws[i] ?? NaN), 0) / count;
    // Four standard errors each: √(1/12n), √(1/180n), 1/(12√n).
    expect(Math.abs(mean)).toBeLessThan(4 * Math.sqrt(1 / 12 / count));
    expect(Math.abs(variance - 1 / 12)).toBeLessThan(4 * Math.sqrt(1 / 180 / count));
    expect(Math.abs(lagged)).toBeLessThan(4 / 12 / Math.sqrt(count));
  });

  it.each<[string, number, number, number, (stream: Stream) => number]>([
    ["uniform", 0.5, 1 / 12, 1.8, (s) => s.uniform()],
    ["exponential, mean 3", 3, 9, 9, (s) => s.exponential(3)],
    ["normal", 0, 1, 3, (s) => s.normal()],
    ["log-normal(0, ½)", Math.exp(0.125), Math.exp(0.5) - Math.exp(0.25), 8.9, (s) => s.logNormal(0, 0.5)],
    ["gamma(5, 2)", 10, 20, 4.2, (s) => s.gamma(5, 2)],
    ["gamma(½, 2)", 1, 2, 15, (s) => s.gamma(0.5, 2)],
  ])("%s has mean %f and variance %f", (name, mean, variance, kurtosis, sample) => {
    const count = 50_000;
    const stream = createStreams(11).named(name);
    const draws = Array.from({ length: count }, () => sample(stream));
    const found = draws.reduce((a, b) => a + b) / count;
    const spread = draws.reduce((sum, x) => sum + (x - found) * (x - found), 0) / count;
    // Four standard errors: of the mean √(σ²/n), of the variance σ²·√((kurtosis − 1)/n).
    expect(Math.abs(found - mean)).toBeLessThan(4 * Math.sqrt(variance / count));
    expect(Math.abs(spread - variance)).toBeLessThan(4 * variance * Math.sqrt((kurtosis - 1) / count));
  });
});
