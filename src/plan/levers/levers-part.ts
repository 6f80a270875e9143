import type { Policy } from "../../fleet/policy.ts";
import type { Answered } from "../answered.ts";
import type { Piece } from "../piece.ts";
import { leversOf } from "./levers.ts";

/** What each lever is worth: on the autoscaler that runs today, or on the one derived from the fixed answer where none does. */
export const leversPart = ({ request, question, serving }: Answered, today: Policy | null, suggested: Policy | null): Piece<"levers"> => {
  const isOwn = today !== null && today.kind !== "fixed";
  const levers = leversOf({ question, isTrace: request.trace !== null, fixed: serving, policy: isOwn ? today : suggested, isOwn });
  return { fields: levers === null ? {} : { levers } };
};
