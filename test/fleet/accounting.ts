import { expect } from "vitest";
import type { FleetConfig } from "../../src/fleet/config.ts";
import { simulateAll } from "./configs.ts";

/** Every step's tokens are prompts, outputs, what was recomputed or given up, less what was found in the prefix cache. */
export const expectTokensToAddUp = (config: FleetConfig): void => {
  let scheduled = 0;
  // Asked once for each step; times are asked for of batches that are not run, too.
  const isExtrapolated: typeof config.stepTime.isExtrapolated = (batch) => {
    scheduled += batch.tokens;
    return config.stepTime.isExtrapolated(batch);
  };
  const { run } = simulateAll({ ...config, stepTime: { ...config.stepTime, isExtrapolated }, isStepwise: true });
  const { prompt, output, recomputed, abandoned = 0 } = run.tokens;
  const found = run.prefix_cache?.hit_tokens ?? 0;
  // The last token of a request is produced and never computed.
  expect(scheduled).toBe(prompt + output - run.requests.finished + recomputed + abandoned - found);
};
