import { resolveScenario } from "../../scenario/resolve.ts";
import { createStreams } from "../../sim/streams.ts";
import type { Request } from "../../traffic/request.ts";
import { withSteps } from "../confidence/capacity-interval.ts";
import type { OtherDevice, PlanRequest } from "../plan-request.ts";
import type { Question } from "../search/question.ts";
import { amplified, grown } from "../stress/reshape.ts";
import { withColdStart } from "./shorter-start.ts";

/** One thing that could be otherwise. */
export interface Variation {
  /** As a clause: "traffic grows by half". */
  readonly name: string;
  readonly question: Question;
}

const GROWTH = 1.5;
const BURSTS = 2;
const COLD_START = 0.5;
const SPEED = 1.5;

/** What is asked of the answer: more traffic, larger bursts, shorter cold starts, and other devices, or faster steps where none is given. */
export const variationsOf = (request: PlanRequest, question: Question, against: readonly OtherDevice[]): Variation[] => [
  { name: "traffic grows by half", question: withRequests(question, "growth", (requests, stream) => grown(requests, GROWTH, stream)) },
  { name: "bursts double", question: withRequests(question, "bursts", (requests, stream) => amplified(requests, BURSTS, stream)) },
  { name: "cold starts take half as long", question: { ...question, setup: withColdStart(question.setup, COLD_START) } },
  ...(against.length === 0
    ? [{ name: `steps are ${SPEED} times as fast`, question: withSteps(question, 1 / SPEED) }]
    : against.map((other) => ({ name: `it runs on ${other.name}`, question: onDevice(request, question, other) }))),
];

type Reshape = (requests: readonly Request[], stream: ReturnType<ReturnType<typeof createStreams>["named"]>) => Request[];

/** Other requests of each seed, the same ones whenever they are asked for. */
const withRequests = (question: Question, name: string, reshape: Reshape): Question => {
  const known = new Map<number, readonly Request[]>();
  const requestsOf = (seed: number): readonly Request[] => {
    const requests = known.get(seed) ?? reshape(question.requestsOf(seed), createStreams(seed).named(`sensitivity/${name}`));
    known.set(seed, requests);
    return requests;
  };
  return { ...question, requestsOf };
};

const onDevice = ({ from, model, data }: PlanRequest, question: Question, { device }: OtherDevice): Question => ({
  ...question,
  setup: resolveScenario(from, device, model, question.requestsOf(question.seeds[0] ?? 0), data),
});
