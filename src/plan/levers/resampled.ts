import { createStreams } from "../../sim/streams.ts";
import { localBlockBootstrap } from "../confidence/block-bootstrap.ts";
import type { Question } from "../search/question.ts";

/** The question of a trace with so many resamples of it, in blocks, as its replications. They are drawn again each time: all of them at once may be large. */
export const resampled = (question: Question, replications: number): Question => {
  const [seed = 0] = question.seeds;
  const trace = question.requestsOf(seed);
  return {
    ...question,
    seeds: Array.from({ length: replications }, (_, i) => seed + i),
    requestsOf: (draw) => localBlockBootstrap(trace, createStreams(draw).named("levers/bootstrap")),
  };
};
