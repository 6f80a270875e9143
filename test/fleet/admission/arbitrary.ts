import * as fc from "fast-check";
import { admissionSchema, clientsSchema } from "../../../src/fleet/admission/settings.ts";
import type { FleetConfig } from "../../../src/fleet/config.ts";
import { fleets } from "../configs.ts";

/** Times that meet steps, arrivals and each other at the same instants, and some that do not. */
const times = fc.constantFrom(0.25, 0.5, 1, 1.7, 4, 20, 90);

const queues = fc
  .record(
    {
      max_length: fc.constantFrom(0, 1, 4, 12),
      order: fc.constantFrom("fcfs", "priority", "earliest-deadline", "lifo"),
      on_full: fc.constantFrom("reject-new", "drop-lowest-priority", "drop-oldest"),
      timeout_s: times,
    },
    { requiredKeys: [] },
  )
  .map((queue) => (queue.max_length === undefined ? { ...queue, on_full: "reject-new" } : queue));

const admissions = fc
  .record(
    {
      queue: queues,
      rate_limit: fc.record({
        rate: fc.constantFrom(0.1, 1, 4, 40),
        burst: fc.constantFrom(1, 3, 60),
        unit: fc.constantFrom("requests", "tokens"),
        per: fc.constantFrom("fleet", "session", "priority"),
        max_delay_s: fc.constantFrom(0, 2, 30),
      }),
      shed: fc.record({
        priority_above: fc.constantFrom(-1, 0, 1),
        queue_depth: fc.constantFrom(0, 2, 5),
        kv_use: fc.constantFrom(0.3, 0.8, 1),
      }),
      deadline: fc.record({ ttft_s: times, reject: fc.boolean(), classes: fc.constantFrom([], [{ priority: 1, ttft_s: 3 }]) }),
      smoother: fc.oneof(
        fc.record({ share: fc.constantFrom(0.3, 1), max_delay_s: times, target_outstanding: fc.constantFrom(0.5, 2, 5) }),
        fc.record({ priority_above: fc.constantFrom(-1, 0, 1), max_delay_s: times, target_outstanding: fc.constantFrom(0.5, 2, 5) }),
      ),
    },
    { requiredKeys: [] },
  )
  .map((settings) =>
    settings.deadline === undefined && settings.queue?.order === "earliest-deadline"
      ? { ...settings, queue: { ...settings.queue, order: "fcfs" } }
      : settings,
  );

const clients = fc
  .record(
    {
      first_token_timeout_s: times,
      timeout_s: times,
      retry: fc.record(
        {
          max_attempts: fc.integer({ min: 1, max: 5 }),
          on: fc.subarray(["rejected", "timed_out", "cut_off", "lost"], { minLength: 1 }),
          backoff_s: fc.constantFrom(1e-9, 0.25, 1.3),
          jitter: fc.constantFrom("none", "equal", "full"),
          budget: fc.record({ ratio: fc.constantFrom(0, 0.2, 1), min_per_s: fc.constantFrom(0, 0.5), burst: fc.constantFrom(1, 10) }),
        },
        { requiredKeys: ["max_attempts", "jitter"] },
      ),
    },
    { requiredKeys: [] },
  )
  .map((settings) =>
    (settings.timeout_s ?? Infinity) < (settings.first_token_timeout_s ?? 0)
      ? { ...settings, first_token_timeout_s: settings.timeout_s, timeout_s: settings.first_token_timeout_s }
      : settings,
  );

/** Random fleets with anything in front of them, and clients of any kind. */
export const guardedFleets = (): fc.Arbitrary<FleetConfig> =>
  fc.tuple(fleets(), admissions, clients).map(([fleet, admission, client]) => ({
    ...fleet,
    admission: admissionSchema.parse(admission),
    clients: clientsSchema.parse(client),
  }));
