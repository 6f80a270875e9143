import type { Table } from "./device-model.ts";
import type { LayerCurve } from "./layer.ts";
import type { StepTerms } from "./step-seconds.ts";
import { mapTable } from "./table.ts";

/**
 * A step of so many equal layers and a head: what the layers take, times their number, and the last norm in front of the projection.
 * Submitting is not in it.
 *
 * @param projection of the head, by rows that produce a token; null for a step without one
 */
export const stepTerms = ({ terms, small }: LayerCurve, layers: number, projection: Table | null): StepTerms => {
  const all = (seconds: number) => layers * seconds;
  const { prefill_attention: prefill, decode_attention: decode } = terms;
  return {
    overhead_s: all(terms.overhead_s),
    linear: mapTable(terms.linear, all),
    head: projection === null ? terms.head : mapTable(projection, (seconds, rows) => seconds + small.norm(rows)),
    per_token_s: all(terms.per_token_s),
    prefill_attention: { setup_s: all(prefill.setup_s), per_token_s: all(prefill.per_token_s), per_pair_s: all(prefill.per_pair_s) },
    decode_attention: {
      setup_s: all(decode.setup_s),
      per_sequence_s: all(decode.per_sequence_s),
      per_key_s: all(decode.per_key_s),
    },
  };
};
