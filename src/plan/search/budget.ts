import { plain, quantity, significant } from "../../format.ts";
import type { Question } from "./question.ts";

/** A ceiling that a fixed fleet is above. */
export interface OverBudget {
  /** As a clause: "the other objectives need 6 replicas, 6 GPUs all the time, and the ceiling is 4 on average". */
  readonly because: string;
  /** As many replicas as every ceiling allows; 0 where not one is. */
  readonly affordable: number;
}

/** Whether a fixed fleet of so many replicas costs more than a ceiling on GPUs or on money allows; null where it does not. */
export const overBudgetOrNull = ({ objectives, setup, prices }: Question, replicas: number): OverBudget | null => {
  const { gpu_hours_per_h: mostGpus = Infinity, cost_per_h: mostMoney = Infinity } = objectives;
  const gpus = setup.gpusPerReplica ?? 1;
  const price = gpus * (prices?.reserved_per_gpu_hour ?? 0);
  const byGpus = wholesIn(mostGpus / gpus);
  const affordable = Math.min(byGpus, price === 0 ? Infinity : wholesIn(mostMoney / price));
  if (replicas <= affordable) return null;
  const need = `the other objectives need ${quantity(replicas, "replica")}`;
  const because =
    replicas > byGpus
      ? `${need}, ${quantity(gpus * replicas, "GPU")} all the time, and the ceiling is ${plain(mostGpus)} on average`
      : `${need}, which cost ${significant(price * replicas)} ${prices?.currency ?? ""} an hour, and the ceiling is ${plain(mostMoney)}`;
  const bought = affordable === 0 ? "not one replica" : `${quantity(affordable, "replica")} at most`;
  return { because: `${because}, which pays for ${bought}`, affordable };
};

/** Ratios are counted to within this share: 6.6 / 2.2 is a little less than 3. */
const TINY = 1e-9;

const wholesIn = (ratio: number): number => Math.floor(ratio * (1 + TINY));
