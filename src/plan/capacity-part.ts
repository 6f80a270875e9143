import { percent, quantity, significant } from "../format.ts";
import type { Answered } from "./answered.ts";
import { breakingRateOrNull } from "./breaking-rate.ts";
import { capacityInterval, stepErrorOrNull } from "./capacity-interval.ts";
import type { Piece } from "./piece.ts";
import { PRECISION } from "./sustained-rate.ts";

/** The number itself: how sure it is, what one fewer misses, and how much more traffic it takes. */
export const capacityPart = ({ request, question, search, replicas, serving, fixed }: Answered): Piece<"capacity"> => {
  const { survive = 0 } = question.objectives;
  const fewer = search.atLeast - 1;
  const { low, high, of } = capacityInterval(question, search, stepErrorOrNull(request.device), request.trace !== null);
  const { sustained, meanRate } = serving;
  return {
    fields: {
      capacity: {
        kind: "found",
        replicas,
        interval: { low, high: high === Infinity ? null : high, of },
        candidate: fixed(replicas),
        one_fewer: fewer > survive ? fixed(fewer) : null,
        breaks_at_rate: breakingRateOrNull(question, replicas),
        headroom_over_mean: sustained / meanRate - 1,
      },
    },
    notes: [
      `Headroom: ${quantity(serving.replicas, "replica")} sustain${serving.replicas === 1 ? "s" : ""} ${significant(sustained)} requests/s (to within ${percent(PRECISION)}) where the same requests come as a steady Poisson stream; the mean is ${significant(meanRate)}.`,
    ],
  };
};
