import { readFileSync } from "node:fs";
import { dawnProgram } from "../../cli/project.ts";
import { findDawnOrNull } from "../../harness/dawn/dawn-package.ts";
import { dawnRuntime } from "../../harness/dawn/runtime.ts";
import type { Runtime } from "../../harness/driver/runtime.ts";
import { processesWith } from "../driver/browser.ts";

/** Dawn in Node on the software adapter of this machine. */
export const softwareDawn = (program = dawnProgram): Runtime =>
  dawnRuntime({ program, condition: "web", platform: process.platform, env: process.env });

/** Why Dawn cannot compute on this machine's CPU; null where it can. */
export const whyNoDawn = async (): Promise<string | null> => {
  if (findDawnOrNull() === null) return "the npm package webgpu is not installed";
  try {
    await softwareDawn().line("software", null);
    return null;
  } catch (error) {
    return (error as Error).message;
  }
};

const parentOf = (pid: number): number => Number(/\) \S (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, "utf8"))?.[1]);

/** The process that holds Dawn for process `parent`: the first of them, where cold starts are measured beside it (Linux). */
export const dawnProcess = (parent: number): number => {
  const [first] = processesWith(dawnProgram)
    .filter((pid) => parentOf(pid) === parent)
    .sort((a, b) => a - b);
  if (first === undefined) throw new Error(`process ${parent} has no Dawn process`);
  return first;
};
