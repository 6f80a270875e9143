import { measuredKernels, measurementsOf } from "../calibration/measured.ts";
import { stepDtype } from "../calibration/dtype.ts";
import { list } from "../format.ts";
import type { Profile } from "../profile/schema.ts";

const isTimed = (profile: Profile, family: string, dtype = stepDtype(profile)): boolean =>
  measuredKernels(profile, family, dtype).length > 0;

const SMALL = ["rms-norm", "swiglu", "residual-add", "rotary"];

/** What a device model stands on, by the name that its jobs begin with. */
const NEEDS: readonly (readonly [job: string, name: string, isMeasured: (profile: Profile) => boolean])[] = [
  [
    "warm-up",
    "warm-up",
    (profile) =>
      measurementsOf(profile, "warm-up").some(({ starts }) =>
        starts.some(({ fresh, pipelines }) => fresh === "process" && pipelines === "cold"),
      ),
  ],
  ["overhead", "dispatch and submit overhead", (profile) => measurementsOf(profile, "overhead").length > 0],
  ["upload", "uploads", (profile) => measurementsOf(profile, "upload").length > 0],
  ["copy", "small kernels", (profile) => isTimed(profile, "copy", "f32") || SMALL.every((family) => isTimed(profile, family))],
  ["matmul", "linear layers", (profile) => isTimed(profile, "matmul")],
  ["attention-prefill", "prefill attention", (profile) => isTimed(profile, "attention-prefill")],
  ["attention-decode", "decode attention", (profile) => isTimed(profile, "attention-decode")],
];

/** That no answer can be had from a profile, what it lacks, and why where it says so; null where it lacks nothing. */
export const noAnswerOrNull = (profile: Profile): string | null => {
  const missing = NEEDS.filter(([, , isMeasured]) => !isMeasured(profile));
  if (missing.length === 0) return null;
  const reasons = new Set(
    missing.flatMap(([job]) => profile.left_out.filter(({ id }) => id.startsWith(job)).map(({ because }) => because)),
  );
  return `No answer, since too little was measured: there is no measurement of ${list(missing.map(([, name]) => name))}${reasons.size === 0 ? "" : ` (${[...reasons].join("; ")})`}.`;
};
