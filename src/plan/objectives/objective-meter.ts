import type { RequestRecord } from "../../fleet/config.ts";
import type { Run } from "../../fleet/run.ts";
import { percent, significant } from "../../format.ts";
import type { Objectives } from "../../scenario/objectives.ts";
import { countOfOne } from "./counts.ts";
import { GapMeter, isOnGaps } from "./gaps.ts";
import { inWords } from "./in-words.ts";
import { allowed, objectivesOf, type LatencyObjective, type Objective } from "./objectives.ts";

/** Counts, request by request as they leave, how a run fares against its scenario's objectives. */
export class ObjectiveMeter {
  private readonly asked: readonly Objective[];
  private readonly limits: readonly LatencyObjective[];
  private readonly bad: number[];
  private readonly of: number[];

  private readonly gaps: GapMeter;

  constructor(objectives: Objectives) {
    this.asked = objectivesOf(objectives);
    this.gaps = new GapMeter(this.asked);
    this.limits = this.asked.filter((each) => each.kind === "latency");
    this.bad = this.asked.map(() => 0);
    this.of = this.asked.map(() => 0);
  }

  /** Whether records must say when each token came. */
  get needsTokens(): boolean {
    return !this.gaps.isIdle;
  }

  add(record: RequestRecord): void {
    const counted = this.gaps.take(record);
    this.asked.forEach((objective, i) => {
      const { bad, of } = countOfOne(counted, objective, this.limits);
      this.bad[i]! += bad;
      this.of[i]! += of;
    });
  }

  /**
   * `TTFT p99 ≤ 2 s missed: 4.1 % of the requests lie beyond it`, one for each objective. Requests that never left are missed by each,
   * whatever their class; of gaps, as one each.
   *
   * @param cost of the run; null: there are no prices
   */
  sentences({ requests, scale_events: events, ended_at_s: ended, gpu_hours: hours }: Run, cost: number | null = null): string[] {
    const stayed = requests.deferred + requests.queued + requests.running;
    return this.asked.map((objective, i) => {
      switch (objective.kind) {
        case "scale-events":
        case "gpu-hours":
        case "cost": {
          const sums = { "scale-events": events.length, "gpu-hours": hours, cost: cost ?? 0 };
          const value = (3600 * sums[objective.kind]) / ended;
          return `${inWords(objective)}: ${significant(value)}, ${value <= allowed(objective) ? "met" : "missed"}`;
        }
        default: {
          const of = this.of[i]! + stayed;
          const share = of === 0 ? 0 : (this.bad[i]! + stayed) / of;
          return `${inWords(objective)} ${share <= allowed(objective) ? "met" : "missed"}: ${percent(share)} of the ${isOnGaps(objective) ? "gaps" : "requests"} ${BEYOND[objective.kind]}`;
        }
      }
    });
  }
}

const BEYOND = { latency: "lie beyond it", goodput: "are beyond one of the limits", rejected: "did not finish" } as const;
