import { existsSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { builtInModel } from "../src/model/built-in.ts";
import { modelFromConfigJson } from "../src/model/config-json.ts";
import type { LanguageModel } from "../src/model/language-model.ts";

/**
 * The language model that the user means: a Hugging Face config.json or the folder it lies in, else a built-in model by its name.
 *
 * A config.json is called by its folder, since a downloaded model's folder carries its name.
 *
 * @param folder where relative paths start from
 * @throws InputError where there is none, or dense one-GPU kernels do not describe it
 */
export const chooseModel = (given: string, folder: string): LanguageModel => {
  const path = [resolve(folder, given), resolve(folder, given, "config.json")].find(isFile);
  if (path === undefined) return builtInModel(given);
  const name = basename(path) === "config.json" ? basename(dirname(path)) : basename(path, ".json");
  return modelFromConfigJson(readFileSync(path, "utf8"), given, name);
};

const isFile = (path: string): boolean => existsSync(path) && statSync(path).isFile();
