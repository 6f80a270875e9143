import type { Check } from "../calibration/check.ts";
import type { Profile } from "../profile/schema.ts";
import { change, duration, percent, quantity } from "../format.ts";
import { compositeName, errorSentence } from "./device-model-sentences.ts";
import { heldOutRows } from "./held-out-rows.ts";
import { block, bullets, type Cell, left, PLAIN, right, type Style, table, text, wrap } from "./layout.ts";
import { notAGpuOrNull } from "./not-a-gpu.ts";

/** Change of a machine beside which a miss of a prediction may be the machine's and not the model's. */
const NOTABLE_DRIFT = 0.03;

const driftSentence = ({ again, drift, error_without_drift }: Check): string => {
  if (drift === null) return "Whether the machine is as it was is not known: no kernel of the profile was measured again.";
  const ratios = again.map(({ then_s, now_s }) => now_s / then_s - 1);
  const range = `${change(Math.min(...ratios))} to ${change(Math.max(...ratios))}`;
  const taken = `${quantity(again.length, "kernel")} of the profile, measured again, took ${percent(Math.abs(drift - 1))} ${drift >= 1 ? "more" : "less"} time (${range})`;
  if (Math.abs(drift - 1) < NOTABLE_DRIFT) return `The machine is as it was: ${taken}.`;
  return `The machine is ${drift > 1 ? "slower" : "faster"} than it was: ${taken}. With that taken out: ${errorSentence(error_without_drift)}.`;
};

/** A profile's predictions beside what the same device does today: in a terminal. */
export const checkText = (profile: Profile, check: Check, style: Style = PLAIN): string => {
  const notAGpu = notAGpuOrNull(profile);
  const { error } = check;
  return text([
    ...(notAGpu === null ? [] : [...wrap(notAGpu).map(style.bad), ""]),
    style.strong(`Predictions of the profile of ${profile.started_at.slice(0, 10)}, on ${profile.device}, ${profile.condition} condition`),
    ...wrap(`Error: ${errorSentence(error)}.`, "  "),
    ...wrap(driftSentence(check), "  "),
    ...wrap(`Steps drawn at random with seed ${check.seed}, of sizes that the profile was neither fitted to nor checked at.`, "  "),
    ...block(
      "Steps, the furthest off first",
      error.kind === "not-checked" ? [] : table(heldOutRows.columns, heldOutRows.of(error.points), style, "    "),
      style,
    ),
    ...block(
      "Kernels measured again",
      check.again.length === 0
        ? []
        : table(
            [left("kernel"), right("profile"), right("today"), right("change")],
            check.again.map(({ id, then_s, now_s }): Cell[] => [
              compositeName(id),
              duration(then_s),
              duration(now_s),
              change(now_s / then_s - 1),
            ]),
            style,
            "    ",
          ),
      style,
    ),
    ...block("Notes", bullets(check.notes), style),
  ]);
};

/** Why a check fails a limit on its median error; null where it does not. */
export const failureOrNull = ({ error }: Check, limit: number): string | null => {
  const expected = `expected a median error of at most ${percent(limit)}`;
  if (error.kind === "not-checked") return `${expected}, and it is not known: ${error.because}`;
  return error.median_abs <= limit ? null : `${expected}, got ${percent(error.median_abs)}`;
};
