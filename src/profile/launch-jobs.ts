import type { LaunchJob, LayerJob } from "./jobs.ts";
import type { Workload } from "./workload.ts";

/**
 * Starts from cold and from less, and what compiling costs in every state. A quick agenda has one start of each end alone.
 *
 * @param name of the layer, for ids
 */
export const launchJobs = ({ warmUp: { starts, compile } }: Workload, layer: LayerJob, name: string, isQuick: boolean): LaunchJob[] => {
  const warmUp = { kind: "warm-up", id: `warm-up ${name}`, layer } as const;
  return isQuick
    ? [{ ...warmUp, launches: 1, restarts: 0, devices: 0, pipelines: 0, nothing: 1 }]
    : [
        { ...warmUp, ...starts },
        { kind: "compile", id: `compile ${name}`, layer, ...compile },
      ];
};
