/** How many cases a property test runs: a fixed-seed slice by default, the full count in `npm run test:long`. */
export const runs = (slice: number, full = slice * 50): { numRuns: number; seed: number } => ({
  numRuns: process.env["BALLAST_LONG"] === "1" ? full : slice,
  seed: 20_231_116,
});
