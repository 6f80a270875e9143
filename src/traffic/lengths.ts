import { ln } from "../math.ts";
import type { Tokens } from "../units.ts";
import type { RandomStream } from "./random.ts";
import type { LengthDistribution } from "./schema.ts";

/** The 99th percentile of the standard normal distribution. */
const NORMAL_P99 = 2.3263478740408408;

/**
 * Draws a number of tokens. A log-normal one is rounded to whole tokens, at least 1; what lies above `max_tokens` becomes `max_tokens`, as
 * a server's own limit cuts it, so that the mean is slightly below that of the distribution.
 *
 * @param stream asked for only where there is chance in it: a constant draws nothing
 */
export const drawLength = (distribution: LengthDistribution, stream: () => RandomStream): Tokens => {
  switch (distribution.kind) {
    case "constant":
      return distribution.tokens;
    case "log-normal": {
      const { p50_tokens, p99_tokens, max_tokens } = distribution;
      const drawn = stream().logNormal(ln(p50_tokens), ln(p99_tokens / p50_tokens) / NORMAL_P99);
      return Math.min(max_tokens, Math.max(1, Math.floor(drawn + 0.5)));
    }
    default:
      return distribution satisfies never;
  }
};
