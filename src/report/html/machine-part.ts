import type { MachineState } from "../../profile/machine-state.ts";
import type { Profile } from "../../profile/schema.ts";
import { count, duration, NONE, percent, significant } from "../../format.ts";
import { machineLines } from "../machine-text.ts";
import { nativeLines } from "../native-shares.ts";
import { details, facts, html, type Html, items, table } from "./markup.ts";

const numberOr = (value: number | null): string => (value === null ? NONE : count(value));

const sampleTable = ({ samples }: MachineState): Html =>
  samples.length === 0
    ? html``
    : details(
        "The machine second by second",
        table(
          "One sample a second, and every one in which the GPU throttled",
          [
            { heading: "since the start", isNumber: true },
            { heading: "processors, MHz", isNumber: true },
            { heading: "memory, MHz", isNumber: true },
            { heading: "power, W", isNumber: true },
            { heading: "°C", isNumber: true },
            { heading: "busy", isNumber: true },
            { heading: "clocks held back by" },
            { heading: "measuring" },
          ],
          samples.map(({ at_s, sm_mhz, memory_mhz, power_w, temperature_c, utilization, reasons, during }) => [
            duration(at_s),
            numberOr(sm_mhz),
            numberOr(memory_mhz),
            power_w === null ? NONE : significant(power_w),
            numberOr(temperature_c),
            utilization === null ? NONE : percent(utilization),
            reasons === null ? NONE : reasons.join(", "),
            during ?? "",
          ]),
        ),
      );

/** The machine while it was measured, and how much of its own limits WebGPU reached where those were measured. */
export const machinePart = (profile: Profile): Html => {
  const native = nativeLines(profile);
  const notes = profile.native_reference?.notes ?? [];
  return html`<h3>The machine while it was measured</h3>
    ${facts(machineLines(profile))} ${sampleTable(profile.machine)}
    ${
      native.length === 0
        ? null
        : html`<h3>Of what the same GPU does without a browser</h3>
            ${facts(native)}`
    }
    ${notes.length === 0 ? null : items(notes)} `;
};
