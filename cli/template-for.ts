import { calibrate } from "../src/calibration/calibrate.ts";
import { largestBuiltInThatFits } from "../src/calibration/kv-blocks.ts";
import { InputError } from "../src/errors.ts";
import { builtInModel, builtInModels } from "../src/model/built-in.ts";
import { chatLengths, chatShare } from "../src/plan/default-chat.ts";
import type { LanguageModel } from "../src/model/language-model.ts";
import type { Profile } from "../src/profile/schema.ts";
import { replicaSchema } from "../src/replica/settings.ts";
import { chooseModel } from "./choose-model.ts";
import { chooseFitted } from "./choose-profile.ts";
import type { Io } from "./io.ts";
import type { TemplateFor } from "./scenario-template.ts";

const USUAL = builtInModel("Llama-3.1-8B");

/** The template where nothing is known of the device, or where it holds the usual model. */
export const USUAL_TEMPLATE: TemplateFor = { model: USUAL.name, because: null, ...chatLengths(USUAL.contextLength, 1) };

/**
 * The template of a scenario that the newest run can answer: of the usual model, or of the largest built-in one that fits where that does not.
 *
 * @param given the model that it is for, whatever any run holds
 * @throws InputError where there is no such model
 */
export const templateFor = (io: Io, given?: string): TemplateFor => {
  if (given !== undefined) return { model: given, because: null, ...chatLengths(chooseModel(given, io.cwd).contextLength, 1) };
  const measured = measuredOrNull(io);
  if (measured === null) return USUAL_TEMPLATE;
  const { profile, largest } = measured;
  if (builtInModels.indexOf(largest) >= builtInModels.indexOf(USUAL)) return USUAL_TEMPLATE;
  const share = chatShare(profile.is_gpu);
  const lengths = share === 1 ? "" : `; lengths are a chat's times 1/${1 / share}`;
  const because = profile.is_gpu
    ? `${profile.device}, the newest run, does not hold ${USUAL.name}: the largest built-in model that it holds`
    : `${profile.device}, the newest run, is not a GPU: the smallest built-in model`;
  return { model: largest.name, because: `${because}${lengths}`, ...chatLengths(largest.contextLength, share) };
};

/** Null where there is no run that says. */
const measuredOrNull = (io: Io): { readonly profile: Profile; readonly largest: LanguageModel } | null => {
  try {
    const { profile, fitted } = chooseFitted({ ...io, err: () => {} }, undefined, (run) => {
      const largest = largestBuiltInThatFits(run, replicaSchema.parse({}));
      calibrate(run, largest, { profileHash: "" });
      return largest;
    });
    return { profile, largest: fitted };
  } catch (error) {
    if (error instanceof InputError) return null;
    throw error;
  }
};
