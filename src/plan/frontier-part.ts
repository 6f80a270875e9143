import type { Policy } from "../fleet/policy.ts";
import type { Answered } from "./answered.ts";
import type { Suggested } from "./autoscaler-part.ts";
import { fixedCandidate } from "./search/fixed-candidate.ts";
import { isBetterWithMore } from "./search/fixed-capacity.ts";
import { frontierOf, type Named } from "./frontier.ts";
import { cheapestUsualOrNull, hybrids, type Hybrid } from "./search/hybrid.ts";
import type { Piece } from "./piece.ts";
import { poolOf, withPool } from "./search/pools.ts";
import type { Question } from "./search/question.ts";
import { Race } from "./search/racing.ts";
import { candidateOf } from "./search/replications.ts";
import type { Candidate } from "./schema.ts";
import type { Today } from "./today-part.ts";

/** Fixed numbers above the answer that are set beside it: what more replicas buy. */
const MORE = 2;

/** The cheapest floor with an autoscaler on top, and all policies by cost, tail and churn. */
export interface Frontier extends Piece<"hybrid" | "frontier"> {
  /** Of the cheapest floor; null where none meets the objectives. */
  readonly policy: Policy | null;
  /** The question with the warm pool that it was found with. */
  readonly question: Question;
  /** That pool's size, where it is not the scenario's own; null where it is. */
  readonly pool: number | null;
  /** The cheapest of four targets with Kubernetes' defaults, each with the lowest floor that meets; null where none meets the objectives. */
  readonly usual: Candidate | null;
}

export const frontierPart = (answered: Answered, today: Today, suggested: Suggested): Frontier => {
  const { question, search, replicas, serving, fixed } = answered;
  const { survive = 0 } = question.objectives;
  const found = serving.sustained > 0 ? hybrids(question, serving) : [];
  const floors = found.map((hybrid) => ({ ...hybrid, candidate: candidateOfHybrid(question, hybrid) }));
  const [cheapest = null] = floors
    .filter(({ verdict }) => verdict === "meets")
    .sort((a, b) => a.candidate.gpu_hours - b.candidate.gpu_hours || a.candidate.scale_events - b.candidate.scale_events);
  const fewer = search.atLeast - 1;
  const named: Named[] = [
    ...(fewer > survive ? [fewer] : [])
      .concat(replicas)
      .map((number) => ({ name: `fixed ${number}`, family: "fixed" as const, candidate: fixed(number) })),
    ...more(answered),
    ...namedOrNone("autoscaler", "autoscaler", suggested.fields.autoscaler),
    ...floors.map(({ name, pool, candidate }): Named => ({ name, family: pool === poolOf(question) ? "autoscaler" : "pool", candidate })),
    ...namedOrNone(today.fields.today_is === "scenario" ? "scenario's" : "today", "today", today.fields.today ?? null),
  ];
  const pool = cheapest === null || cheapest.pool === poolOf(question) ? null : cheapest.pool;
  return {
    fields: { hybrid: cheapest?.candidate ?? null, frontier: frontierOf(named) },
    policy: cheapest?.policy ?? null,
    question: pool === null ? question : withPool(question, pool),
    pool,
    usual: cheapestUsualOrNull(found, question),
  };
};

const namedOrNone = (name: string, family: Named["family"], candidate: Candidate | null): Named[] =>
  candidate === null ? [] : [{ name, family, candidate }];

const more = ({ question, replicas }: Answered): Named[] => {
  const race = new Race(question, isBetterWithMore);
  return Array.from({ length: MORE }, (_, i): Named => {
    const number = replicas + 1 + i;
    const policy = { kind: "fixed", replicas: number } as const;
    race.settle(policy, `fixed ${number}`);
    const candidate = fixedCandidate(race.replicationsOf(policy, `fixed ${number}`), question.objectives, number);
    return { name: `fixed ${number}`, family: "fixed", candidate };
  });
};

/** With the verdict of the search, which a hopeless one is not repeated for, and the warm pool in its words where the scenario has one. */
const candidateOfHybrid = ({ objectives }: Question, { replications, pool, verdict }: Hybrid): Candidate => {
  const candidate = candidateOf(replications, objectives);
  const words = pool === null ? "" : `, ${pool === 0 ? "no warm pool" : `warm pool of ${pool}`}`;
  return { ...candidate, verdict, policy: `${candidate.policy}${words}` };
};
