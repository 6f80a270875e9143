import { batchingDisruption } from "./claims/batching-disruption.ts";
import { cacheLocality } from "./claims/cache-locality.ts";
import { churn } from "./claims/churn.ts";
import { coldStart } from "./claims/cold-start.ts";
import { memoryPressure } from "./claims/memory-pressure.ts";
import { orchestrationOrShortage } from "./claims/orchestration-or-shortage.ts";
import { overprovisioning } from "./claims/overprovisioning.ts";
import { scaleFaster } from "./claims/scale-faster.ts";
import { stableVersusScaled } from "./claims/stable-versus-scaled.ts";
import { steadyVersusBursty } from "./claims/steady-versus-bursty.ts";
import { trainingVersusInference } from "./claims/training-versus-inference.ts";
import type { Experiment } from "./experiment.ts";

/** Every experiment, in the order in which they are listed. */
export const experiments: readonly Experiment[] = [
  coldStart,
  batchingDisruption,
  memoryPressure,
  cacheLocality,
  scaleFaster,
  steadyVersusBursty,
  churn,
  stableVersusScaled,
  orchestrationOrShortage,
  overprovisioning,
  trainingVersusInference,
];
