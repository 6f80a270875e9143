import { createStreams } from "../../sim/streams.ts";
import { localBlockBootstrap } from "../block-bootstrap.ts";
import type { Question } from "../replications.ts";

/** Traces as one could have been that stand for replications. */
const RESAMPLES = 12;

/** The question of a trace with resamples of it, in blocks, as its replications. They are drawn again each time: all of them at once may be large. */
export const resampled = (question: Question): Question => {
  const [seed = 0] = question.seeds;
  const trace = question.requestsOf(seed);
  return {
    ...question,
    seeds: Array.from({ length: RESAMPLES }, (_, i) => seed + i),
    requestsOf: (draw) => localBlockBootstrap(trace, createStreams(draw).named("levers/bootstrap")),
  };
};
