import type { ReplicaConfig } from "../replica/config.ts";
import { emptyBatch, type StepTimeModel } from "../replica/step-batch.ts";
import type { Request } from "../traffic/request.ts";
import type { Nanoseconds } from "../units.ts";
import type { Latencies } from "./latencies.ts";

/**
 * Latencies of one request alone on an idle replica: the least that any number of replicas can give it, since every other request on a
 * replica only adds to its steps.
 */
const alone = (
  request: Request,
  replica: ReplicaConfig,
  time: StepTimeModel,
): { ttft: Nanoseconds; tpot: Nanoseconds | null; e2e: Nanoseconds } => {
  const { promptTokens, outputTokens } = request;
  const prefill = emptyBatch();
  prefill.prefillSequences = 1;
  let ttft = 0;
  for (let computed = 0; computed < promptTokens; computed += prefill.tokens) {
    prefill.tokens = Math.min(replica.maxNumBatchedTokens, promptTokens - computed);
    prefill.prefillCached = computed;
    prefill.prefillPairs = prefill.tokens * computed + (prefill.tokens * (prefill.tokens + 1)) / 2;
    prefill.prefillContext = computed + prefill.tokens;
    prefill.outputs = prefill.prefillContext === promptTokens ? 1 : 0;
    ttft += time.stepTime(prefill);
  }
  if (outputTokens === 1) return { ttft, tpot: null, e2e: ttft };
  const decode = { ...emptyBatch(), tokens: 1, outputs: 1, decodeSequences: 1 };
  let decoding = 0;
  for (let context = promptTokens + 1; context < promptTokens + outputTokens; context += 1) {
    decode.decodeKeys = context;
    decode.decodeContext = context;
    decoding += time.stepTime(decode);
  }
  return { ttft, tpot: decoding / (outputTokens - 1), e2e: ttft + decoding };
};

/** Latencies where each request has an idle replica to itself. Those longer than a server takes are missing. */
export const unloadedLatencies = (requests: readonly Request[], replica: ReplicaConfig, time: StepTimeModel): Latencies => {
  const served = requests.filter(({ promptTokens, outputTokens }) => promptTokens + outputTokens <= replica.maxModelLen);
  const latencies = served.map((request) => alone(request, replica, time));
  return {
    ttft: Float64Array.from(latencies, ({ ttft }) => ttft).sort(),
    tpot: Float64Array.from(latencies.flatMap(({ tpot }) => (tpot === null ? [] : [tpot]))).sort(),
    e2e: Float64Array.from(latencies, ({ e2e }) => e2e).sort(),
    missing: requests.length - served.length,
  };
};
