import type { Dtype } from "../../kernels/kernel.ts";
import type { Profile } from "../profile/schema.ts";
import { measuredKernels } from "./measured.ts";

const families = ["matmul", "attention-prefill", "attention-decode"];

/** The element type that weights and KV cache are held in: f16 where every part of a step was verified and measured in it. */
export const stepDtype = (profile: Profile): Dtype =>
  families.every((family) => measuredKernels(profile, family, "f16").length > 0) ? "f16" : "f32";
