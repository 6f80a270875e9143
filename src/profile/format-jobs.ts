import { variantsOf } from "../../kernels/index.ts";
import type { Dtype } from "../../kernels/kernel.ts";
import { isForDevice } from "./choose.ts";
import type { Job, Stage } from "./jobs.ts";
import type { Tuning } from "./measurements/tuning.ts";
import { type DeviceKind, largestLinear } from "./settled.ts";
import { kernelJob } from "./timed-jobs.ts";
import { raceId, races } from "./tuning-jobs.ts";
import type { Workload } from "./workload.ts";

/**
 * Linear layers with weights in other formats than the activations': f16 under f32 activations, and 4 bits in groups. No step is made of
 * them yet; they tell what a batch costs where weights are read in fewer bytes.
 */

const FAMILIES: Readonly<Record<Dtype, readonly string[]>> = { f32: ["matmul-f16w", "matmul-q4"], f16: ["matmul-q4"] };

/** The technique to begin with, of those that every format has. */
const startingTechnique = (isGpu: boolean, hasSubgroups: boolean): string =>
  isGpu ? (hasSubgroups ? "matvec-subgroup-4x64" : "matvec-4x64") : hasSubgroups ? "lanes-8x4-16" : "matvec-thread-4x64";

/** First verification and, where there is time for them, races; then the choices timed. */
export const formatStages = (
  { adapter, isGpu }: DeviceKind,
  dtype: Dtype,
  { core, formats }: Workload,
): { readonly before: readonly Stage[]; readonly measure: Stage } => {
  const { n, k } = largestLinear(core);
  const shapes = formats.tokens.map((m) => ({ m, n, k }));
  const technique = startingTechnique(isGpu, adapter.features.includes("subgroups"));
  const families = FAMILIES[dtype].map((family) => ({ family, starting: `${family}/${technique}-${dtype}` }));
  const verify: Stage = () =>
    families.flatMap(({ family, starting }) =>
      variantsOf(family)
        .filter((variant) => variant.dtype === dtype && (formats.isRaced ? isForDevice(variant, isGpu) : variant.id === starting))
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
          (measurement): measurement is Tuning => measurement.kind === "tuning" && measurement.id === raceId(family, dtype, shape),
        );
        return kernelJob(tuning?.choice ?? starting, shape, "cold");
      }),
    );
  return { before: [verify, race], measure };
};
