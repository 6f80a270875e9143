import { fixedCandidate } from "../search/fixed-candidate.ts";
import { sustainedBy, type Answered } from "../answered.ts";
import { breakingRateOrNull } from "../stress/breaking-rate.ts";
import { smallestFixed } from "../search/fixed-capacity.ts";
import { cheapestUsualOrNull, hybrids } from "../search/hybrid.ts";
import type { Piece } from "../piece.ts";
import type { Question } from "../search/question.ts";
import type { Candidate, Plan, SensitivityRow } from "../schema.ts";
import type { Request } from "../../traffic/request.ts";
import type { FixedAnswer } from "../search/targets.ts";
import { variationsOf } from "./variations.ts";

/**
 * What the answer becomes when one thing is otherwise, from what saves most to what costs most.
 *
 * @param usual the cheapest floor of the answer as it is, where a frontier has found it; searched for where it is left out
 */
export const sensitivityPart = (
  answered: Answered,
  capacity: Plan["capacity"],
  usual: Candidate | null = cheapestOrNull(answered.question, answered.serving),
): Piece<"sensitivity"> => {
  const { request, question, replicas, fixed } = answered;
  const { gpu_hours: hours } = fixed(replicas);
  const base: SensitivityRow = {
    name: "as it is",
    fixed: { replicas, gpu_hours: hours },
    autoscaled: usual === null ? null : scaled(usual),
    breaks_at_rate: capacity.kind === "found" ? capacity.breaks_at_rate : null,
  };
  const rows = variationsOf(request, question, request.sensitivity?.against ?? []).map(({ name, question: asked }) => {
    const told = { ...asked, onProgress: (what: string) => question.onProgress(`${name}: ${what}`) };
    return rowOf(told, name, answered);
  });
  return { fields: { sensitivity: { base, rows: ranked(rows, base) } }, notes: [NOTE] };
};

const rowOf = (question: Question, name: string, base: Answered): SensitivityRow => {
  const { replicas, serving } = base;
  const search = smallestFixed(question, serving.replicas);
  const isEnough = search.kind === "found" && search.replicas <= replicas;
  const row = { name, breaks_at_rate: breakingRateOrNull(question, replicas, isEnough ? 1 : 0) };
  if (search.kind === "not-found") return { ...row, fixed: null, autoscaled: null };
  const { objectives } = question;
  const { gpu_hours: hours } = fixedCandidate(search.replicationsOf(search.replicas), objectives, search.replicas);
  const meanRate = (serving.meanRate * firstOf(question).length) / firstOf(base.question).length;
  const usual = cheapestOrNull(question, sustainedBy(question, search.replicas, meanRate).serving);
  return {
    ...row,
    fixed: { replicas: search.replicas, gpu_hours: hours },
    autoscaled: usual === null ? null : scaled(usual),
  };
};

const firstOf = ({ requestsOf, seeds }: Question): readonly Request[] => requestsOf(seeds[0] ?? 0);

/** The cheapest floor with an HPA of Kubernetes' default behavior on top that meets the objectives; null where none does, or no rate is sustained. */
const cheapestOrNull = (question: Question, fixed: FixedAnswer): Candidate | null =>
  fixed.sustained > 0 ? cheapestUsualOrNull(hybrids(question, fixed, false), question) : null;

const scaled = ({ policy, gpu_hours, scale_events }: Candidate): SensitivityRow["autoscaled"] => ({ policy, gpu_hours, scale_events });

/**
 * From what saves most to what costs most: by the fixed answer's GPU-hours, then by the autoscaled one's, each to a percent of the answer as
 * it is, then by how much of its traffic the answer takes.
 */
export const ranked = (rows: readonly SensitivityRow[], base: SensitivityRow): SensitivityRow[] => {
  const percentOf = (hours: number | undefined, of: number | undefined): number =>
    hours === undefined ? Infinity : Math.floor((100 * hours) / (of ?? hours) + 0.5);
  const keys = (row: SensitivityRow): number[] => [
    percentOf(row.fixed?.gpu_hours, base.fixed?.gpu_hours),
    percentOf(row.autoscaled?.gpu_hours, base.autoscaled?.gpu_hours),
    -(row.breaks_at_rate ?? Infinity),
  ];
  return rows
    .map((row) => ({ row, keys: keys(row) }))
    .sort((a, b) => a.keys.map((key, i) => compare(key, b.keys[i]!)).find((order) => order !== 0) ?? 0)
    .map(({ row }) => row);
};

/** Also where both are infinite. */
const compare = (one: number, other: number): number => (one < other ? -1 : one > other ? 1 : 0);

const NOTE =
  "What would change the answer: more traffic is more requests in every 10 s, copies of those there; bursts double where each 10 s has twice the deviation from the ten minutes around it, with as many requests in all. Each is simulated anew, one change at a time; the autoscaled answer is the cheapest of four targets with the lowest floor that meets.";
