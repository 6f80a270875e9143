import type { ReadAnchor } from "./point.ts";

const INIT = /init engine \(profile, create kv cache, warmup\s+model\)\s+took ([\d.]+) s/u;

/** Whether a text is the log of a starting vLLM. */
export const isEngineLog = (text: string): boolean => INIT.test(text);

/** The warm-up point of a vLLM log: profiling, KV cache, compilation and graph capture in one; imports and loading come before it. */
export const readEngineStart = (text: string, place: string): ReadAnchor => {
  const starts = [...text.matchAll(new RegExp(INIT, "gu"))].map((match) => Number(match[1]));
  return {
    points: starts.map((seconds) => ({ curve: "warm-up", engine: "vllm", source: `${place}: init engine`, seconds })),
    notes: [`${place}: the engine's start without its imports and without loading weights.`],
  };
};
