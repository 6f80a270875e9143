import type { Answered } from "./answered.ts";
import type { Suggested } from "./autoscaler-part.ts";
import { frontierOf } from "./frontier.ts";
import { hybrids } from "./hybrid.ts";
import type { Piece } from "./piece.ts";
import { candidateOf } from "./replications.ts";
import type { Today } from "./today-part.ts";

/** The cheapest floor with an autoscaler on top, and all policies by cost, tail and churn. */
export const frontierPart = (
  { question, search, replicas, serving, fixed }: Answered,
  { fields: { today = null } }: Today,
  { fields: { autoscaler } }: Suggested,
): Piece<"hybrid" | "frontier"> => {
  const { survive = 0 } = question.objectives;
  const fewer = search.atLeast - 1;
  const mixed = serving.sustained > 0 ? hybrids(question, serving) : [];
  const floors = mixed.map(({ policy, replications }) => ({
    name: `floor ${policy.min_replicas}, target ${policy.target_average}`,
    candidate: candidateOf(replications, question.objectives),
  }));
  const [cheapest = null] = floors.map(({ candidate }) => candidate).sort((a, b) => a.gpu_hours - b.gpu_hours);
  const named = [
    ...(today === null ? [] : [{ name: "today", candidate: today }]),
    ...(fewer > survive ? [fewer] : []).concat(replicas).map((number) => ({ name: `fixed ${number}`, candidate: fixed(number) })),
    ...(autoscaler === null ? [] : [{ name: "autoscaler", candidate: autoscaler }]),
  ];
  return { fields: { hybrid: cheapest, frontier: frontierOf([...named, ...floors]) } };
};
