/** How flat the entropy must be, as in nvbench: its `--max-angle`, in degrees, and `--min-r2`. */
const MOST_ANGLE = 0.048;
const LEAST_R2 = 0.36;
/** Entropies that the line is fitted to: nvbench's window of the last 299, and no fewer than a third of it. */
const WINDOW = 299;
const FEWEST = 100;
const ROUNDING = 1e-12;

/** Follows how the distribution of samples fills up. */
export interface EntropyTracker {
  add(sample: number): void;
  /** Shannon entropy of the samples so far, in bits. */
  readonly entropy: number;
  /** Whether more samples of the same kind would show nothing new: the line through the last entropies no longer rises. */
  isSettled(): boolean;
}

/**
 * The entropy criterion of nvbench: the entropy of the distribution seen so far is taken after each sample, and a line is fitted
 * to the last 299. The distribution is known once the line rises by at most 0.048° and explains at least 36 % of the variance.
 *
 * nvbench counts exact values, which repeat where a clock ticks coarsely; with a fine tick each sample is a value of its own and
 * the entropy, log₂ of their number, would say nothing of the distribution. So samples are counted in bins as wide as the
 * difference that is of interest.
 *
 * @param binWidth samples closer than this are one value; 0: exact values
 */
export const entropyTracker = (binWidth: number): EntropyTracker => {
  const bins = new Map<number, number>();
  const window: number[] = [];
  let samples = 0;
  /** Σ count·log₂ count over the bins. */
  let concentration = 0;
  const weight = (count: number) => (count === 0 ? 0 : count * Math.log2(count));
  const entropy = () => (samples === 0 ? 0 : Math.log2(samples) - concentration / samples);
  return {
    add: (sample) => {
      const bin = binWidth > 0 ? Math.floor(sample / binWidth) : sample;
      const before = bins.get(bin) ?? 0;
      bins.set(bin, before + 1);
      concentration += weight(before + 1) - weight(before);
      samples += 1;
      window.push(entropy());
      if (window.length > WINDOW) window.shift();
    },
    get entropy() {
      return entropy();
    },
    isSettled: () => window.length >= FEWEST && isFlat(window),
  };
};

/** Whether the least-squares line through equally spaced values does not rise, and describes them. */
const isFlat = (values: readonly number[]): boolean => {
  const n = values.length;
  const middle = (n - 1) / 2;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  let covariance = 0;
  let spread = 0;
  let variance = 0;
  values.forEach((value, i) => {
    covariance += (i - middle) * (value - mean);
    spread += (i - middle) ** 2;
    variance += (value - mean) ** 2;
  });
  const slope = covariance / spread;
  if ((Math.atan(slope) * 180) / Math.PI > MOST_ANGLE) return false;
  // Entropies that differ by rounding alone are equal, and no line explains them.
  return variance <= n * ROUNDING ** 2 || covariance ** 2 / (spread * variance) >= LEAST_R2;
};
