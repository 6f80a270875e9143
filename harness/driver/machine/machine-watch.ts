import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { MachineSample } from "../../../src/profile/machine-state.ts";
import { duration } from "../../../src/format.ts";
import type { Seconds } from "../../../src/units.ts";
import { readAmdCard } from "./amdgpu.ts";
import { parseSmiLine, type Readings, smiQuery } from "./nvidia-smi.ts";
import { type ReadProgram, readProgram } from "./system-gpu.ts";

/** Watches GPUs while they are measured. It never throws and never ends a run: where it fails, it says so once and tells no more. */
export interface MachineWatch {
  readonly source: "nvidia-smi" | "amdgpu";
  /** Seconds since the watch began, by a clock that nobody sets. */
  now(): Seconds;
  /** Which of these GPUs worked most; null where none of them has been seen. */
  busiest(gpus: ReadonlySet<string>): string | null;
  /** That GPU's samples, in order of time. */
  samples(gpus: ReadonlySet<string>): readonly MachineSample[];
  maxSmMhz(gpu: string): number | null;
  /** Resolves when the first sample is there, or after `limit`. */
  ready(limit: Seconds): Promise<void>;
  close(): void;
}

/** Between samples: an nvidia-smi query costs some milliseconds of one core, and the driver's own sensors move no faster. */
const PERIOD_MS = 200;

/** Samples by GPU; shared by all sources. */
const record = () => {
  const started = performance.now();
  const now = (): Seconds => (performance.now() - started) / 1000;
  const byGpu = new Map<string, MachineSample[]>();
  const waiting: (() => void)[] = [];
  const work = (gpu: string): number =>
    (byGpu.get(gpu) ?? []).reduce((sum, { utilization, power_w }) => sum + (utilization ?? 0) + (power_w ?? 0) * 1e-6, 0);
  const busiest = (gpus: ReadonlySet<string>): string | null =>
    [...byGpu.keys()].filter((gpu) => gpus.has(gpu)).sort((a, b) => work(b) - work(a))[0] ?? null;
  return {
    now,
    busiest,
    samples: (gpus: ReadonlySet<string>): readonly MachineSample[] => byGpu.get(busiest(gpus) ?? "") ?? [],
    push: (gpu: string, readings: Readings) => {
      const sample = { at_s: now(), ...readings };
      const samples = byGpu.get(gpu);
      if (samples === undefined) byGpu.set(gpu, [sample]);
      else samples.push(sample);
      for (const tell of waiting.splice(0)) tell();
    },
    ready: async (limit: Seconds) => {
      if (byGpu.size > 0) return;
      await new Promise<void>((resolve) => {
        const late = setTimeout(resolve, limit * 1000);
        waiting.push(() => {
          clearTimeout(late);
          resolve();
        });
      });
    },
  };
};

export interface WatchOptions {
  /** Told once where the tool ends or does not start by itself, in a sentence. */
  readonly onFailure: (because: string) => void;
  readonly program?: string;
  readonly read?: ReadProgram;
}

/**
 * Watches every NVIDIA GPU through one nvidia-smi that runs until `close`. It ends with this process too: it writes into a pipe that
 * nobody holds any more, and is ended where this process exits in order.
 *
 * @returns null where there is no nvidia-smi, or one that has no ids for GPUs
 */
export const watchNvidia = ({ onFailure, program = "nvidia-smi", read = readProgram }: WatchOptions): MachineWatch | null => {
  const query = smiQuery(read(program, ["--help-query-gpu"]) ?? "");
  if (query.length === 0) return null;
  const { push, ...recorded } = record();
  const maxSm = new Map<string, number | null>();
  let lastWords = "";
  let hasEnded = false;
  const child = spawn(
    program,
    [`--query-gpu=${query.map(([, name]) => name).join(",")}`, "--format=csv,noheader,nounits", `--loop-ms=${PERIOD_MS}`],
    // In a group of its own, so that a Ctrl-C in the terminal is not its end before it is ours.
    { stdio: ["ignore", "pipe", "pipe"], windowsHide: true, detached: process.platform !== "win32" },
  );
  const end = () => {
    hasEnded = true;
    process.off("exit", end);
    child.kill("SIGKILL");
  };
  const failed = (because: string) => {
    if (hasEnded) return;
    end();
    onFailure(
      `${program} ${because}${lastWords === "" ? "" : ` (${lastWords})`}: from then on, clocks, power and throttling are not known`,
    );
  };
  process.once("exit", end);
  child.once("error", (error) => failed(`did not start: ${error.message}`));
  child.once("close", (code, signal) => failed(`ended ${duration(recorded.now())} after it was started, with ${signal ?? `code ${code}`}`));
  createInterface({ input: child.stderr }).on("line", (line) => (lastWords = line.trim() || lastWords));
  createInterface({ input: child.stdout }).on("line", (line) => {
    const parsed = parseSmiLine(line, query);
    if (parsed === null) {
      lastWords = line.trim() || lastWords; // nvidia-smi writes its errors to its output
      return;
    }
    maxSm.set(parsed.uuid, parsed.max_sm_mhz);
    push(parsed.uuid, parsed.readings);
  });
  return { source: "nvidia-smi", ...recorded, maxSmMhz: (gpu) => maxSm.get(gpu) ?? null, close: end };
};

/** Watches AMD's cards through sysfs. @param cards their device folders; at least one */
export const watchAmd = (cards: readonly string[]): MachineWatch => {
  const { push, ...recorded } = record();
  const look = () => {
    for (const card of cards) push(card, readAmdCard(card));
  };
  look();
  const timer = setInterval(look, PERIOD_MS).unref();
  return { source: "amdgpu", ...recorded, maxSmMhz: () => null, close: () => clearInterval(timer) };
};
