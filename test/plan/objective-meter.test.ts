import { expect, it } from "vitest";
import type { RequestRecord } from "../../src/fleet/config.ts";
import type { Run } from "../../src/fleet/run.ts";
import { ObjectiveMeter } from "../../src/plan/objectives/objective-meter.ts";

const record = (ttft: number, state: RequestRecord["state"] = "finished"): RequestRecord => ({
  id: 0,
  origin: 0,
  turn: 0,
  arrivedAt: 0,
  promptTokens: 10,
  outputTokens: 11,
  priority: 0,
  state,
  firstTokenAt: ttft * 1e9,
  lastTokenAt: ttft * 1e9 + 1e8,
  preemptions: 0,
  attempts: 1,
  reason: null,
  notSent: 0,
});
const run = (queued: number): Run =>
  ({ requests: { deferred: 0, queued, running: 0 }, scale_events: [1, 2], ended_at_s: 3600, gpu_hours: 3 }) as unknown as Run;

it("a run's sentences say of each objective whether it is met, and requests that never left miss it", () => {
  const objectives = { ttft_p99_s: 2, tpot_p99_s: 0.1, goodput: 0.9, rejected: 0.01, scale_events_per_h: 1, gpu_hours_per_h: 4 };
  const meter = new ObjectiveMeter(objectives);
  for (let i = 0; i < 97; i += 1) meter.add(record(1));
  meter.add(record(3));
  meter.add(record(3));
  meter.add(record(1, "rejected"));
  expect(meter.sentences(run(0)).join("\n")).toMatchInlineSnapshot(`
    "TTFT p99 ≤ 2 s missed: 3.0 % of the requests lie beyond it
    TPOT p99 ≤ 100 ms met: 1.0 % of the requests lie beyond it
    goodput ≥ 90 % met: 3.0 % of the requests are beyond one of the limits
    rejected ≤ 1 % met: 1.0 % of the requests did not finish
    1 scale events an hour at most: 2.00, missed
    4 GPUs on average at most: 3.00, met"
  `);
  expect(meter.sentences(run(100))[0]).toBe("TTFT p99 ≤ 2 s missed: 52 % of the requests lie beyond it");
});
