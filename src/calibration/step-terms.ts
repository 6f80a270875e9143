import type { Table } from "./device-model.ts";
import type { LayerCurve } from "./layer.ts";
import type { StepTerms } from "./step-seconds.ts";
import { mapTable } from "./table.ts";

/**
 * A step of so many equal layers and a head: what the layers take, times their number, the last norm in front of the
 * projection and the choice of the token behind it. Submitting is not in it.
 *
 * @param head its projection, by rows that produce a token, and its vocabulary; null for a step without one
 */
export const stepTerms = (
  { terms, small }: LayerCurve,
  layers: number,
  head: { readonly projection: Table; readonly vocab: number } | null,
): StepTerms => {
  const all = (seconds: number) => layers * seconds;
  const { prefill_attention: prefill, decode_attention: decode } = terms;
  return {
    overhead_s: all(terms.overhead_s),
    linear: mapTable(terms.linear, all),
    head:
      head === null
        ? terms.head
        : mapTable(head.projection, (seconds, rows) => seconds + small.norm(rows) + (small.choice?.(rows, head.vocab) ?? 0)),
    per_token_s: all(terms.per_token_s),
    prefill_attention: { setup_s: all(prefill.setup_s), per_token_s: all(prefill.per_token_s), per_pair_s: all(prefill.per_pair_s) },
    decode_attention: {
      setup_s: all(decode.setup_s),
      per_sequence_s: all(decode.per_sequence_s),
      per_key_s: all(decode.per_key_s),
    },
  };
};
