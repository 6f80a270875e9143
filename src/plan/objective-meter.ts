import type { RequestRecord } from "../fleet/config.ts";
import type { Run } from "../fleet/run.ts";
import { percent, significant } from "../format.ts";
import type { Objectives } from "../scenario/objectives.ts";
import { isGood, isWithin } from "./counts.ts";
import { allowed, inWords, objectivesOf, type LatencyObjective, type Objective } from "./objectives.ts";

/** Counts, request by request as they leave, how a run fares against its scenario's objectives. */
export class ObjectiveMeter {
  private readonly asked: readonly Objective[];
  private readonly limits: readonly LatencyObjective[];
  private readonly bad: number[];
  private readonly of: number[];

  constructor(objectives: Objectives) {
    this.asked = objectivesOf(objectives);
    this.limits = this.asked.filter((each) => each.kind === "latency");
    this.bad = this.asked.map(() => 0);
    this.of = this.asked.map(() => 0);
  }

  add(record: RequestRecord): void {
    this.asked.forEach((objective, i) => {
      const isBad = this.isBadOrNull(objective, record);
      if (isBad === null) return;
      this.of[i]! += 1;
      if (isBad) this.bad[i]! += 1;
    });
  }

  /** `TTFT p99 ≤ 2 s missed: 4.1 % of the requests lie beyond it`, one for each objective; requests that never left are missed too. */
  sentences({ requests, scale_events: events, ended_at_s: ended, gpu_hours: hours }: Run): string[] {
    const stayed = requests.deferred + requests.queued + requests.running;
    return this.asked.map((objective, i) => {
      switch (objective.kind) {
        case "scale-events":
        case "gpu-hours": {
          const value = (3600 * (objective.kind === "gpu-hours" ? hours : events.length)) / ended;
          return `${inWords(objective)}: ${significant(value)}, ${value <= allowed(objective) ? "met" : "missed"}`;
        }
        default: {
          const of = this.of[i]! + stayed;
          const share = of === 0 ? 0 : (this.bad[i]! + stayed) / of;
          return `${inWords(objective)} ${share <= allowed(objective) ? "met" : "missed"}: ${percent(share)} of the requests ${BEYOND[objective.kind]}`;
        }
      }
    });
  }

  /** Null where the request counts neither way. */
  private isBadOrNull(objective: Objective, record: RequestRecord): boolean | null {
    switch (objective.kind) {
      case "latency": {
        const isMet = isWithin(record, objective);
        return isMet === null ? null : !isMet;
      }
      case "goodput":
        return !isGood(record, this.limits);
      case "rejected":
        return record.state !== "finished";
      default:
        return null;
    }
  }
}

const BEYOND = { latency: "lie beyond it", goodput: "are beyond one of the limits", rejected: "did not finish" } as const;
