import { mean } from "simple-statistics";
import { z } from "zod";
import { InputError } from "../../errors.ts";
import { schemaError } from "../../json.ts";
import type { ReadAnchor } from "./point.ts";

const TEST = "host_to_device_memcpy_ce";
const NEXT_STEP = `Run nvbandwidth -t ${TEST}, with or without -j, and give its output.`;
const GB = 1e9;

const outputSchema = z.looseObject({
  nvbandwidth: z.looseObject({
    testcases: z.array(
      z.looseObject({
        name: z.string(),
        status: z.string().optional(),
        bandwidth_matrix: z.array(z.array(z.union([z.string(), z.number()]))).optional(),
      }),
    ),
  }),
});

/** nvbandwidth's JSON: the mean over GPUs of copies from host to device. Cells are texts, "N/A" where nothing was measured. */
export const readNvbandwidthJson = (value: unknown, place: string): ReadAnchor => {
  const parsed = outputSchema.safeParse(value);
  if (!parsed.success) throw schemaError(parsed.error, value, place, NEXT_STEP);
  const test = parsed.data.nvbandwidth.testcases.find(({ name }) => name === TEST);
  return bandwidthOf((test?.bandwidth_matrix ?? []).flat().map(Number), place);
};

/** Whether a text is nvbandwidth's. */
export const isNvbandwidthText = (text: string): boolean => text.includes("memcpy CE CPU(row) -> GPU(column)");

/** nvbandwidth's text: under the title a line of GPU numbers, then a line that begins with its row's number. */
export const readNvbandwidthText = (text: string, place: string): ReadAnchor => {
  const lines = text.split(/\r?\n/u);
  const title = lines.findIndex((line) => isNvbandwidthText(line));
  const cells = (lines[title + 2] ?? "").trim().split(/\s+/u).slice(1);
  return bandwidthOf(cells.map(Number), place);
};

const bandwidthOf = (cells: readonly number[], place: string): ReadAnchor => {
  const measured = cells.filter((cell) => Number.isFinite(cell) && cell > 0);
  if (measured.length === 0) throw new InputError(place, `expected GB/s of ${TEST}, found none`, NEXT_STEP);
  return {
    points: [{ curve: "load", engine: "nvbandwidth", source: `${place}: ${TEST}`, bandwidth: mean(measured) * GB }],
    notes: [`${place}: the link's speed with pinned memory, which an engine that reads weights from files does not reach.`],
  };
};
