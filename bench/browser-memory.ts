import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import type { Bytes } from "../src/units.ts";

/** Which of a browser's processes: the page's own, the one that talks to the GPU, and all others together. */
export type ProcessRole = "renderer" | "gpu-process";

const KIB: Bytes = 1024;

const lines = (text: string): string[] => text.split("\n").filter((line) => line.trim() !== "");

const processTable = (): { readonly pid: number; readonly parent: number; readonly command: string }[] => {
  if (existsSync("/proc/self/stat")) {
    return readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .flatMap((name) => {
        try {
          const status = readFileSync(`/proc/${name}/status`, "utf8");
          const command = readFileSync(`/proc/${name}/cmdline`, "utf8").replaceAll("\0", " ");
          return [{ pid: Number(name), parent: Number(/^PPid:\s+(\d+)/m.exec(status)?.[1]), command }];
        } catch {
          return []; // it ended while we looked
        }
      });
  }
  return lines(execFileSync("ps", ["-axo", "pid=,ppid=,command="], { encoding: "utf8" })).map((line) => {
    const [, pid, parent, command = ""] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
    return { pid: Number(pid), parent: Number(parent), command };
  });
};

/** Processes of a browser by what they are for; those that have none of the roles are left out. */
export const browserProcesses = (browser: number): { readonly pid: number; readonly role: ProcessRole }[] => {
  const table = processTable();
  const own = new Set([browser]);
  // Parents may come after their children in the table.
  for (let before = 0; before < own.size;) {
    before = own.size;
    for (const { pid, parent } of table) if (own.has(parent)) own.add(pid);
  }
  return table.flatMap(({ pid, command }) => {
    const role = /--type=(renderer|gpu-process)/.exec(command)?.[1] as ProcessRole | undefined;
    return own.has(pid) && role !== undefined ? [{ pid, role }] : [];
  });
};

/** Resident memory of a process: the most since it began or since `forgetPeak` (Linux), or now (elsewhere). */
const residentBytes = (pid: number): Bytes => {
  if (existsSync("/proc/self/status")) {
    return Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) * KIB;
  }
  return Number(execFileSync("ps", ["-o", "rss=", "-p", String(pid)], { encoding: "utf8" })) * KIB;
};

/** Makes the peak begin again from what is resident now (Linux; elsewhere there is no peak to forget). */
export const forgetPeak = (browser: number): void => {
  for (const { pid } of browserProcesses(browser)) {
    const file = `/proc/${pid}/clear_refs`;
    if (existsSync(file)) writeFileSync(file, "5");
  }
};

/** Peak resident memory of the largest process of each role. */
export const peakMemory = (browser: number): Readonly<Record<ProcessRole, Bytes>> => {
  const peak = { renderer: 0, "gpu-process": 0 };
  for (const { pid, role } of browserProcesses(browser)) peak[role] = Math.max(peak[role], residentBytes(pid));
  return peak;
};
