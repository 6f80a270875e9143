import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { amdCards, readAmdCard } from "../../../harness/driver/machine/amdgpu.ts";
import { linuxState, macState, overRun, systemState, type SystemState } from "../../../harness/driver/machine/power-source.ts";
import { freshFolder } from "../../cli/folder.ts";

const folder = freshFolder();
const write = (files: Readonly<Record<string, string>>) => {
  for (const [name, text] of Object.entries(files)) {
    const path = join(folder.path, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, `${text}\n`);
  }
};
const BATTERY = "class/power_supply/BAT0";
const MAINS = "class/power_supply/AC";
const THROTTLES = "devices/system/cpu/cpu0/thermal_throttle/package_throttle_count";

describe("Linux's power supplies", () => {
  it("tell a laptop on its battery", () => {
    write({
      [`${MAINS}/type`]: "Mains",
      [`${MAINS}/online`]: "0",
      [`${BATTERY}/type`]: "Battery",
      [`${BATTERY}/status`]: "Discharging",
      [`${BATTERY}/capacity`]: "83",
    });
    expect(linuxState(folder.path)).toMatchObject({ powerSource: "battery", batteryCharge: 0.83 });
  });

  it("tell one that is plugged in", () => {
    write({
      [`${MAINS}/type`]: "Mains",
      [`${MAINS}/online`]: "1",
      [`${BATTERY}/type`]: "Battery",
      [`${BATTERY}/status`]: "Full",
      [`${BATTERY}/capacity`]: "100",
      [THROTTLES]: "12",
    });
    expect(linuxState(folder.path)).toEqual({ powerSource: "mains", batteryCharge: 1, thermal: "unknown", throttleCount: 12 });
  });

  it("do not take a mouse's battery for the machine's", () => {
    write({
      "class/power_supply/hid/type": "Battery",
      "class/power_supply/hid/scope": "Device",
      "class/power_supply/hid/status": "Discharging",
      "class/power_supply/hid/capacity": "40",
    });
    expect(linuxState(folder.path)).toMatchObject({ powerSource: "unknown", batteryCharge: null });
  });

  it("are none on a server", () => {
    expect(linuxState(folder.path)).toEqual({ powerSource: "unknown", batteryCharge: null, thermal: "unknown", throttleCount: null });
  });
});

describe("macOS's pmset", () => {
  const answers = (batt: string | null, therm: string | null) =>
    macState((program, args) => (program !== "pmset" ? null : args[1] === "batt" ? batt : therm));

  it("tells battery, charge and a cool machine", () => {
    const battery = `Now drawing from 'Battery Power'\n -InternalBattery-0 (id=123)\t67%; discharging; 4:12 remaining present: true\n`;
    const heat = "Note: No thermal warning level has been recorded\nNote: No performance warning level has been recorded\n";
    expect(answers(battery, heat)).toEqual({ powerSource: "battery", batteryCharge: 0.67, thermal: "nominal", throttleCount: null });
  });

  it("tells a processor that is held back", () => {
    const heat = "CPU_Scheduler_Limit \t= 100\nCPU_Available_CPUs \t= 8\nCPU_Speed_Limit \t= 62\n";
    expect(answers("Now drawing from 'AC Power'\n", heat)).toMatchObject({
      powerSource: "mains",
      batteryCharge: null,
      thermal: "throttled",
    });
  });

  it("is unknown where it fails", () => {
    expect(answers(null, null)).toEqual({ powerSource: "unknown", batteryCharge: null, thermal: "unknown", throttleCount: null });
  });
});

it("is unknown on a system that nothing is known of", () => {
  expect(systemState("win32")).toMatchObject({ powerSource: "unknown", thermal: "unknown" });
});

describe("over a run", () => {
  const state = (changes: Partial<SystemState>): SystemState => ({
    powerSource: "mains",
    batteryCharge: 1,
    thermal: "unknown",
    throttleCount: null,
    ...changes,
  });

  it("a battery at either end counts", () => {
    expect(overRun(state({}), state({ powerSource: "battery", batteryCharge: 0.9 }))).toMatchObject({
      power_source: "battery",
      battery_charge: 1,
    });
    expect(overRun(state({ powerSource: "battery" }), state({}))).toMatchObject({ power_source: "battery" });
  });

  it.each([
    [{ throttleCount: 4 }, { throttleCount: 4 }, "nominal"],
    [{ throttleCount: 4 }, { throttleCount: 5 }, "throttled"],
    [{ thermal: "nominal" }, { thermal: "throttled" }, "throttled"],
    [{ thermal: "nominal" }, { thermal: "nominal" }, "nominal"],
    [{}, {}, "unknown"],
  ] as const)("heat from %j to %j is %s", (start, end, thermal) => {
    expect(overRun(state(start), state(end)).thermal).toBe(thermal);
  });
});

describe("Linux's amdgpu", () => {
  it("gives clocks, power, heat, use and memory, and no reasons", () => {
    write({
      "card0/device/vendor": "0x8086",
      "card1/device/vendor": "0x1002",
      "card1-DP-1/status": "connected",
      "card1/device/gpu_busy_percent": "97",
      "card1/device/mem_info_vram_used": "1073741824",
      "card1/device/hwmon/hwmon3/freq1_input": "2100000000",
      "card1/device/hwmon/hwmon3/freq2_input": "1300000000",
      "card1/device/hwmon/hwmon3/power1_average": "305000000",
      "card1/device/hwmon/hwmon3/temp1_input": "71000",
    });
    const [card, ...others] = amdCards(folder.path);
    expect(others).toEqual([]);
    expect(readAmdCard(card ?? "")).toEqual({
      sm_mhz: 2100,
      memory_mhz: 1300,
      power_w: 305,
      temperature_c: 71,
      utilization: 0.97,
      memory_used_bytes: 2 ** 30,
      reasons: null,
    });
  });

  it("has null for what a card does not tell", () => {
    write({ "card0/device/vendor": "0x1002" });
    expect(Object.values(readAmdCard(amdCards(folder.path)[0] ?? ""))).toEqual([null, null, null, null, null, null, null]);
    expect(amdCards(join(folder.path, "nowhere"))).toEqual([]);
  });
});
