import type { Policy } from "../../fleet/policy.ts";
import { percent } from "../../format.ts";
import type { Question } from "./question.ts";
import { hpaOf, targetOf, type FixedAnswer } from "./targets.ts";

/** How much of the rate that a replica sustains the autoscaler is told to fill. */
const TARGET_SHARE = 0.8;

export const TARGET_RULE = `The autoscaler's target is what a replica of the fixed fleet holds in flight at ${percent(TARGET_SHARE)} of the steady rate that the fleet sustains; it may go from 1, or one more than may be lost, to twice the fixed number, and begins with what its target asks for at the mean rate.`;

/** The HPA that someone who knew the fixed answer would write, Kubernetes' defaults for all else: see `TARGET_RULE`. */
export const suggestedHpa = (question: Question, fixed: FixedAnswer): Policy =>
  hpaOf(fixed, TARGET_SHARE, targetOf(question, fixed, TARGET_SHARE), 1 + (question.objectives.survive ?? 0));
