import { closeSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import type { RequestRecord } from "../src/fleet/config.ts";
import { toSeconds, type Nanoseconds } from "../src/units.ts";
import { ensureFolder, writing } from "./files.ts";

/** A file of requests, one row each in the order in which they leave, as they leave: memory does not grow with their number. */
export interface RecordsFile {
  add(record: RequestRecord): void;
  /** Gives the file its name: until then it is not there. */
  finish(): void;
  /** Leaves nothing behind, where the run did not come to its end. */
  discard(): void;
}

export const RECORD_COLUMNS = [
  "id",
  "origin",
  "turn",
  "state",
  "reason",
  "attempts",
  "arrived_at_s",
  "prompt_tokens",
  "output_tokens",
  "ttft_s",
  "tpot_s",
  "end_to_end_s",
  "preemptions",
] as const;

/** So many characters are written at once. */
const CHUNK = 1 << 18;

const secondsOrNothing = (time: Nanoseconds | null): string => (time === null ? "" : `${toSeconds(time)}`);

const rowOf = ({
  id,
  origin,
  turn,
  state,
  reason,
  attempts,
  arrivedAt,
  promptTokens,
  outputTokens,
  firstTokenAt,
  lastTokenAt,
  preemptions,
}: RequestRecord): string => {
  const ttft = firstTokenAt === null ? null : firstTokenAt - arrivedAt;
  const tpot = firstTokenAt === null || lastTokenAt === null || outputTokens < 2 ? null : (lastTokenAt - firstTokenAt) / (outputTokens - 1);
  const endToEnd = lastTokenAt === null ? null : lastTokenAt - arrivedAt;
  const times = `${secondsOrNothing(ttft)},${secondsOrNothing(tpot)},${secondsOrNothing(endToEnd)}`;
  return `${id},${origin},${turn},${state},${reason ?? ""},${attempts},${toSeconds(arrivedAt)},${promptTokens},${outputTokens},${times},${preemptions}\n`;
};

/**
 * Opens a CSV file of requests.
 *
 * @throws InputError where it cannot be written, now or later
 */
export const recordsFile = (path: string): RecordsFile => {
  const temporary = `${path}.${process.pid}.tmp`;
  ensureFolder(dirname(path));
  const file = writing(path, () => openSync(temporary, "w"));
  let isOpen = true;
  const close = (): void => {
    if (isOpen) closeSync(file);
    isOpen = false;
  };
  let rows = `${RECORD_COLUMNS.join(",")}\n`;
  const flush = (): void => {
    writing(path, () => writeSync(file, rows));
    rows = "";
  };
  return {
    add: (record) => {
      rows += rowOf(record);
      if (rows.length >= CHUNK) flush();
    },
    finish: () => {
      flush();
      close();
      writing(path, () => renameSync(temporary, path));
    },
    discard: () => {
      close();
      rmSync(temporary, { force: true });
    },
  };
};
