import { RUN_SCHEMA } from "../fleet/run.ts";
import { canonicalJson } from "../json.ts";
import type { LanguageModel } from "../model/language-model.ts";
import type { GivenScenario } from "../scenario/parse.ts";

/** All that shapes the bytes of one run. */
export interface Shaping {
  /** With all its defaults, and the run's own seed. */
  readonly from: GivenScenario;
  readonly model: LanguageModel;
  /** Content hash of the device model. */
  readonly deviceHash: string;
  /** Content hash of each file that the scenario names, by the name it has there. */
  readonly files: Readonly<Record<string, string>>;
  /** Hash of the code that simulates. */
  readonly program: string;
}

/**
 * A text that two runs share exactly where they have the same bytes for certain: its hash is a run's address.
 *
 * A device or model is what it holds, not where it lies. Which fields the user gave is part of it, since a run says so.
 */
export const identityOf = ({ from, model, deviceHash, files, program }: Shaping): string => {
  const { device: _, model: __, ...scenario } = from.scenario;
  const given = [...from.given].filter(([path]) => !/^(?:device|seed|schema)$/u.test(path));
  return canonicalJson({ run: RUN_SCHEMA, program, scenario, given: Object.fromEntries(given), model, device: deviceHash, files });
};
