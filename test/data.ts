import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The only place that knows where data outside this repository are: real traces, autoscaler cases, a logged engine run. */
const shared = join(dirname(dirname(fileURLToPath(import.meta.url))), "..", "shared");

/** Path of a shared data file, or null where it is absent: `it.skipIf(path === null)`. */
export const sharedFileOrNull = (...parts: string[]): string | null => {
  const path = join(shared, ...parts);
  return existsSync(path) ? path : null;
};

/** The folder of autoscaler cases: the one that `AUTOSCALER_CASES` names, which must be there, else the shared one; null where that is absent. */
export const autoscalerCasesOrNull = (): string | null => {
  const named = process.env["AUTOSCALER_CASES"];
  if (named === undefined || named === "") return sharedFileOrNull("cases");
  if (!existsSync(named)) throw new Error(`AUTOSCALER_CASES names ${named}, which is not there`);
  return named;
};
