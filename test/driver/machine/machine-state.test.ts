import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { isAlive } from "../../../harness/driver/is-alive.ts";
import type { Verdict } from "../../../harness/driver/guard.ts";
import { machineNow } from "../../../harness/driver/machine/machine-now.ts";
import { observeMachine, type MachineObserver } from "../../../harness/driver/machine/machine-state.ts";
import type { NativeView } from "../../../harness/driver/machine/system-gpu.ts";
import type { Measurer } from "../../../harness/driver/machine/watched-device.ts";
import { machineStateSchema } from "../../../src/profile/machine-state.ts";
import { h200, nativeH200, swiftShader } from "../adapters.ts";
import { type SmiProgram, smiProgram } from "./smi-program.ts";

const until = async (isSo: () => boolean) => {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 10));
};

const gpu: Verdict = { isGpu: true, device: "NVIDIA H200", native: nativeH200, notes: [] };
const software: Verdict = { isGpu: false, device: "SwiftShader (software)", native: null, notes: [] };
const view: NativeView = { gpus: [nativeH200], processes: [] };

describe.skipIf(process.platform !== "linux")("a machine with nvidia-smi on its PATH", () => {
  const path = process.env["PATH"];
  let program: SmiProgram;
  let observer: MachineObserver | undefined;
  beforeEach(() => {
    program = smiProgram(`echo $$ > "$(dirname "$0")/pid"
case "$*" in *--loop-ms*) ;; *) POWER=74 line 0x1; exit 0;; esac
POWER=75 CLOCK=345 BUSY=0 line 0x1; sleep 0.3
while :; do line 0x4; sleep $PERIOD; done`);
    process.env["PATH"] = `${program.folder}:${path}`;
  });
  afterEach(() => {
    observer?.close();
    process.env["PATH"] = path;
    program.remove();
  });
  const pid = () => Number(readFileSync(join(program.folder, "pid"), "utf8"));
  const begin = (native: NativeView = view) => {
    const notes: string[] = [];
    observer = observeMachine({ native, platform: "linux", onNote: (text) => notes.push(text), onFailure: (text) => notes.push(text) });
    return { observer, notes };
  };
  const takes = (milliseconds: number): Measurer => ({
    run: async () => {
      await new Promise((resolve) => setTimeout(resolve, milliseconds));
      return {
        kind: "measured",
        measurement: {
          id: "clock",
          kind: "clock",
          timestamp_tick_s: null,
          performance_now_step_s: 0,
          empty_submit_s: [1],
          small_submit_s: [1],
        },
      };
    },
    runTogether: async () => ({ kind: "done" }),
  });

  it("gives the idle GPU, what was measured when, and the GPU's id", async () => {
    const { observer, notes } = begin();
    await observer.idleEnds();
    const device = observer.measuring(gpu, h200.adapter, takes(600));
    await device.run({ kind: "clock", id: "clock" }, 10);
    const state = observer.state();
    expect(machineStateSchema.parse(state)).toEqual(state);
    expect(state).toMatchObject({
      source: "nvidia-smi",
      max_sm_mhz: 1980,
      unified_memory: "no",
      idle: { power_w: 75, sm_mhz: 345, reasons: ["gpu-idle"] },
    });
    expect(state.measuring).toMatchObject({ power_w: { min: 400, median: 400, max: 400 }, reasons: { "sw-power-cap": 1 } });
    expect(observer.uuid()).toBe("GPU-5f3a");
    expect(notes).toEqual([]);
  });

  it("is left alone where a software adapter is measured: no power, no clocks, no process", async () => {
    const { observer } = begin();
    await observer.idleEnds();
    const measurer = takes(1);
    expect(observer.measuring(software, swiftShader.adapter, measurer)).toBe(measurer);
    expect(observer.state()).toMatchObject({ source: null, idle: null, measuring: null, samples: [], unified_memory: "unknown" });
    expect(observer.uuid()).toBeNull();
    await until(() => !isAlive(pid()));
  });

  it("says so where several GPUs of the kind are there", async () => {
    const { observer, notes } = begin({ ...view, gpus: [nativeH200, { ...nativeH200, uuid: "GPU-0002" }] });
    observer.measuring(gpu, h200.adapter, takes(1));
    expect(notes).toEqual([
      "This machine has 2 GPUs of this kind, and a browser does not say which one it uses: clocks and power are those of the busiest.",
    ]);
  });

  it("tells a doctor how the GPU is now", () => {
    expect(machineNow("linux", [nativeH200]).gpus).toEqual([
      {
        name: "NVIDIA H200",
        sm_mhz: 1980,
        memory_mhz: 2619,
        power_w: 74,
        temperature_c: 61,
        utilization: 0.9,
        memory_used_bytes: 2 ** 32,
        reasons: ["gpu-idle"],
      },
    ]);
  });
});

describe("a machine of which no tool tells", () => {
  it("is unknown, and its device is measured as it is", async () => {
    const observer = observeMachine({ native: { gpus: [], processes: [] }, platform: "win32", onNote: () => {}, onFailure: () => {} });
    await observer.idleEnds();
    const device: Measurer = { run: async () => ({ kind: "left-out", because: "" }), runTogether: async () => ({ kind: "done" }) };
    expect(observer.measuring({ ...gpu, native: null }, { ...h200.adapter, vendor: "intel", type: "integrated GPU" }, device)).toBe(device);
    expect(observer.state()).toMatchObject({ source: null, power_source: "unknown", thermal: "unknown", unified_memory: "yes" });
  });
});
