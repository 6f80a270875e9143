import { InputError } from "../errors.ts";
import type { LanguageModel } from "../model/language-model.ts";
import type { Profile } from "../profile/schema.ts";
import { summarize, type DeviceSummary } from "./summary.ts";

/** This device beside kept ones. */
export interface Comparison {
  /** The language model whose step the speeds speak of. */
  readonly model: string;
  /** What a reader must know before the numbers: conditions or runtimes differ, software adapters among them. */
  readonly caveats: readonly string[];
  /** This device first, then the others as they were given. */
  readonly rows: readonly DeviceSummary[];
  /** Profiles that lack something a row needs, and what. */
  readonly leftOut: readonly { readonly device: string; readonly because: string }[];
}

/**
 * One row for this device and one for each other profile, all composed for the same language model.
 *
 * @throws InputError where this device's own profile lacks a measurement; the others are then left out by name
 */
export const compareDevices = (profile: Profile, others: readonly Profile[], model: LanguageModel): Comparison => {
  const rows = [summarize(profile, model)];
  const leftOut: { device: string; because: string }[] = [];
  for (const other of others) {
    try {
      rows.push(summarize(other, model));
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      leftOut.push({ device: other.device, because: error.problem });
    }
  }
  return { model: model.name, caveats: caveatsOf(rows), rows, leftOut };
};

const caveatsOf = (rows: readonly DeviceSummary[]): string[] => {
  const [own, ...others] = rows;
  if (own === undefined) return [];
  const caveats: string[] = [];
  if (others.some(({ condition }) => condition !== own.condition)) {
    caveats.push(
      `Conditions differ: this device was measured ${own.condition}, others otherwise. Their times are not of the same browser settings.`,
    );
  }
  if (others.some(({ runtime }) => runtime !== own.runtime)) {
    caveats.push(`Runtimes differ: this device was measured in ${own.runtime}, others otherwise.`);
  }
  if (others.some(({ dtype }) => dtype !== own.dtype)) {
    caveats.push(`Element types differ: this device computes in ${own.dtype}, others otherwise.`);
  }
  if (rows.some(({ isGpu }) => !isGpu) && rows.some(({ isGpu }) => isGpu)) {
    caveats.push("Software adapters are among the rows: they say nothing of any GPU.");
  }
  return caveats;
};
