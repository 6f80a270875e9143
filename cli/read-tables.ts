import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { createHash } from "node:crypto";
import { CsvError, parse } from "csv-parse/sync";
import { parse as parseYaml } from "yaml";
import { z } from "zod";
import type { LayerTableFiles } from "../src/calibration/layer-tables.ts";
import type { TableLine } from "../src/calibration/table-line.ts";
import { skewTable } from "../src/calibration/skew-table.ts";
import { InputError } from "../src/errors.ts";
import { schemaError } from "../src/json.ts";

const NEXT_STEP = "A folder of layer tables holds meta.yaml and, in it or in tp1, tp2 …, dense.csv, per_sequence.csv and attention.csv.";

const axes = { bins: z.array(z.number()).min(2), labels: z.array(z.string()).min(1) };
const skewAxesSchema = z.looseObject({
  n_bins: axes.bins,
  n_labels: axes.labels,
  skew_rate_bins: axes.bins,
  skew_rate_labels: axes.labels,
  kv_big_bins: axes.bins,
  kv_big_labels: axes.labels,
  kp_bins: axes.bins,
  kp_labels: axes.labels,
});
const metaSchema = z.looseObject({
  vllm_version: z.string(),
  gpu: z.string(),
  model: z.string(),
  variant: z.string().default(""),
  engine_effective: z.looseObject({ enforce_eager: z.boolean().optional() }).optional(),
  skew_fit: z
    .looseObject({
      bucket_axes: skewAxesSchema.optional(),
      per_tp: z.record(z.string(), z.looseObject({ alpha_default: z.number() })).optional(),
    })
    .optional(),
});

/** Layer tables with what their profile says of itself. */
export interface ReadTables {
  readonly files: LayerTableFiles;
  readonly engine: string;
  readonly device: string;
  readonly model: string;
  readonly hash: string;
  readonly notes: readonly string[];
}

/**
 * Layer tables from their folder: `tp<N>/` below it where there is one, else the folder itself, which then is that of one GPU.
 *
 * @param given as the user wrote it
 * @throws InputError where a file is not there or cannot be read
 */
export const readTables = (given: string, cwd: string, tensorParallel: number): ReadTables => {
  const folder = resolve(cwd, given);
  const own = join(folder, `tp${tensorParallel}`);
  const tables = existsSync(own) ? own : folder;
  if (tables === folder && tensorParallel !== 1) {
    throw new InputError(
      `${given}: tp${tensorParallel}`,
      "is not there",
      "Without a folder of their own, tables are those of one GPU: --tp 1.",
    );
  }
  const metaPath = [join(tables, "meta.yaml"), join(dirname(tables), "meta.yaml")].find((path) => existsSync(path));
  if (metaPath === undefined) throw new InputError(`${given}: meta.yaml`, "is not there", NEXT_STEP);
  const metaText = readFileSync(metaPath, "utf8");
  const value: unknown = parseYaml(metaText);
  const parsed = metaSchema.safeParse(value);
  if (!parsed.success) throw schemaError(parsed.error, value, `${given}: meta.yaml`, NEXT_STEP);
  const meta = parsed.data;
  const hash = createHash("sha256").update(metaText);
  const read = (name: string): TableLine[] => {
    const path = join(tables, name);
    if (!existsSync(path)) throw new InputError(`${given}: ${name}`, "is not there", NEXT_STEP);
    const text = readFileSync(path, "utf8");
    hash.update(text);
    return readCsvLines(text, name);
  };
  const dense = read("dense.csv");
  const perSequence = read("per_sequence.csv");
  const attention = read("attention.csv");
  const fit = meta.skew_fit;
  const hasSkew = fit?.bucket_axes !== undefined && existsSync(join(tables, "skew_fit.csv"));
  const skew = hasSkew ? skewTable(read("skew_fit.csv"), fit.bucket_axes!, fit.per_tp?.[String(tensorParallel)]?.alpha_default ?? 0) : null;
  return {
    files: { dense, perSequence, attention, skew },
    engine: `vllm ${meta.vllm_version}`,
    device: meta.gpu,
    model: meta.model,
    hash: hash.digest("hex"),
    notes: [
      ...(meta.engine_effective?.enforce_eager === true
        ? [
            "The tables were taken without CUDA graphs and compilation: in service norms and activations are fused, and decode attention may run in another split.",
          ]
        : []),
      ...(hasSkew ? [] : ["No correction for uneven contexts in a batch: steps with uneven contexts are predicted too short."]),
    ],
  };
};

/** The lines of a CSV text with a header, each with its place for messages. @throws InputError where it is no CSV */
export const readCsvLines = (text: string, name: string): TableLine[] => {
  try {
    const records = parse(text, { bom: true, columns: true, info: true, skip_empty_lines: true, trim: true }) as unknown as {
      info: { lines: number };
      record: Record<string, string>;
    }[];
    return records.map(({ info, record }) => ({ place: `${name}: line ${info.lines}`, fields: record }));
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw new InputError(name, `expected lines of equally many fields, got this: ${error.message}`, "Write the file again.");
  }
};

/** Content hash of a text that a curve was made of. */
export const textHash = (text: string): string => createHash("sha256").update(text).digest("hex");
