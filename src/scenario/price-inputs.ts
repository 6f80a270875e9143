import { plain } from "../format.ts";
import type { Input } from "../provenance.ts";
import { originOf } from "./origin.ts";
import type { GivenScenario } from "./parse.ts";
import type { Prices } from "./prices.ts";

/** The prices as inputs of an answer; nothing where there are none. */
export const priceInputs = (from: GivenScenario): Input[] => {
  const { prices } = from.scenario;
  if (prices === undefined) return [];
  const row = (name: string, value: number, key: keyof Prices): Input => ({
    name,
    value: `${plain(value)} ${prices.currency} a GPU-hour`,
    ...originOf(from, `prices.${key}`),
  });
  return [
    row("price, reserved", prices.reserved_per_gpu_hour, "reserved_per_gpu_hour"),
    row("price, on demand", prices.on_demand_per_gpu_hour, "on_demand_per_gpu_hour"),
  ];
};
