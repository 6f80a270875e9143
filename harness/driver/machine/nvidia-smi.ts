import type { ClockReason, MachineSample } from "../../../src/profile/machine-state.ts";

/** What nvidia-smi says of clocks, power and heat: which of its fields a driver has, and what a line of them means. Text only. */

/** Everything of a sample but when it was taken. */
export type Readings = Omit<MachineSample, "at_s">;

/** One line: the GPU's own id, and what was read of it. */
export interface SmiLine {
  readonly uuid: string;
  readonly max_sm_mhz: number | null;
  readonly readings: Readings;
}

/**
 * Each field by the names it has had, the preferred first. Power: without `power.draw.instant`, `power.draw` is a mean over a second
 * on Ampere and later. Throttle reasons were renamed to event reasons in driver 535.
 */
const FIELDS = {
  uuid: ["uuid"],
  sm: ["clocks.sm", "clocks.current.sm"],
  maxSm: ["clocks.max.sm"],
  memoryClock: ["clocks.mem", "clocks.current.memory"],
  power: ["power.draw.instant", "power.draw"],
  temperature: ["temperature.gpu"],
  utilization: ["utilization.gpu"],
  memoryUsed: ["memory.used"],
  reasons: ["clocks_event_reasons.active", "clocks_throttle_reasons.active"],
} as const;
type Field = keyof typeof FIELDS;

/** Fields to ask for, in the order of a line's columns. */
export type SmiQuery = readonly (readonly [field: Field, name: string])[];

/**
 * The fields that this driver's nvidia-smi has; empty where it has no id for a GPU.
 *
 * @param help what `nvidia-smi --help-query-gpu` prints: every name stands there in quotes
 */
export const smiQuery = (help: string): SmiQuery => {
  const query = (Object.keys(FIELDS) as Field[]).flatMap((field) => {
    const name = FIELDS[field].find((known) => help.includes(`"${known}"`));
    return name === undefined ? [] : [[field, name] as const];
  });
  return query.some(([field]) => field === "uuid") ? query : [];
};

/** Bits of NVML's `nvmlClocksEventReason…`. */
const REASON_BITS: Readonly<Record<ClockReason, number>> = {
  "gpu-idle": 0x1,
  "applications-clocks": 0x2,
  "sw-power-cap": 0x4,
  "hw-slowdown": 0x8,
  "sync-boost": 0x10,
  "sw-thermal": 0x20,
  "hw-thermal": 0x40,
  "hw-power-brake": 0x80,
  "display-clocks": 0x100,
};

/** A mask such as `0x0000000000000004`; null for anything else, `[N/A]` most often. Bits that have no name yet are passed over. */
const reasonsOf = (text: string | undefined): ClockReason[] | null => {
  if (text === undefined || !/^0x[0-9a-f]+$/iu.test(text)) return null;
  const mask = BigInt(text);
  return (Object.keys(REASON_BITS) as ClockReason[]).filter((reason) => (mask & BigInt(REASON_BITS[reason])) !== 0n);
};

/** A number without its unit; null for `[N/A]`, `[Not Supported]` and the like. */
const numberOf = (text: string | undefined): number | null => {
  const value = text === undefined || text === "" ? Number.NaN : Number(text);
  return Number.isFinite(value) ? value : null;
};

const MIB = 2 ** 20;
const scaled = (value: number | null, factor: number): number | null => (value === null ? null : value * factor);
/** A negative power or clock is a sensor's fault. */
const amount = (text: string | undefined): number | null => {
  const value = numberOf(text);
  return value === null || value < 0 ? null : value;
};

/** A line of `--format=csv,noheader,nounits`; null where it is none: an error message, or a line that was cut off. */
export const parseSmiLine = (line: string, query: SmiQuery): SmiLine | null => {
  const columns = line.split(",").map((column) => column.trim());
  if (columns.length !== query.length) return null;
  const of = (field: Field): string | undefined => columns[query.findIndex(([name]) => name === field)];
  const uuid = of("uuid");
  if (uuid === undefined || !/^(?:GPU|MIG)-/u.test(uuid)) return null;
  const utilization = scaled(amount(of("utilization")), 0.01);
  return {
    uuid,
    max_sm_mhz: amount(of("maxSm")),
    readings: {
      sm_mhz: amount(of("sm")),
      memory_mhz: amount(of("memoryClock")),
      power_w: amount(of("power")),
      temperature_c: numberOf(of("temperature")),
      utilization: utilization === null ? null : Math.min(1, utilization),
      memory_used_bytes: scaled(amount(of("memoryUsed")), MIB),
      reasons: reasonsOf(of("reasons")),
    },
  };
};
