import type { RequestRecord } from "../fleet/config.ts";
import type { Objectives } from "../scenario/objectives.ts";
import { toSeconds } from "../units.ts";

/** Whether a request finished within both objectives, each read as a limit on every request. */
export const isGood = (
  { state, arrivedAt, firstTokenAt, lastTokenAt, outputTokens }: RequestRecord,
  { ttft_p99_s: ttft, tpot_p99_s: tpot }: Objectives,
): boolean => {
  if (state !== "finished" || firstTokenAt === null || lastTokenAt === null) return false;
  const perToken = outputTokens > 1 ? toSeconds(lastTokenAt - firstTokenAt) / (outputTokens - 1) : 0;
  return toSeconds(firstTokenAt - arrivedAt) <= ttft && perToken <= tpot;
};
