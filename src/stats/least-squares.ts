/**
 * Non-negative least squares: the coefficients x ≥ 0 for which the rows times x come closest to the targets.
 *
 * Every subset of the columns is solved without the constraint and the best one without a negative coefficient is taken, which
 * is exact and, for the handful of terms used here, cheaper than an iteration. A coefficient that the rows cannot tell apart
 * from the others is 0.
 *
 * @param rows one row of features for each target
 * @throws RangeError where a row's length differs from the first's, or there are more than 10 columns
 */
export const nonNegativeLeastSquares = (rows: readonly (readonly number[])[], targets: readonly number[]): number[] => {
  const columns = rows[0]?.length ?? 0;
  if (columns > 10) throw new RangeError(`expected at most 10 columns, got ${columns}`);
  if (rows.length !== targets.length || rows.some((row) => row.length !== columns)) throw new RangeError("rows of unequal length");
  const scales = Array.from({ length: columns }, (_, c) => Math.hypot(...rows.map((row) => row[c]!)) || 1);
  const scaled = rows.map((row) => row.map((value, c) => value / scales[c]!));
  let best: { coefficients: number[]; residual: number } = {
    coefficients: Array<number>(columns).fill(0),
    residual: sumOfSquares(targets),
  };
  for (let subset = 1; subset < 1 << columns; subset++) {
    const chosen = Array.from({ length: columns }, (_, c) => c).filter((c) => (subset >> c) & 1);
    const solved = solve(
      scaled.map((row) => chosen.map((c) => row[c]!)),
      targets,
    );
    if (solved === null || solved.some((value) => value < 0)) continue;
    const residual = sumOfSquares(scaled.map((row, r) => chosen.reduce((sum, c, j) => sum + row[c]! * solved[j]!, 0) - targets[r]!));
    // A column that does not help by more than rounding stays out.
    if (residual >= best.residual * (1 - 1e-9) - 1e-18 * sumOfSquares(targets)) continue;
    const coefficients = Array<number>(columns).fill(0);
    chosen.forEach((c, j) => (coefficients[c] = solved[j]! / scales[c]!));
    best = { coefficients, residual };
  }
  return best.coefficients;
};

/**
 * The same with each target's error counted relative to the target, so that a 10 µs point weighs as much as a 10 ms one.
 *
 * @param targets positive
 */
export const relativeNonNegativeLeastSquares = (rows: readonly (readonly number[])[], targets: readonly number[]): number[] =>
  nonNegativeLeastSquares(
    rows.map((row, r) => row.map((value) => value / targets[r]!)),
    targets.map(() => 1),
  );

const sumOfSquares = (values: readonly number[]): number => values.reduce((sum, value) => sum + value * value, 0);

/** Householder QR; null where the columns are not independent. */
const solve = (rows: readonly number[][], targets: readonly number[]): number[] | null => {
  const columns = rows[0]?.length ?? 0;
  if (rows.length < columns) return null;
  const a = rows.map((row) => [...row]);
  const y = [...targets];
  for (let c = 0; c < columns; c++) {
    const norm = Math.hypot(...a.slice(c).map((row) => row[c]!));
    if (norm < 1e-9) return null;
    const alpha = a[c]![c]! > 0 ? -norm : norm;
    const v = a.slice(c).map((row, r) => row[c]! - (r === 0 ? alpha : 0));
    const length = sumOfSquares(v);
    const reflect = (read: (r: number) => number, write: (r: number, value: number) => void) => {
      const twice = (2 * v.reduce((sum, value, r) => sum + value * read(c + r), 0)) / length;
      v.forEach((value, r) => write(c + r, read(c + r) - twice * value));
    };
    for (let j = c; j < columns; j++)
      reflect(
        (r) => a[r]![j]!,
        (r, value) => (a[r]![j] = value),
      );
    reflect(
      (r) => y[r]!,
      (r, value) => (y[r] = value),
    );
  }
  const x = Array<number>(columns).fill(0);
  for (let c = columns - 1; c >= 0; c--) {
    let sum = y[c]!;
    for (let j = c + 1; j < columns; j++) sum -= a[c]![j]! * x[j]!;
    x[c] = sum / a[c]![c]!;
  }
  return x;
};
