import { describe, expect, it } from "vitest";
import { missingOrNull } from "../../src/report/admission-text.ts";
import { runText } from "../../src/report/text.ts";
import { guardedRun, run } from "./samples.ts";

const none = { deferred: 0, queued: 0, running: 0, rejected: 0, timed_out: 0, cut_off: 0, lost: 0 };

describe("a run with admission", () => {
  it("says beside its latencies how many requests are not in them, then what happened in front of the fleet", () => {
    expect(runText(guardedRun()).split("\n\n").slice(0, 3).join("\n\n")).toMatchInlineSnapshot(`
      "fixed, 6 replicas: of 7,000 requests 6,870 finished, 30 rejected and 100 timed out; of those that finished
      TTFT p99 1.42 s, TPOT p99 31.2 ms, 6.00 GPU-hours, 0 scale events.
        2.1 % of the steps lie outside the measured range of the step curve: their times are extrapolated.

        Latency
          latency        mean      p50      p90      p95      p99      max  requests
          TTFT         257 ms   214 ms   817 ms   1.06 s   1.42 s   2.27 s     7,214
          TPOT        21.6 ms  18.0 ms  24.6 ms  27.2 ms  31.2 ms  49.9 ms     7,214
          end to end   3.48 s   2.90 s   6.00 s   7.24 s   9.10 s   14.6 s     7,214
          Latencies are of the requests that finished, from when each was first sent. 130 of 7,000 (1.9 %) did not,
          and are in none of these figures; were they counted as endless, p99 would be, too. Nor are 12 requests
          that would have followed in sessions, which are not counted as arrived.

        In front of the fleet
          8,300 attempts at 7,000 requests, 1,300 of them retries; 5,120 tokens computed for attempts that were
            given up
          held back 400 times: 2.50 s on average, 30.0 s at most; it is in their latency
          failed attempts  because                           attempts  requests that ended so
          rejected         the gateway's queue was full         1,200                      30
          timed out        no token when its client gave up       230                     100"
    `);
  });

  it.each([
    [0, null],
    [7000, null],
    [1, "1 of 7,000 (<0.1 %) did not, and is in none of these figures."],
    [70, "70 of 7,000 (1.0 %) did not, and are in none of these figures."],
    [71, "71 of 7,000 (1.0 %) did not, and are in none of these figures; were they counted as endless, p99 would be, too."],
  ])("with %i requests that did not finish says of them: %s", (missing, expected) => {
    const text = missingOrNull(run("fixed", { requests: { ...none, arrived: 7000, finished: 7000 - missing, rejected: missing } }));
    expect(text?.replace("Latencies are of the requests that finished, from when each was first sent. ", "") ?? null).toBe(expected);
  });
});
