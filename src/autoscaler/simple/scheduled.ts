import { InputError } from "../../errors.ts";
import type { Seconds } from "../../units.ts";
import type { Autoscaler } from "../autoscaler.ts";
import { secondsSince1970OrNull } from "./calendar.ts";
import { lastTimeOrNull, parseCron, type CronTime } from "./cron.ts";

/** Replicas by the clock. */
export interface ScheduledPolicy {
  /** What the simulated time 0 is, in UTC: `2026-01-05T00:00:00Z`. */
  readonly starts_at: string;
  /** Hours that the schedule's clock is ahead of UTC by. */
  readonly utc_offset_h: number;
  /** From each of these times on, until another comes. Of two at one minute the later in the list holds. */
  readonly schedule: readonly { readonly at: string; readonly replicas: number }[];
}

/**
 * Keeps the replicas of the schedule's last time that has come.
 *
 * @throws InputError where a time cannot be read, or two entries say the same
 */
export const createScheduled = (policy: ScheduledPolicy): Autoscaler => {
  const epoch = secondsSince1970OrNull(policy.starts_at);
  if (epoch === null) {
    throw new InputError(
      "policy.starts_at",
      `expected a time in UTC, got ${JSON.stringify(policy.starts_at)}`,
      "Write 2026-01-05T00:00:00Z.",
    );
  }
  const entries = policy.schedule.map(({ at, replicas }, i) => ({
    replicas,
    time: parseCron(at, `policy.schedule[${i}].at`, policy.utc_offset_h * 3600),
  }));
  return {
    period: 60,
    decide({ now, current }) {
      const entry = inForce(entries, epoch + now);
      if (entry === null || entry.replicas === current) return null;
      return { replicas: entry.replicas, because: `scheduled since ${entry.time.text}` };
    },
  };
};

const inForce = <T extends { readonly time: CronTime }>(entries: readonly T[], at: Seconds): T | null => {
  let latest: { entry: T; since: Seconds } | null = null;
  for (const entry of entries) {
    const since = lastTimeOrNull(entry.time, at);
    if (since !== null && (latest === null || since >= latest.since)) latest = { entry, since };
  }
  return latest?.entry ?? null;
};
