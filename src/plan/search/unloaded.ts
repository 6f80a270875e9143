import type { RequestRecord } from "../../fleet/config.ts";
import type { ReplicaConfig } from "../../replica/config.ts";
import { emptyBatch, type StepTimeModel } from "../../replica/step-batch.ts";
import type { Request, Work } from "../../traffic/request.ts";
import type { Nanoseconds, Tokens } from "../../units.ts";
import { latenciesOf, type Latencies } from "../objectives/latencies.ts";

/**
 * When each token of one request comes that is alone on an idle replica, from its arrival: the least that any number of replicas can give
 * it, since every other request on a replica only adds to its steps.
 *
 * @param cached tokens of its prompt that are found in the prefix cache
 */
const alone = (work: Work, replica: ReplicaConfig, time: StepTimeModel, cached: Tokens): Float64Array => {
  const { promptTokens, outputTokens } = work;
  const tokensAt = new Float64Array(outputTokens);
  const prefill = emptyBatch();
  prefill.prefillSequences = 1;
  let at: Nanoseconds = 0;
  for (let computed = cached; computed < promptTokens; computed += prefill.tokens) {
    prefill.tokens = Math.min(replica.maxNumBatchedTokens, promptTokens - computed);
    prefill.prefillCached = computed;
    prefill.prefillPairs = prefill.tokens * computed + (prefill.tokens * (prefill.tokens + 1)) / 2;
    prefill.prefillContext = computed + prefill.tokens;
    prefill.outputs = prefill.prefillContext === promptTokens ? 1 : 0;
    at += time.stepTime(prefill);
  }
  tokensAt[0] = at;
  const decode = { ...emptyBatch(), tokens: 1, outputs: 1, decodeSequences: 1 };
  for (let token = 1; token < outputTokens; token += 1) {
    decode.decodeKeys = promptTokens + token;
    decode.decodeContext = promptTokens + token;
    at += time.stepTime(decode);
    tokensAt[token] = at;
  }
  return tokensAt;
};

/** @param tokensAt from its arrival; null: it is longer than a server takes */
const recordOf = (work: Work, arrivedAt: Nanoseconds, tokensAt: Float64Array | null, recordsTokens: boolean): RequestRecord => ({
  id: 0,
  origin: 0,
  turn: 0,
  arrivedAt,
  attempts: 1,
  promptTokens: work.promptTokens,
  outputTokens: work.outputTokens,
  priority: work.priority ?? 0,
  state: tokensAt === null ? "rejected" : "finished",
  reason: tokensAt === null ? "too_long" : null,
  notSent: 0,
  firstTokenAt: tokensAt === null ? null : arrivedAt + tokensAt[0]!,
  lastTokenAt: tokensAt === null ? null : arrivedAt + tokensAt.at(-1)!,
  preemptions: 0,
  ...(tokensAt === null || !recordsTokens ? {} : { tokensAt: tokensAt.map((at) => arrivedAt + at) }),
});

const isServed = ({ promptTokens, outputTokens }: Work, { maxModelLen }: ReplicaConfig): boolean =>
  promptTokens + outputTokens <= maxModelLen;

/** Latencies where each request has an idle replica to itself, with nothing cached. Those longer than a server takes are missing. */
export const unloadedLatencies = (requests: readonly Request[], replica: ReplicaConfig, time: StepTimeModel): Latencies =>
  latenciesOf(
    requests.map((request) =>
      recordOf(request, request.arrivedAt, isServed(request, replica) ? alone(request, replica, time, 0) : null, false),
    ),
  );

/**
 * What becomes of every request at best: an idle replica to itself, and, where prefixes are cached, all in the cache that another request
 * may have left there. Later requests of a session are among them, as if each came when its session began.
 *
 * @param recordsTokens whether to say when each token comes
 */
export function* bestRecords(
  requests: readonly Request[],
  replica: ReplicaConfig,
  time: StepTimeModel,
  recordsTokens: boolean,
): Generator<RequestRecord> {
  for (const request of requests) {
    for (let work: Work | undefined = request; work !== undefined; work = work.next) {
      const tokensAt = isServed(work, replica) ? alone(work, replica, time, mostCached(work, replica)) : null;
      yield recordOf(work, request.arrivedAt, tokensAt, recordsTokens);
    }
  }
}

/** Whole blocks of what others may have in their prompts too, but for the last token, which is always computed. */
const mostCached = ({ parts = [], promptTokens }: Work, { enablePrefixCaching, blockSize }: ReplicaConfig): Tokens => {
  const shared = parts.reduce((sum, { tokens }) => sum + tokens, 0);
  return enablePrefixCaching ? blockSize * Math.floor(Math.min(shared, promptTokens - 1) / blockSize) : 0;
};
