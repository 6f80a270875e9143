import { readFileSync } from "node:fs";
import { dawnProgram } from "../../cli/project.ts";
import { findDawnOrNull } from "../../harness/dawn/dawn-package.ts";
import { dawnRuntime } from "../../harness/dawn/runtime.ts";
import type { Runtime } from "../../harness/driver/runtime.ts";
import { processesWith } from "../driver/the-browser.ts";

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

const parentOf = (pid: number): number | null => {
  try {
    return Number(/\) \S (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, "utf8"))?.[1]);
  } catch {
    return null; // it ended while we looked
  }
};

/** Processes that hold Dawn for process `parent`; beside the first there may be one of a cold start (Linux). */
export const dawnProcesses = (parent: number): number[] =>
  processesWith(dawnProgram)
    .filter((pid) => parentOf(pid) === parent)
    .sort((a, b) => a - b);
