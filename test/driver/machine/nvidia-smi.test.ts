import { describe, expect, it } from "vitest";
import { parseSmiLine, smiQuery } from "../../../harness/driver/machine/nvidia-smi.ts";
import { SMI_HELP, SMI_HELP_OLD } from "./smi-program.ts";

const query = smiQuery(SMI_HELP);

describe("the fields asked for", () => {
  it("are the newer names where the driver has them", () => {
    expect(query.map(([, name]) => name).join(",")).toMatchInlineSnapshot(
      `"uuid,clocks.sm,clocks.max.sm,clocks.mem,power.draw.instant,temperature.gpu,utilization.gpu,memory.used,clocks_event_reasons.active"`,
    );
  });

  it("are the older names where only those are there", () => {
    const names = smiQuery(SMI_HELP_OLD).map(([, name]) => name);
    expect(names).toContain("clocks_throttle_reasons.active");
    expect(names).toContain("power.draw");
    expect(names).not.toContain("clocks.max.sm");
  });

  it("are none without an id to tell GPUs apart", () => {
    expect(smiQuery("")).toEqual([]);
    expect(smiQuery('"clocks.sm"')).toEqual([]);
  });
});

describe("a line", () => {
  it("gives clocks, power, heat, use, memory and reasons", () => {
    expect(parseSmiLine("GPU-5f3a, 1980, 1980, 2619, 412.31, 61, 97, 4096, 0x0000000000000044", query)).toEqual({
      uuid: "GPU-5f3a",
      max_sm_mhz: 1980,
      readings: {
        sm_mhz: 1980,
        memory_mhz: 2619,
        power_w: 412.31,
        temperature_c: 61,
        utilization: 0.97,
        memory_used_bytes: 2 ** 32,
        reasons: ["sw-power-cap", "hw-thermal"],
      },
    });
  });

  it("gives null for what the GPU does not tell, in any of the tool's words", () => {
    expect(parseSmiLine("GPU-5f3a, 1980, [N/A], 2619, [Not Supported], N/A, [Unknown Error], [N/A], [N/A]", query)?.readings).toEqual({
      sm_mhz: 1980,
      memory_mhz: 2619,
      power_w: null,
      temperature_c: null,
      utilization: null,
      memory_used_bytes: null,
      reasons: null,
    });
  });

  it("knows an empty mask from an unknown one, and passes over bits without a name", () => {
    const reasons = (mask: string) => parseSmiLine(`GPU-5f3a, 1, 1, 1, 1, 1, 1, 1, ${mask}`, query)?.readings.reasons;
    expect(reasons("0x0000000000000000")).toEqual([]);
    expect(reasons("0x8000000000000020")).toEqual(["sw-thermal"]);
  });

  it.each([
    "",
    "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.",
    "GPU-5f3a, 1980, 1980",
    "GPU-5f3a, 1980, 1980, 2619, 412.31, 61, 97, 4096, 0x0, more",
    "5, 1980, 1980, 2619, 412.31, 61, 97, 4096, 0x0",
  ])("is none: %j", (line) => {
    expect(parseSmiLine(line, query)).toBeNull();
  });
});
