import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { basename, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { InputError } from "../src/errors.ts";
import { readManifests, type Choice, type Manifests } from "../src/manifests/read.ts";
import type { PolicyData } from "../src/scenario/policy.ts";
import type { Written } from "./choose-device.ts";

/**
 * Reads a file of Kubernetes manifests.
 *
 * @throws InputError where it is not there, or breaks a rule, or which of several objects is meant is not to be told
 */
export const readManifestsOf = ({ text, folder }: Written, choice: Choice): { readonly manifests: Manifests; readonly place: string } => {
  const path = resolve(folder, text);
  if (!existsSync(path)) throw new InputError(text, "is not there", "Print what the cluster has: kubectl get deployment,hpa -o yaml");
  return { manifests: readManifests(readFileSync(path, "utf8"), text, choice), place: text };
};

/**
 * Reads in an autoscaler that the user has written: a JavaScript module.
 *
 * @param place where its path stands, for messages
 * @param query part of its address: with another one the same file is loaded anew, and knows nothing of earlier runs
 * @throws InputError where it is not there, or cannot be loaded
 */
export const readPolicyModule = async (
  { text, folder }: Written,
  place: string,
  query = "",
): Promise<NonNullable<PolicyData["module"]>> => {
  const path = resolve(folder, text);
  if (!existsSync(path)) throw new InputError(place, `${text} is not there`, "Give the path of a module, from the scenario's folder.");
  const sha256 = createHash("sha256").update(readFileSync(path)).digest("hex");
  try {
    return { name: basename(path), sha256, exports: await import(`${pathToFileURL(path).href}${query}`) };
  } catch (error) {
    throw new InputError(place, `${text} cannot be loaded: ${error instanceof Error ? error.message : String(error)}`, "Mend the module.");
  }
};
