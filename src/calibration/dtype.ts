import type { Dtype } from "../../kernels/kernel.ts";
import { dtypeFor } from "../profile/choose.ts";
import type { Profile } from "../profile/schema.ts";
import { measuredKernels } from "./measured.ts";

/**
 * The element type that weights and KV cache are held in: f16 where the linear layers were verified and measured in it, else f32; where
 * none were measured at all, the one that they were to be measured in.
 */
export const stepDtype = (profile: Profile): Dtype =>
  (["f16", "f32"] as const).find((dtype) => measuredKernels(profile, "matmul", dtype).length > 0) ??
  dtypeFor(profile.environment.adapter.features, profile.is_gpu);
