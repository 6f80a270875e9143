import type { Question } from "./question.ts";

/** Sizes of the scenario's warm pool that are tried besides its own: none, half, twice. */
const FACTORS = [0, 0.5, 2] as const;

/** Other sizes of the warm pool, the smallest first; none where the scenario's cold start has no pool. */
export const otherPools = ({ setup }: Question, most: number): number[] => {
  const own = poolOf({ setup });
  if (own === null) return [];
  const sizes = new Set(FACTORS.map((factor) => Math.min(most, Math.ceil(own * factor))));
  sizes.delete(own);
  return [...sizes].sort((a, b) => a - b);
};

/** The size of the warm pool; null where there is none. */
export const poolOf = ({ setup }: Pick<Question, "setup">): number | null => setup.startUp?.warmPool?.size ?? null;

/** The question with a warm pool of another size. */
export const withPool = (question: Question, size: number): Question => {
  const { startUp } = question.setup;
  if (startUp?.warmPool === undefined || startUp.warmPool === null) return question;
  const warmPool = size === 0 ? null : { ...startUp.warmPool, size };
  return { ...question, setup: { ...question.setup, startUp: { ...startUp, warmPool } } };
};
