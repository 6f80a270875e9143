import type { Candidate, Plan } from "../plan/schema.ts";
import { change, gpuHours, list, quantity, significant } from "../format.ts";
import { missSentence, target } from "./plan-sentences.ts";

/** What runs today and what would change, in sentences. */

/** What today's policy does on the traffic, or why that was left out; null where the user has not said what runs. */
export const todaySentenceOrNull = ({ today = null, today_is: is, today_left_out: leftOut }: Plan): string | null => {
  if (today === null) return leftOut ?? null;
  const met = today.objectives.filter(({ verdict }) => verdict === "meets").map(target);
  const hold = met.length === 0 ? "" : `meets ${list(met)}`;
  const fails = today.verdict === "meets" ? "" : `${today.verdict === "misses" ? "misses" : "may miss"} ${missSentence(today)}`;
  return `${is === "scenario" ? "The scenario's policy" : "What runs today"} (${today.policy}) ${[hold, fails].filter((part) => part !== "").join(", and ")}. It takes ${gpuHours(today.gpu_hours)} GPU-hours and ${quantity(today.scale_events, "scale event")}.`;
};

/** What the answer saves or needs against today, and whether it holds what today does not; null without either. */
export const changeSentenceOrNull = ({ today = null, today_is: is, capacity, autoscaler, hybrid = null }: Plan): string | null => {
  if (today === null || capacity.kind !== "found") return null;
  const { candidate, replicas } = capacity;
  const meets = today.verdict === "meets" ? "" : `, and ${replicas === 1 ? "meets" : "meet"} what it misses`;
  const fixed = `Against ${is === "scenario" ? "the scenario's policy" : "today"}, ${quantity(replicas, "replica")} all the time ${difference(candidate, today, replicas === 1)}${meets}.${money(candidate, today)}`;
  const [scaled] = [hybrid, autoscaler]
    .filter((one) => one !== null)
    .filter(({ verdict, gpu_hours: hours }) => verdict === "meets" && hours < candidate.gpu_hours)
    .sort((a, b) => a.gpu_hours - b.gpu_hours);
  return scaled === undefined ? fixed : `${fixed} ${scaled.policy} ${difference(scaled, today, true)}.${money(scaled, today)}`;
};

/** ` Cost: 1.42 instead of 2.43 (−42 %).`; nothing where there are no prices. */
const money = ({ cost }: Candidate, { cost: today }: Candidate): string =>
  cost === undefined || today === undefined
    ? ""
    : ` Cost: ${significant(cost.total)} instead of ${significant(today.total)}${today.total === 0 ? "" : ` (${change(cost.total / today.total - 1)})`}.`;

/** `save 1.20 GPU-hours (−12 %) and 14 scale events`. */
const difference = (candidate: Candidate, today: Candidate, isOne: boolean): string => {
  const hours = candidate.gpu_hours - today.gpu_hours;
  const events = candidate.scale_events - today.scale_events;
  const inPercent = today.gpu_hours === 0 ? "" : ` (${change(hours / today.gpu_hours)})`;
  const [saves, needs] = isOne ? ["saves", "needs"] : ["save", "need"];
  const parts = [
    ...(hours === 0
      ? []
      : [{ verb: hours < 0 ? saves : needs, what: `${gpuHours(Math.abs(hours))} GPU-hours${hours < 0 ? "" : " more"}${inPercent}` }]),
    ...(events === 0
      ? []
      : [{ verb: events < 0 ? saves : needs, what: `${quantity(Math.abs(events), "scale event")}${events < 0 ? "" : " more"}` }]),
  ];
  const [first, second] = parts;
  if (first === undefined) return isOne ? "costs the same" : "cost the same";
  if (second === undefined) return `${first.verb} ${first.what}`;
  return `${first.verb} ${first.what} and ${second.verb === first.verb ? "" : `${second.verb} `}${second.what}`;
};
