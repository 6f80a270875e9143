import { fromHalf, toHalf } from "../../kernels/half.ts";
import type { BufferSpec, Dtype } from "../../kernels/kernel.ts";

/** Smallest normal f16: nothing smaller is drawn, since a device may flush it to zero. */
const LEAST_MAGNITUDE = 2 ** -14;

/**
 * The values a buffer is filled with, exactly as a buffer of its type holds them. Random ones depend on the seed and the buffer's
 * name alone.
 */
export const fillValues = ({ name, type, length, fill }: BufferSpec, seed: number): Float64Array => {
  switch (fill.kind) {
    case "random": {
      const next = generator(seed, name);
      return Float64Array.from({ length }, () => {
        const value = (2 * next() - 1) * fill.scale;
        const magnitude = Math.max(Math.abs(value), LEAST_MAGNITUDE);
        return held(type, value < 0 ? -magnitude : magnitude);
      });
    }
    case "bits": {
      const next = generator(seed, name);
      return Float64Array.from({ length }, () => next() * 2 ** 32);
    }
    case "indices":
      return Float64Array.from(fill.values);
    case "values":
      return fill.values.map((value) => held(type, value));
    case "unset":
      return new Float64Array(length);
    default:
      return fill satisfies never;
  }
};

const held = (type: Dtype | "u32", value: number): number => (type === "f16" ? fromHalf(toHalf(value)) : Math.fround(value));

/** Uniform in [0, 1): mulberry32, which is fast enough to fill gigabytes; started from a hash (FNV-1a) of the seed and the name. */
const generator = (seed: number, name: string): (() => number) => {
  let state = 0x811c9dc5 ^ seed;
  for (const character of name) state = Math.imul(state ^ (character.codePointAt(0) ?? 0), 0x01000193);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};
