import type { Profile } from "../profile/schema.ts";

/** What a profile or a device model was measured with; an older device model does not say, and was measured in a browser. */
export interface MeasuredWith {
  readonly condition: Profile["condition"];
  readonly runtime?: Profile["runtime"] | undefined;
}

export const conditionName = ({ condition, runtime = "chrome" }: MeasuredWith): string => {
  if (condition === "native-like") return "native-like (checks and zero-filling off)";
  return runtime === "chrome" ? "the browser's own defaults" : "Dawn's own defaults";
};

/** What must be said first of anything that was measured outside of a browser; null for a browser. */
export const runtimeCaveatOrNull = ({ runtime = "chrome" }: Pick<MeasuredWith, "runtime">): string | null =>
  runtime === "chrome"
    ? null
    : "Dawn in Node, not a browser: no wire between a page and a GPU process, no cache of shaders, and a CPU core that spins while it waits. These figures are its own; a browser's differ, in upload, start and submit most.";
