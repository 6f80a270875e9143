import { coldStart } from "./claims/cold-start.ts";
import { scaleFaster } from "./claims/scale-faster.ts";
import type { Experiment } from "./experiment.ts";

/** Every experiment, in the order in which they are listed. */
export const experiments: readonly Experiment[] = [coldStart, scaleFaster];
