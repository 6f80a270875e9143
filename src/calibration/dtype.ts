import type { Dtype } from "../../kernels/kernel.ts";
import type { Profile } from "../profile/schema.ts";
import { measuredKernels } from "./measured.ts";

/** The element type that weights and KV cache are held in: f16 where the linear layers were verified and measured in it. */
export const stepDtype = (profile: Profile): Dtype => (measuredKernels(profile, "matmul", "f16").length > 0 ? "f16" : "f32");
