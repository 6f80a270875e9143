import type { Input } from "../provenance.ts";
import type { Plan } from "./schema.ts";

/** What one part of the answer adds to a plan: fields of its own, and what it rests on. */
export interface Piece<Field extends keyof Plan> {
  readonly fields: Pick<Plan, Field>;
  readonly inputs?: readonly Input[];
  readonly notes?: readonly string[];
}
