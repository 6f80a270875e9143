import { describe, expect, it } from "vitest";
import { nearestOrNull, selectedShapes, SHAPES, tunedAt } from "../../../bench/peers/shapes.ts";
import { distance } from "../../../kernels/layer/choices.ts";

const named = (name: string) => SHAPES.find((row) => row.name === name)!;

describe("the shapes of the peer table", () => {
  it("each stands once, by name and by sizes", () => {
    expect(new Set(SHAPES.map(({ name }) => name)).size).toBe(SHAPES.length);
    expect(new Set(SHAPES.map(({ family, shape }) => `${family} ${JSON.stringify(shape)}`)).size).toBe(SHAPES.length);
  });

  it("the linear layers of Llama-3.2-1B are there at 1, 16 and 64 tokens", () => {
    const layers = [1, 16, 64].flatMap((m) => ["3072×2048", "2048×2048", "16384×2048", "2048×8192"].map((layer) => `${m}×${layer}`));
    expect(SHAPES.map(({ name }) => name)).toEqual(expect.arrayContaining(layers));
  });

  it.each([
    [{ isSoftware: false, all: false, only: null }, SHAPES.length],
    [{ isSoftware: true, all: true, only: null }, SHAPES.length],
    [{ isSoftware: true, all: false, only: null }, SHAPES.filter(({ isQuick }) => isQuick).length],
  ])("%j takes %i", (selection, count) => {
    expect(selectedShapes(selection)).toHaveLength(count);
    expect(count).toBeGreaterThan(10);
  });

  it("what is named is taken on any adapter, quick or not, with x for ×", () => {
    const only = (text: string) => selectedShapes({ isSoftware: true, all: false, only: text }).map(({ name }) => name);
    expect(only("2048x2048x2048")).toEqual(["2048×2048×2048"]);
    expect(only("decode 16")).toEqual(["decode 16 at 128", "decode 16 at 512", "decode 16 at 1024", "decode 16 at 4096"]);
    expect(only("never tuned")).toHaveLength(3);
    expect(only("nothing of the kind")).toEqual([]);
  });
});

describe("the shape a tuned choice is made at", () => {
  it("is a shape's own where tuners are shown it", () => {
    const row = named("16×2048×2048");
    expect(tunedAt(row, true)).toEqual(row.shape);
  });

  it("is its own on a GPU alone where a processor would need minutes", () => {
    const row = named("2048×2048×2048");
    expect([tunedAt(row, false), tunedAt(row, true)]).toEqual([row.shape, { m: 1024, n: 1024, k: 1024 }]);
  });

  it.each([
    ["384×384×384", { m: 512, n: 512, k: 512 }],
    ["7×2048×2048", { m: 4, n: 2048, k: 2048 }],
    ["320×1000×1500", { m: 1024, n: 1024, k: 1024 }],
  ])("is the nearest one for %s", (name, nearest) => {
    const row = named(name);
    expect(row.tuned).toBe("nowhere");
    const at = tunedAt(row, false);
    expect(at).toEqual(nearest);
    expect(SHAPES.filter(({ tuned }) => tuned !== "nowhere").map(({ shape }) => shape)).toContainEqual(at);
  });

  it("distance is 0 for the same shape, grows with the ratio of sizes, and takes a context of 0", () => {
    expect(distance({ m: 3, k: 0 }, { m: 3, k: 0 })).toBe(0);
    expect(distance({ m: 7 }, { m: 15 })).toBeCloseTo(Math.log(2), 12);
    expect(nearestOrNull({ m: 7 }, [{ m: 100 }, { m: 6 }, { m: 1 }])).toEqual({ m: 6 });
    expect(nearestOrNull({ m: 7 }, [])).toBeNull();
  });
});
