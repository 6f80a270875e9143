import { describe, expect, it } from "vitest";
import type { MachineState } from "../../src/profile/machine-state.ts";
import type { Profile } from "../../src/profile/schema.ts";
import { UNKNOWN_MACHINE } from "../../src/profile/machine-state.ts";
import { PLAIN } from "../../src/report/layout.ts";
import { machineBlocks, machineLines, machineNowLines } from "../../src/report/machine-text.ts";
import { machinePart } from "../../src/report/html/machine-part.ts";
import { gpuProfile } from "./samples.ts";

const range = (min: number, median: number, max: number) => ({ min, median, max });

const machine: MachineState = {
  ...UNKNOWN_MACHINE,
  source: "nvidia-smi",
  power_source: "battery",
  battery_charge: 0.83,
  thermal: "nominal",
  unified_memory: "no",
  max_sm_mhz: 1980,
  idle: {
    at_s: 0.1,
    sm_mhz: 345,
    memory_mhz: 405,
    power_w: 78,
    temperature_c: 33,
    utilization: 0,
    memory_used_bytes: 0,
    reasons: ["gpu-idle"],
  },
  measuring: {
    samples: 400,
    sm_mhz: range(1410, 1755, 1980),
    memory_mhz: range(2619, 2619, 2619),
    power_w: range(121, 512.4, 699),
    temperature_c: range(35, 58, 67),
    memory_used_bytes: range(1e9, 2e9, 9.4e9),
    reasons: { "gpu-idle": 0.4, "sw-power-cap": 0.21, "hw-thermal": 0.012 },
  },
  samples: [
    {
      at_s: 3.2,
      sm_mhz: 1200,
      memory_mhz: null,
      power_w: 512.4,
      temperature_c: 88,
      utilization: 0.97,
      memory_used_bytes: null,
      reasons: ["hw-thermal"],
      during: "matmul/a <m=1>",
    },
  ],
};

/** A profile in which two measurements lost samples. */
const throttled = (state: MachineState): Profile => {
  const profile = gpuProfile({ machine: state });
  let left = 2;
  return {
    ...profile,
    measurements: profile.measurements.map((measurement) =>
      measurement.kind === "kernel" && left-- > 0 ? { ...measurement, timing: { ...measurement.timing, throttled: 3 } } : measurement,
    ),
  };
};

describe("the machine while it was measured", () => {
  it("is clocks, power, heat, throttling, memory and what it ran on", () => {
    expect(machineBlocks(throttled(machine), PLAIN).join("\n")).toMatchInlineSnapshot(`
      "
        The machine while it was measured
          clock           1,755 MHz   of the processors, median while measuring, 1,410 to 1,980; memory 2,619 MHz;
                                      the highest is 1,980 MHz
          power               512 W   median while measuring, 121 to 699; 78 W idle, before the browser was started
          temperature         58 °C   median while measuring, 35 to 67; 33 °C before
          throttled       6 samples   of 783, dropped for heat (software), heat (hardware) and power brake; clocks
                                      held back by its power limit 21 % of the time and heat (hardware) 1.2 % of the
                                      time
          GPU memory        9.40 GB   the most in use while measuring, by all programs together
          runs on           battery   battery at 83 %; thermal state: nominal; memory shared by CPU and GPU: no"
    `);
  });

  it("says nothing of a GPU that no tool told of, and that the rest is unknown", () => {
    expect(machineLines(gpuProfile())).toEqual([["runs on", "unknown", "thermal state: unknown; memory shared by CPU and GPU: unknown"]]);
  });

  it("does not claim that nothing throttled where the tool cannot tell", () => {
    const amd = { ...machine, source: "amdgpu" as const };
    const line = machineLines(gpuProfile({ machine: amd })).find(([name]) => name === "throttled");
    expect(line).toEqual(["throttled", "–", "the tool does not say when the GPU throttles, so nothing was discarded"]);
  });

  it("has every sample in a table on the page, its text escaped", () => {
    const { html } = machinePart(throttled(machine));
    expect(html).toContain("hw-thermal");
    expect(html).toContain("matmul/a &lt;m=1&gt;");
    expect(machinePart(gpuProfile()).html).not.toContain("<table");
  });
});

it("tells how the machine is now", () => {
  const { power_source, battery_charge, thermal, idle } = machine;
  const gpus = idle === null ? [] : [{ name: "Example GPU", ...idle }];
  expect(machineNowLines({ power_source, battery_charge, thermal, gpus })).toEqual([
    "Power source: battery, battery at 83 %; thermal state: nominal",
    "  Example GPU now: 345 MHz, 78.0 W, 33 °C, 0 B in use, clocks held back by idleness",
  ]);
});
