import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { xoroshiro128plusFromState } from "pure-rand/generator/xoroshiro128plus";
import type { RandomGenerator } from "pure-rand/types/RandomGenerator";
import { exp, ln, pow } from "../math.ts";

/** Random draws in a fixed order. The same draws in every engine: uniform numbers from pure-rand, shaped with src/math.ts. */
export class Stream {
  private readonly generator: RandomGenerator;

  constructor(generator: RandomGenerator) {
    this.generator = generator;
  }

  /** In [0, 1), a multiple of 2⁻⁵³. */
  uniform(): number {
    return uniformFloat64(this.generator);
  }

  /** By inversion: one uniform a draw. */
  exponential(mean: number): number {
    return -mean * ln(1 - this.uniform());
  }

  /** Mean 0, standard deviation 1 (Marsaglia's polar method; the second of each pair is dropped, so that a stream has no hidden state). */
  normal(): number {
    for (;;) {
      const x = 2 * this.uniform() - 1;
      const y = 2 * this.uniform() - 1;
      const square = x * x + y * y;
      if (square > 0 && square < 1) return x * Math.sqrt((-2 * ln(square)) / square);
    }
  }

  /** e to a normal of mean `mu` and standard deviation `sigma`: the median is e^mu. */
  logNormal(mu: number, sigma: number): number {
    return exp(mu + sigma * this.normal());
  }

  /** Mean shape·scale, variance shape·scale² (Marsaglia and Tsang 2000, https://doi.org/10.1145/358407.358414). */
  gamma(shape: number, scale: number): number {
    if (shape < 1) return this.gamma(shape + 1, scale) * pow(1 - this.uniform(), 1 / shape);
    const d = shape - 1 / 3;
    const c = 1 / Math.sqrt(9 * d);
    for (;;) {
      const x = this.normal();
      const t = 1 + c * x;
      if (t <= 0) continue;
      const v = t * t * t;
      if (ln(1 - this.uniform()) < 0.5 * x * x + d - d * v + d * ln(v)) return d * v * scale;
    }
  }
}

/** All chance of one run: a seed, and as many independent streams as there are names. */
export interface Streams {
  /**
   * The stream of one use and entity, `lengths/request-17`, from its beginning. It depends on nothing but the seed and the name,
   * so a new consumer, or one that draws less, shifts nobody else's draws.
   */
  named(name: string): Stream;
}

export const createStreams = (seed: number): Streams => ({
  named: (name) => new Stream(xoroshiro128plusFromState(hash128(seed, name))),
});

/** Spreads every bit of a 32-bit word over all of it (the "lowbias32" constants of hash-prospector). */
const mix = (word: number): number => {
  let h = word ^ (word >>> 16);
  h = Math.imul(h, 0x7feb352d);
  h ^= h >>> 15;
  h = Math.imul(h, 0x846ca68b);
  return h ^ (h >>> 16);
};

/** Four 32-bit words from a seed (whole, 0 to 2⁵³) and a name: wide enough that millions of names do not collide. Not cryptographic. */
const hash128 = (seed: number, name: string): [number, number, number, number] => {
  const low = seed >>> 0;
  const high = Math.floor(seed / 4294967296) >>> 0;
  const start = mix(low ^ mix(high ^ 0x9e3779b9));
  let a = mix(start ^ 0x243f6a88);
  let b = mix(start ^ 0x85a308d3);
  let c = mix(start ^ 0x13198a2e);
  let d = mix(start ^ 0x03707344);
  for (let i = 0; i < name.length; i += 1) {
    const unit = name.charCodeAt(i);
    a = Math.imul(a ^ unit, 0x01000193);
    b = Math.imul(b ^ unit, 0x85ebca6b);
    c = Math.imul(c ^ unit, 0xc2b2ae35);
    d = Math.imul(d ^ unit, 0x27d4eb2f);
  }
  a = mix(a + d);
  b = mix(b ^ a);
  c = mix(c + b);
  d = mix(d ^ c);
  return [mix(a ^ c), b, c, d];
};
