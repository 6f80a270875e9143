import { InputError } from "../../errors.ts";
import { CSV_COLUMNS } from "./csv.ts";
import { show } from "./line-error.ts";
import { traceFormatSchema, type TraceFormat } from "./schema.ts";
import { vllmNamesOrNull } from "./vllm.ts";

/** The formats there are, as a message names them. */
export const FORMATS = traceFormatSchema.options.join(", ");

/**
 * How a trace's text is written, told from its beginning.
 *
 * @param head the first lines, or all of it
 * @param place the file's name, for messages
 * @throws InputError where it is none of those known
 */
export const formatOf = (head: string, place: string): TraceFormat => {
  const [first = ""] = head
    .replace(/^\uFEFF/u, "")
    .trimStart()
    .split(/\r?\n/u);
  const found = first.startsWith("{") ? jsonFormatOrNull(first, head) : csvFormatOrNull(first);
  if (found !== null) return found;
  throw new InputError(
    place,
    `expected a trace in a format that is known (${FORMATS}), got ${show(first)} as its first line`,
    `Write it as CSV with the columns ${CSV_COLUMNS.join(", ")}, or say which format it is.`,
  );
};

const csvFormatOrNull = (header: string): TraceFormat | null => {
  const names = header.split(",").map((name) => name.trim().replace(/^"(.*)"$/u, "$1"));
  if (names.includes("ContextTokens") || names.includes("TIMESTAMP")) return "azure";
  return CSV_COLUMNS.some((name) => names.includes(name)) ? "csv" : null;
};

const jsonFormatOrNull = (first: string, head: string): TraceFormat | null => {
  // A session is one object over many lines, or one line longer than what was read.
  if (/"block_size"\s*:/u.test(head) && /"hash_id_scope"\s*:|"requests"\s*:/u.test(head)) return "agent-sessions";
  let object: unknown;
  try {
    object = JSON.parse(first);
  } catch {
    return null;
  }
  const fields = object as Readonly<Record<string, unknown>>;
  if ("input_length" in fields && "output_length" in fields) return "mooncake";
  return vllmNamesOrNull(fields) === null ? null : "vllm";
};
