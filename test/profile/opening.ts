import { type Opening, openingSchema } from "../../src/profile/opening.ts";
import { profileOf } from "../calibration/synthetic.ts";

/** What a bench of an imagined GPU knows before anything is measured. */
export const openingOf = (changes: Partial<Opening> = {}): Opening => {
  const { machine: _, native_reference: __, verifications: ___, measurements: ____, left_out: _____, ...opening } = profileOf([]);
  return openingSchema.parse({ ...opening, ...changes });
};
