import { variantsOf } from "../../kernels/index.ts";
import type { Dtype } from "../../kernels/kernel.ts";
import { layerLinears } from "../../kernels/layer/linears.ts";
import { layerSizes } from "../model/shapes.ts";
import type { Stage } from "./agenda.ts";
import type { Job } from "./jobs.ts";
import type { Tuning } from "./measurements/tuning.ts";
import type { DeviceKind } from "./settled.ts";
import { kernelJob } from "./timed-jobs.ts";
import { races } from "./tuning-jobs.ts";
import type { Workload } from "./workload.ts";

/**
 * Linear layers with weights in other formats than the activations': f16 under f32 activations, and 4 bits in groups. No step is made of
 * them yet; they tell what a batch costs where weights are read in fewer bytes.
 */

const FAMILIES: Readonly<Record<Dtype, readonly string[]>> = { f32: ["matmul-f16w", "matmul-q4"], f16: ["matmul-q4"] };

/** The technique to begin with, of those that every format has. */
const STARTING = { gpu: "matvec-4x64", gpuWithSubgroups: "matvec-subgroup-4x64", software: "lanes-8x4-16" };

/** First verification, then races where there is time for them, then the choices timed. */
export const formatStages = ({ adapter, isGpu }: DeviceKind, dtype: Dtype, { core, formats }: Workload): Stage[] => {
  const { n, k } = layerLinears(layerSizes(core.model)).reduce((a, b) => (b.n * b.k > a.n * a.k ? b : a));
  const shapes = formats.tokens.map((m) => ({ m, n, k }));
  const hasSubgroups = adapter.features.includes("subgroups");
  const technique = isGpu ? (hasSubgroups ? STARTING.gpuWithSubgroups : STARTING.gpu) : STARTING.software;
  const families = FAMILIES[dtype].map((family) => ({ family, starting: `${family}/${technique}-${dtype}` }));
  const verify: Stage = () =>
    families.flatMap(({ family, starting }) =>
      variantsOf(family)
        .filter(({ id, dtype: own }) => own === dtype && (formats.isRaced || id === starting))
        .map(({ id }): Job => ({ kind: "verify", id: `verify ${id}`, variant: id })),
    );
  const race: Stage = (found) =>
    formats.isRaced
      ? families.flatMap(({ family, starting }) => races(found, family, dtype, shapes, [{ shape: {}, variant: starting }]))
      : [];
  const measure: Stage = ({ measurements }) =>
    families.flatMap(({ family, starting }) =>
      shapes.map((shape) => {
        const tuning = measurements.find(
          (measurement): measurement is Tuning =>
            measurement.kind === "tuning" && measurement.family === family && measurement.shape["m"] === shape.m,
        );
        return kernelJob(tuning?.choice ?? starting, shape, "cold");
      }),
    );
  return [verify, race, measure];
};
