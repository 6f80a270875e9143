/** Scales that fit their values, with ticks that have room for their labels. */
export interface Axis {
  readonly label: string;
  readonly isLog: boolean;
  readonly domain: readonly [number, number];
  readonly ticks: readonly number[];
  readonly format: (value: number) => string;
}

/** Whether values span so much that only a logarithmic axis shows them all. */
export const spansDecades = (values: readonly number[]): boolean =>
  values.length > 0 && values.every((value) => value > 0) && Math.max(...values) / Math.min(...values) > 20;

const powerOfTen = (exponent: number): number => Number(`1e${exponent}`);

/** Multiples of 1, 2 or 5 × 10ⁿ from 0 to the first at or above `most`: about five of them. */
export const linearTicks = (most: number): number[] => {
  if (!(most > 0)) return [0, 1];
  const rough = most / 5;
  const power = powerOfTen(Math.floor(Math.log10(rough)));
  const step = ([1, 2, 5, 10].find((factor) => factor * power >= rough * 0.999) ?? 10) * power;
  return Array.from({ length: Math.ceil((most / step) * 0.9999) + 1 }, (_, i) => Number((i * step).toPrecision(12)));
};

/** 1, 2 and 5 in each decade, fewer where decades are many, from at or below the least value to at or above the most. */
export const logTicks = (least: number, most: number): number[] => {
  const decades = Math.log10(most / least);
  const steps = decades > 4 ? [1] : decades > 2 ? [1, 3] : [1, 2, 5];
  const all: number[] = [];
  for (let exponent = Math.floor(Math.log10(least)) - 1; exponent <= Math.ceil(Math.log10(most)) + 1; exponent++) {
    all.push(...steps.map((step) => Number(`${step}e${exponent}`)));
  }
  const from = all.filter((tick) => tick <= least * 1.001).length - 1;
  const to = all.findIndex((tick) => tick >= most * 0.999);
  return all.slice(Math.max(0, from), to + 1);
};

/** An axis for measured or simulated values: from 0, or logarithmic where they span decades. */
export const valueAxis = (label: string, values: readonly number[], format: Axis["format"]): Axis => {
  const isLog = spansDecades(values);
  const ticks = isLog ? logTicks(Math.min(...values), Math.max(...values)) : linearTicks(Math.max(0, ...values));
  return { label, isLog, format, ticks, domain: [ticks[0] ?? 0, ticks.at(-1) ?? 1] };
};

/** Pixels that a label needs, at the charts' font size. */
export const labelWidth = (label: string): number => 7.4 * label.length;

/**
 * A logarithmic axis for sizes that someone chose: ticks stand at the sizes themselves, as many as have room.
 *
 * @param width pixels between the first and the last size
 */
export const sizeAxis = (label: string, values: readonly number[], format: Axis["format"], width: number): Axis => {
  const sizes = [...new Set(values)].sort((a, b) => b - a);
  const [most = 1, least = 1] = [sizes[0], sizes.at(-1)];
  const at = (value: number): number => (most === least ? 0 : (Math.log(value / least) / Math.log(most / least)) * width);
  const ticks: number[] = [];
  let free = Infinity;
  for (const size of sizes) {
    const half = labelWidth(format(size)) / 2;
    if (at(size) + half > free) continue;
    ticks.unshift(size);
    free = at(size) - half - 8;
  }
  return { label, isLog: true, format, ticks, domain: most === least ? [least / 2, most * 2] : [least, most] };
};
