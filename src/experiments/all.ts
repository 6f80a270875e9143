import { batchingDisruption } from "./claims/batching-disruption.ts";
import { cacheLocality } from "./claims/cache-locality.ts";
import { coldStart } from "./claims/cold-start.ts";
import { scaleFaster } from "./claims/scale-faster.ts";
import { steadyVersusBursty } from "./claims/steady-versus-bursty.ts";
import type { Experiment } from "./experiment.ts";

/** Every experiment, in the order in which they are listed. */
export const experiments: readonly Experiment[] = [coldStart, scaleFaster, steadyVersusBursty, batchingDisruption, cacheLocality];
