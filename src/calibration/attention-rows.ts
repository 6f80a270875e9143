import { InputError } from "../errors.ts";
import { groupBy } from "../stats/group-by.ts";
import { rising } from "./attention-grid.ts";
import type { AttentionRows } from "./step-curve.ts";
import { hole, NEXT_STEP, timeField, twice, wholeField, type TableLine } from "./table-line.ts";

/**
 * Attention of all layers from the lines of one layer's table.
 *
 * @throws InputError where a point is missing that the others need: see `compileAttention`
 */
export const attentionRows = (lines: readonly TableLine[], layers: number): AttentionRows => {
  const rows = lines.map((line) => ({
    line,
    chunk: wholeField(line, "prefill_chunk"),
    cached: wholeField(line, "kv_prefill"),
    sequences: wholeField(line, "n_decode"),
    context: wholeField(line, "kv_decode"),
    seconds: layers * timeField(line),
  }));
  const file = "attention.csv";
  const byChunk = groupBy(rows, ({ chunk }) => chunk);
  if (!byChunk.has(0)) throw hole(file, "prefill_chunk 0, a step that only decodes");
  for (const [chunk, ofChunk] of byChunk) {
    const counts = rising(ofChunk.map(({ sequences }) => sequences));
    for (const [cached, here] of groupBy(ofChunk, ({ cached: keys }) => keys)) {
      const at = `prefill_chunk ${chunk}, kv_prefill ${cached}`;
      if (chunk === 0 && cached > 0) {
        throw new InputError(`${here[0]?.line.place}: kv_prefill`, `expected 0 where prefill_chunk is 0, got ${cached}`, NEXT_STEP);
      }
      const bySequences = groupBy(here, ({ sequences }) => sequences);
      const contexts = rising(here.flatMap(({ sequences, context }) => (sequences > 0 ? [context] : [])));
      // With a full budget few sequences, or none, fit beside a chunk; between those that do none may be missing.
      for (const sequences of counts.filter((some) => some <= Math.max(...bySequences.keys()))) {
        const own = bySequences.get(sequences);
        if (own === undefined) throw hole(file, `${at}, n_decode ${sequences}, which this chunk has elsewhere`);
        const seen = new Set<number>();
        for (const { line, context } of own) {
          if (seen.has(context)) throw twice(line, `${at}, n_decode ${sequences}, kv_decode ${context}`);
          seen.add(context);
        }
        const lacking = sequences === 0 ? undefined : contexts.find((context) => !seen.has(context));
        if (lacking !== undefined) throw hole(file, `${at}, n_decode ${sequences}, kv_decode ${lacking}, which other sequences there have`);
      }
    }
    if (chunk > 0 && counts[0] !== 0) throw hole(file, `prefill_chunk ${chunk}, n_decode 0, the chunk alone`);
  }
  return {
    chunk: rows.map(({ chunk }) => chunk),
    cached: rows.map(({ cached }) => cached),
    sequences: rows.map(({ sequences }) => sequences),
    context: rows.map(({ context }) => context),
    seconds: rows.map(({ seconds }) => seconds),
  };
};
