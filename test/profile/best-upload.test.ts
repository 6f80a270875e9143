import { ONE_PROCESS } from "../../src/profile/measurements/common.ts";
import { describe, expect, it } from "vitest";
import { rankUploadsOrNull, wayKey, type Upload } from "../../src/profile/best-upload.ts";

const MIB = 2 ** 20;
const upload = (method: Upload["method"], mebibytes: number, first_s: number[], changes: Partial<Upload> = {}): Upload => ({
  kind: "upload",
  id: `${method} ${mebibytes}`,
  method,
  bytes: mebibytes * MIB,
  into_bytes: mebibytes * MIB,
  chunk_bytes: 4 * MIB,
  first_s,
  repeated_s: [0.01],
  ...ONE_PROCESS,
  verified: true,
  ...changes,
});
const ranked = (...uploads: Upload[]) => {
  const ranking = rankUploadsOrNull(uploads);
  if (ranking === null) throw new Error("nothing was ranked");
  return { ...ranking, names: ranking.ways.map(wayKey) };
};
const steady = (seconds: number): number[] => Array.from({ length: 9 }, (_, i) => seconds * (1 + 0.001 * i));

describe("the best way to upload", () => {
  it("is nobody where nothing was uploaded", () => {
    expect(rankUploadsOrNull([])).toBeNull();
  });

  it("is the fastest, with each other way's share of it", () => {
    const { ways, bytes } = ranked(
      upload("mappedAtCreation", 64, steady(0.4)),
      upload("writeBuffer", 64, steady(0.1)),
      upload("staging-ring", 64, steady(0.2)),
    );
    expect(bytes).toBe(64 * MIB);
    expect(ways.map(({ method, share, isAsGood }) => [method, share, isAsGood])).toEqual([
      ["writeBuffer", 1, true],
      ["staging-ring", expect.closeTo(0.5, 9), false],
      ["mappedAtCreation", expect.closeTo(0.25, 9), false],
    ]);
  });

  it("is not one that was lucky once: its interval counts, not its best sample", () => {
    const lucky = [0.01, ...Array.from({ length: 8 }, () => 0.2)];
    expect(ranked(upload("staging-ring", 64, lucky), upload("writeBuffer", 64, steady(0.1))).names[0]).toBe(`writeBuffer ${4 * MIB}`);
  });

  it("is the steadier of two whose medians differ less than their noise, and the other is said to be as good", () => {
    const noisy = [0.06, 0.07, 0.08, 0.09, 0.095, 0.12, 0.16, 0.2, 0.25];
    const { ways } = ranked(upload("staging-ring", 64, noisy), upload("writeBuffer", 64, steady(0.1)));
    expect(ways.map(({ method, isAsGood }) => [method, isAsGood])).toEqual([
      ["writeBuffer", true],
      ["staging-ring", true],
    ]);
    expect(ways[0].share).toBeCloseTo(0.095 / 0.1004, 9);
  });

  it("is never one that is more than 10 % slower at the median, however steady it is", () => {
    const noisy = [0.05, 0.06, 0.07, 0.08, 0.085, 0.11, 0.16, 0.2, 0.25];
    const { ways } = ranked(upload("staging-ring", 64, noisy), upload("writeBuffer", 64, steady(0.1)));
    expect(ways.map(({ method, isAsGood }) => [method, isAsGood])).toEqual([
      ["staging-ring", true],
      ["writeBuffer", true],
    ]);
  });

  it("is found where most ways were measured, not at a larger size that one alone reached", () => {
    const { bytes, names } = ranked(
      upload("writeBuffer", 64, steady(0.1)),
      upload("staging-ring", 64, steady(0.2)),
      upload("staging-ring", 512, steady(0.01)),
    );
    expect(bytes).toBe(64 * MIB);
    expect(names[0]).toBe(`writeBuffer ${4 * MIB}`);
  });

  it("tells chunks of one method apart", () => {
    const { names } = ranked(upload("writeBuffer", 64, steady(0.1)), upload("writeBuffer", 64, steady(0.05), { chunk_bytes: MIB }));
    expect(names).toEqual([`writeBuffer ${MIB}`, `writeBuffer ${4 * MIB}`]);
  });

  it("is no way with fewer than three samples where another has more", () => {
    expect(ranked(upload("staging-ring", 64, [0.01]), upload("writeBuffer", 64, steady(0.1))).names).toEqual([`writeBuffer ${4 * MIB}`]);
    expect(ranked(upload("staging-ring", 64, [0.01])).names).toEqual([`staging-ring ${4 * MIB}`]);
  });

  it("is not judged by uploads whose buffers were written again and again", () => {
    const { ways } = ranked(upload("staging-ring", 64, steady(0.01), { into_bytes: MIB }), upload("writeBuffer", 64, steady(0.1)));
    expect(ways.length).toBe(1);
  });
});
