import type { DeviceModel } from "../src/calibration/device-model.ts";
import type { KvCacheSize } from "../src/calibration/engine-log.ts";
import { engineModel } from "../src/calibration/engine-model.ts";
import { layerTables } from "../src/calibration/layer-tables.ts";
import type { StepOverhead } from "../src/calibration/step-curve.ts";
import { InputError } from "../src/errors.ts";
import { builtInModels } from "../src/model/built-in.ts";
import type { LanguageModel } from "../src/model/language-model.ts";
import type { Bytes } from "../src/units.ts";
import { chooseModel } from "./choose-model.ts";
import { readTables } from "./read-tables.ts";

export interface TableOptions {
  /** By default the one that the tables name. */
  readonly model?: string;
  readonly tensorParallel: number;
  readonly memory?: Bytes;
  readonly kvCache?: KvCacheSize;
  readonly overhead: StepOverhead;
}

/**
 * The scaling model of an engine from the layer tables in a folder.
 *
 * @throws InputError where a file is not there or cannot be read
 */
export const modelOfTables = (
  folder: string,
  cwd: string,
  { model: named, overhead, ...facts }: TableOptions,
): { readonly device: DeviceModel; readonly model: LanguageModel } => {
  const { files, engine, device, hash, model: name, notes } = readTables(folder, cwd, facts.tensorParallel);
  const own = name.split("/").at(-1) ?? name;
  const model = chooseModel(named ?? own, cwd);
  const theirs = builtInModels.find((builtIn) => builtIn.name === own);
  if (theirs !== undefined && (theirs.layers !== model.layers || theirs.hiddenSize !== model.hiddenSize)) {
    throw new InputError(
      `${folder}: model`,
      `expected tables of ${model.name}, got those of ${name}: a layer of another model takes another time`,
      `Leave --model out, or give ${model.name}'s own tables.`,
    );
  }
  const step = layerTables(files, model.layers, overhead);
  return {
    model,
    device: engineModel(model, { ...step, notes: [...notes, ...step.notes] }, { ...facts, dtype: "f16", engine, device, hash }),
  };
};

/** What the CPU adds to a step: as given, in microseconds; else nothing, since the engine prepares a step while the GPU computes the one before. */
export const stepOverhead = (microseconds: number | undefined): StepOverhead =>
  microseconds === undefined
    ? { seconds: 0, origin: "assumed", source: "the engine prepares a step while the GPU computes the one before" }
    : { seconds: microseconds * 1e-6, origin: "given", source: "--step-overhead" };
