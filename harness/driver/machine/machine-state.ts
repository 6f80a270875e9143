import { gpuRecord } from "../../../src/profile/machine-record.ts";
import type { MachineState } from "../../../src/profile/machine-state.ts";
import type { Adapter } from "../../../src/profile/schema.ts";
import { isSoftware } from "../../../src/profile/software-adapter.ts";
import type { Seconds } from "../../../src/units.ts";
import { amdCards } from "./amdgpu.ts";
import type { Verdict } from "../guard.ts";
import { type MachineWatch, watchAmd, watchNvidia } from "./machine-watch.ts";
import { overRun, systemState } from "./power-source.ts";
import type { NativeView } from "./system-gpu.ts";
import { type Measurer, watchedDevice, type WatchedDevice } from "./watched-device.ts";

/** How long to wait for an idle GPU's first sample before the browser is started. */
const FIRST_SAMPLE_LIMIT: Seconds = 2;

/** The machine's state from before the browser is started until everything is measured. */
export interface MachineObserver {
  /** From here on nothing is idle: to be called right before the browser is started. */
  idleEnds(): Promise<void>;
  /** The same device, its measurements knowing the state of the machine where the measured GPU is one that a tool tells of. */
  measuring(verdict: Verdict, adapter: Adapter, device: Measurer): Measurer;
  /** What goes into the profile. */
  state(): MachineState;
  /** The measured GPU by nvidia-smi's id; null where it is none of NVIDIA's, or nothing tells. */
  uuid(): string | null;
  close(): void;
}

const unifiedMemory = (adapter: Adapter): MachineState["unified_memory"] => {
  if (isSoftware(adapter)) return "unknown";
  if (adapter.vendor === "apple" || adapter.type === "integrated GPU") return "yes";
  return adapter.type === "discrete GPU" ? "no" : "unknown";
};

/** What the observer needs to know of this machine. */
export interface ObserverOptions {
  readonly native: NativeView;
  readonly platform: NodeJS.Platform;
  /** What a reader of the profile should know: waits, throttled measurements. Told in between and at the end of measurements. */
  readonly onNote: (text: string) => void;
  /** The tool has failed. Told at any time. */
  readonly onFailure: (text: string) => void;
  readonly signal?: AbortSignal;
}

/** Begins to observe the machine: its GPUs by their tool, its power and heat by the system's files. */
export const observeMachine = ({ native, platform, onNote, onFailure, signal }: ObserverOptions): MachineObserver => {
  const atStart = systemState(platform);
  const isNvidia = native.gpus.some(({ tool }) => tool === "nvidia-smi");
  const cards = platform === "linux" && !isNvidia ? amdCards() : [];
  let watch: MachineWatch | null = null;
  if (isNvidia) watch = watchNvidia({ onFailure: (because) => onFailure(`${because}.`) });
  else if (cards.length > 0) watch = watchAmd(cards);
  let idleUntil: Seconds = 0;
  let unified: MachineState["unified_memory"] = "unknown";
  /** The measured GPU, or those of its kind. */
  let among: ReadonlySet<string> = new Set();
  let watched: WatchedDevice | null = null;

  return {
    idleEnds: async () => {
      await watch?.ready(FIRST_SAMPLE_LIMIT);
      idleUntil = watch?.now() ?? 0;
    },
    measuring: (verdict, adapter, device) => {
      unified = unifiedMemory(adapter);
      if (watch === null || !verdict.isGpu) {
        watch?.close();
        return device;
      }
      const { now, samples, source } = watch;
      const alike = native.gpus.filter(({ tool, name }) => tool === verdict.native?.tool && name === verdict.native.name);
      if (source === "nvidia-smi") among = new Set(alike.flatMap(({ uuid }) => (uuid === null ? [] : [uuid])));
      else if (adapter.vendor === "amd") among = new Set(cards);
      if (among.size === 0) {
        watch.close();
        return device;
      }
      if (among.size > 1) {
        onNote(
          `This machine has ${among.size} GPUs of this kind, and a browser does not say which one it uses: clocks and power are those of the busiest.`,
        );
      }
      watched = watchedDevice(device, { now, samples: () => samples(among) }, { onNote, signal });
      return watched;
    },
    state: () => {
      const gpu = watch?.busiest(among) ?? null;
      return {
        source: gpu === null ? null : (watch?.source ?? null),
        ...overRun(atStart, systemState(platform)),
        unified_memory: unified,
        max_sm_mhz: gpu === null ? null : (watch?.maxSmMhz(gpu) ?? null),
        ...gpuRecord(watch?.samples(among) ?? [], watched?.ran ?? [], idleUntil),
      };
    },
    uuid: () => (watch?.source === "nvidia-smi" ? watch.busiest(among) : null),
    close: () => watch?.close(),
  };
};
