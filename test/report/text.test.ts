import { describe, expect, it } from "vitest";
import { deviceModelText, planText, profileText, runText } from "../../src/report/text.ts";
import type { Measurement, MeasurementOf } from "../../src/profile/schema.ts";
import { candidate, deviceModel, gpuProfile, impossiblePlan, plan, run, softwareProfile } from "./samples.ts";

describe("a plan", () => {
  it("answers in its first sentence, and says what decides it", () => {
    expect(planText(plan())).toMatchInlineSnapshot(`
      "6 replicas (95 % interval: 6 to 7) of Llama-3.1-8B on Example GPU meet TTFT p99 ≤ 2 s and TPOT p99 ≤ 100 ms.
        Not fewer: 5 replicas miss, TTFT p99 3.10 s (2.48 s to 3.72 s) against a limit of 2 s.
        It takes up to 1.18 times this traffic, bursts and all closer together.
        Headroom: as a steady stream it sustains 42 % more than the mean load.
        On the same traffic the autoscaler misses: TTFT p99 14.2 s (11.4 s to 17.0 s) against a limit of 2 s; it
        takes 4.23 GPU-hours (−29 % against fixed) and 17.3 scale events.

        Policies on the same traffic
          policy      TTFT p99  TPOT p99  TTFT p50  TTFT max       replicas  GPU-hours  scale events  busy  batch  meets
          fixed 6       1.42 s   31.2 ms    214 ms    2.27 s              6       6.00             0  62 %     13    yes
          fixed 5     3.10 s !   31.2 ms    214 ms    4.96 s              5       5.00             0  74 %   15.6     no
          autoscaler  14.2 s !   31.2 ms    214 ms    22.7 s  1–9, mean 4.2       4.23          17.3  81 %   17.9     no
          limit          ≤ 2 s  ≤ 100 ms
          autoscaler: HPA on requests_in_flight, target average 12, 1 to 24 replicas

        Question
          Bursty chat at 2 requests/s for 1 h: calm for 270 s and bursts of 30 s at 4 times the calm rate; prompts
          of 256 tokens (median), outputs of 128.

        Confidence
          4 replications of the answer, seeds from 42 on; an objective is met where its 95 % interval over
          replications is within the limit. The interval of the number of replicas holds the replications and the
          step model's held-out error.
          Replicas tried: 4 no, 5 no, 6 yes, 8 yes.

        Inputs
          given     objective              TTFT p99 ≤ 2 s (scenario.yaml)
          measured  weight load bandwidth  6.10 GB/s (runs/2026-11-23-web-0123abcd/profile.json)
          assumed   node provisioning      60 s (default of cold_start.provision_s)

        Not modelled
          - Routing delay, the network and the tokenizer.
          - Nodes that fail or are taken away; the shared storage that several replicas load from at once, so that
            simultaneous cold starts take longer than stated here.

        Notes
          - 2.1 % of the steps lie outside the measured range of the step curve.
      "
    `);
  });

  it("that is impossible says why, under the heading that limits it", () => {
    expect(planText(impossiblePlan())).toMatchInlineSnapshot(`
      "Pipeline check, not a capacity answer: measured on a software adapter

      No number of replicas of Llama-3.1-8B on Example GPU meets the objectives: one request alone on an idle
      replica takes 3.10 s to its first token, so no number of replicas brings TTFT p99 below 2 s.
        Closest: fixed, 64 replicas, TTFT p99 never against a limit of 2 s.

        Policies on the same traffic
          policy    TTFT p99  TTFT p50  TTFT max  replicas  GPU-hours  scale events  meets
          fixed 64   never !         –         –        64       64.0             0     no
          limit        ≤ 2 s

        Question
          Bursty chat at 2 requests/s for 1 h: calm for 270 s and bursts of 30 s at 4 times the calm rate; prompts
          of 256 tokens (median), outputs of 128.

        Confidence
          4 replications of the answer, seeds from 42 on; an objective is met where its 95 % interval over
          replications is within the limit. No interval is stated.

        Inputs
          given     objective              TTFT p99 ≤ 2 s (scenario.yaml)
          measured  weight load bandwidth  6.10 GB/s (runs/2026-11-23-web-0123abcd/profile.json)
          assumed   node provisioning      60 s (default of cold_start.provision_s)

        Not modelled
          - Routing delay, the network and the tokenizer.
          - Nodes that fail or are taken away; the shared storage that several replicas load from at once, so that
            simultaneous cold starts take longer than stated here.
      "
    `);
  });

  it("of one replica needs no reason why not fewer", () => {
    const one = plan({
      capacity: {
        kind: "found",
        replicas: 1,
        interval: { low: 1, high: 1, of: "the replications" },
        candidate: candidate(1, 0.9),
        one_fewer: null,
        breaks_at_rate: null,
        headroom_over_mean: -0.05,
      },
      autoscaler: null,
    });
    expect(planText(one).split("\n").slice(0, 3).join("\n")).toMatchInlineSnapshot(`
      "1 replica (95 % interval: 1) of Llama-3.1-8B on Example GPU meets TTFT p99 ≤ 2 s and TPOT p99 ≤ 100 ms.
        Not fewer: one replica is enough.
        Headroom: as a steady stream it sustains 5.0 % less than the mean load."
    `);
  });

  it("that the replications leave open says between which numbers", () => {
    const [ttft, tpot] = candidate(4, 1.97).objectives;
    const close = candidate(4, 1.97, { verdict: "undecided", objectives: [{ ...ttft!, verdict: "undecided" }, tpot!] });
    const open = plan({
      capacity: {
        kind: "found",
        replicas: 6,
        interval: { low: 5, high: 6, of: "the replications" },
        candidate: candidate(6, 1.42),
        one_fewer: candidate(4, 3.1),
        breaks_at_rate: 1.1,
        headroom_over_mean: 0.4,
      },
      autoscaler: close,
      tried: [
        { replicas: 4, verdict: "misses", replications: 4 },
        { replicas: 5, verdict: "undecided", replications: 16 },
        { replicas: 6, verdict: "meets", replications: 4 },
      ],
    });
    expect(planText(open).split("\n").slice(0, 6).join("\n")).toMatchInlineSnapshot(`
      "6 replicas (95 % interval: 5 to 6) of Llama-3.1-8B on Example GPU meet TTFT p99 ≤ 2 s and TPOT p99 ≤ 100 ms.
        Not fewer: 4 replicas miss, TTFT p99 3.10 s (2.48 s to 3.72 s) against a limit of 2 s. 5 is too close to
        call.
        It takes up to 1.1 times this traffic, bursts and all closer together.
        Headroom: as a steady stream it sustains 40 % more than the mean load.
        On the same traffic the autoscaler may miss: TTFT p99 1.97 s (1.58 s to 2.36 s) against a limit of 2 s, too"
    `);
  });
});

describe("a run", () => {
  it("says what became of the requests, then latencies, fleet and scale events", () => {
    expect(runText(run("autoscaler"))).toMatchInlineSnapshot(`
      "HPA on requests_in_flight, target average 12, 1 to 24 replicas: all 7,214 requests finished; TTFT p99 14.2 s,
      TPOT p99 31.2 ms, 4.23 GPU-hours, 35 scale events.
        2.1 % of the steps lie outside the measured range of the step curve: their times are extrapolated.

        Latency
          latency        mean      p50      p90      p95      p99      max  requests
          TTFT         257 ms   214 ms   7.21 s   10.0 s   14.2 s   22.7 s     7,214
          TPOT        21.6 ms  18.0 ms  24.6 ms  27.2 ms  31.2 ms  49.9 ms     7,214
          end to end   3.48 s   2.90 s   6.00 s   7.24 s   9.10 s   14.6 s     7,214

        Fleet
          busy 61 % of ready time; mean batch 13; 0 preemptions
          2,310,441 prompt and 1,180,203 output tokens, in 184,211 steps over 60.2 min
          paid GPU time: busy 56 %, idle 36 %, provisioning 7.7 %, loading 0.4 %, warming 0.3 %

        Scale events
                at  replicas  ready after  because
            60.0 s     1 → 2       94.2 s  requests_in_flight 24 against 12
          3.00 min     2 → 3       94.2 s  requests_in_flight 36 against 24
          6.00 min     3 → 4       94.2 s  requests_in_flight 48 against 36
          8.00 min     4 → 6       94.2 s  requests_in_flight 72 against 48
          9.00 min     6 → 9       94.2 s  requests_in_flight 108 against 72
          10.0 min     9 → 1               requests_in_flight 12 against 108
          11.0 min     1 → 2       94.2 s  requests_in_flight 24 against 12
          13.0 min     2 → 3       94.2 s  requests_in_flight 36 against 24
          16.0 min     3 → 4       94.2 s  requests_in_flight 48 against 36
          18.0 min     4 → 6       94.2 s  requests_in_flight 72 against 48
          19.0 min     6 → 9       94.2 s  requests_in_flight 108 against 72
          20.0 min     9 → 1               requests_in_flight 12 against 108
          and 23 more

        Confidence
          One simulation of "bursty chat" (seed 42); the same seed gives the same bytes.

        Inputs
          given     objective              TTFT p99 ≤ 2 s (scenario.yaml)
          measured  weight load bandwidth  6.10 GB/s (runs/2026-11-23-web-0123abcd/profile.json)
          assumed   node provisioning      60 s (default of cold_start.provision_s)

        Not modelled
          - Routing delay, the network and the tokenizer.
          - Nodes that fail or are taken away; the shared storage that several replicas load from at once, so that
            simultaneous cold starts take longer than stated here.
      "
    `);
  });

  it("says what struck the fleet, what it cost and how long it took, and what went with the caches", () => {
    const disruption = { at_s: 60, replica: 3, because: "its time had come", lost: 2, cut_off: 0, handed_over: 0, recovered_after_s: 30 };
    const base = run("autoscaler");
    const struck = run("autoscaler", {
      requests: { ...base.requests, finished: base.requests.arrived - 3, lost: 2, cut_off: 1 },
      tokens: { ...base.tokens, abandoned: 4200 },
      prefix_cache: { queried_tokens: 1000, hit_tokens: 100, lost_tokens: 64_000, missed_tokens: 1600 },
      hand_overs: 5,
      disruptions: [
        { ...disruption, kind: "failure" },
        { ...disruption, kind: "failure", recovered_after_s: 90 },
        { ...disruption, kind: "failure", replica: null, recovered_after_s: null },
        { ...disruption, kind: "reclaim", recovered_after_s: null },
        { ...disruption, kind: "rolling_update", replica: null, recovered_after_s: 600 },
      ],
    });
    const lines = runText(struck).split("\n");
    const fleet = lines.indexOf("  Fleet");
    expect([...lines.slice(0, 2), ...lines.slice(fleet, lines.indexOf("", fleet))].join("\n")).toMatchInlineSnapshot(`
      "HPA on requests_in_flight, target average 12, 1 to 24 replicas: of 7,214 requests 7,211 finished, 1 cut off
      and 2 lost; of those that finished TTFT p99 14.2 s, TPOT p99 31.2 ms, 4.23 GPU-hours, 35 scale events.
        Fleet
          busy 61 % of ready time; mean batch 13; 0 preemptions
          2,310,441 prompt and 1,180,203 output tokens, 4,200 computed for attempts that never finished, in 184,211
            steps over 60.2 min
          10 % of the prompts' tokens were found in the prefix cache
          64,000 cached tokens went with replicas; 1,600 of them were asked for later and computed anew
          2 servers died, 1 node reclaimed, 1 rolling update and 5 requests handed over; over after 4.00 min on
            average
          paid GPU time: busy 56 %, idle 36 %, provisioning 7.7 %, loading 0.4 %, warming 0.3 %"
    `);
  });

  it("in which nothing finished has no latencies, and says where its requests are", () => {
    const stuck = run("fixed", {
      requests: { arrived: 12, deferred: 0, queued: 9, running: 2, finished: 0, rejected: 1, timed_out: 0, cut_off: 0, lost: 0 },
      latency: { ttft_s: null, tpot_s: null, end_to_end_s: null },
      utilization: null,
      mean_batch: null,
      extrapolated_steps: 0,
    });
    expect(runText(stuck).split("\n").slice(0, 12).join("\n")).toMatchInlineSnapshot(`
      "fixed, 6 replicas: of 12 requests 1 rejected, 9 still queued and 2 still running; TTFT p99 –, TPOT p99 –, 6.00
      GPU-hours, 0 scale events.
        11 requests stayed: none came or left for a day, so the run was ended. No replica would come: a trigger on
        the servers' own metrics, for example, never wakes a fleet that has no server.

        Latency
          latency     mean  p50  p90  p95  p99  max  requests
          TTFT           –    –    –    –    –    –         0
          TPOT           –    –    –    –    –    –         0
          end to end     –    –    –    –    –    –         0

        Fleet"
    `);
  });
});

describe("a profile", () => {
  it("gives the figures a person looks for first, then the fastest kernel of each shape", () => {
    expect(profileText(gpuProfile())).toMatchInlineSnapshot(`
      "Example GPU, the browser's own defaults, Chrome/156.0.0.0
        2026-11-23T12:00:00Z, Ballast 0.1.0, budget 10 min; Debian 13, Linux 6.12, Example CPU

        upload           3.58 GB/s   staging-ring, 1 GiB in chunks of 16 MiB, into fresh buffers; again 6.08 GB/s
        warm-up             3.26 s   browser process 1.21 s, adapter 34.0 ms, device 61.0 ms, shader modules 9.98
                                     ms, pipelines 1.70 s, first dispatch 214 ms and approach to steady 34.1 ms;
                                     steady after 6 runs
        prefill       41.4 TFLOP/s   the fastest matmul of 2,048 tokens: m 2048 · n 128256 · k 4096, f16, hot,
                                     matmul/tiled-f16
        decode           1.96 TB/s   the fastest matmul of one token: m 1 · n 128256 · k 4096, f16, hot,
                                     matmul/matvec-f16
        memory roof      3.84 TB/s   copy/vec4, length 268,435,456, hot; the best of 2
        arith. roof   54.2 TFLOP/s   f32: multiply-add/vec4x8-t256-f32, threads 1,048,576 · steps 1,024, hot; the
                                     best of 2
        arith. roof    102 TFLOP/s   f16: multiply-add/vec4x4-t64-f16, threads 1,048,576 · steps 1,024, hot; the
                                     best of 1
        datasheet                –   unknown for Example GPU
        dispatch           2.13 µs   one more in a pass; one more submit 38.6 µs
        clock              2.46 ms   round trip of a small submit, the floor of a wall-clock time; empty 244 µs; GPU
                                     timestamp tick 1.02 µs; page clock 5.00 µs

        Uploads of 1 GiB, page to GPU, the best way first
          method             chunk  fresh buffers             95 % of it      again  of fastest
          staging-ring      16 MiB      3.58 GB/s  3.55 GB/s – 3.64 GB/s  6.08 GB/s       100 %
          mappedAtCreation   1 GiB      2.55 GB/s  2.53 GB/s – 2.59 GB/s  4.32 GB/s        71 %
          writeBuffer        4 MiB      1.80 GB/s  1.78 GB/s – 1.83 GB/s  3.04 GB/s        50 %
          writeBuffer       64 MiB      1.28 GB/s  1.27 GB/s – 1.30 GB/s  2.16 GB/s        36 %
          Best: staging-ring, chunks of 16 MiB, the fastest of all ways measured; the load curve is fitted to it.

        Starts of a decoder layer, by what is fresh in them and the state its pipelines are compiled in
          fresh, pipelines      starts  to device  modules  a pipeline  4 pending  16 pending  first run   steady  after
          process, cold              2     1.30 s  9.98 ms      189 ms    95.0 ms     47.5 ms     214 ms  5.01 ms      6
          nothing, hot               1          –  9.98 ms      605 µs     300 µs      150 µs    5.20 ms  5.01 ms      1
          pipelines, cold            1          –  9.98 ms      182 ms          –           –     190 ms  5.01 ms      2
          device, process-warm       1    22.0 ms  9.98 ms     20.2 ms    10.0 ms     5.00 ms    30.0 ms  5.01 ms      2
          process, disk-warm         1     1.30 s  9.98 ms     40.3 ms    20.0 ms     10.0 ms     214 ms  5.01 ms      6
          Medians over the starts. To device: until the page has one. A pipeline: one after another; with so many
          pending, the time of all over their number. Steady after so many runs, the first included.
          A pipeline's time beside a cold one's: hot 0.3 %, process-warm 11 %, disk-warm 21 %.

        What launching costs, by the slope over many (7 samples each)
          one more                    wall clock      95 % interval  GPU time  negative samples
          dispatch, same pipeline        2.13 µs  2.11 µs – 2.14 µs   1.73 µs
          dispatch, another pipeline     2.94 µs  2.91 µs – 2.96 µs   1.83 µs
          pass of one dispatch           11.2 µs  11.0 µs – 11.2 µs         –
          submit of one dispatch         38.6 µs  38.1 µs – 38.8 µs         –
          dispatch, encoding alone        203 ns   96.1 ns – 204 ns         –            1 of 8

        Share of the roof: the least time that memory or arithmetic allows, over the time measured
          kernels                      bound by    shapes  worst  median      best (95 %)  at
          matmul             f16, hot  arithmetic      35  1.6 %    40 %     40 % (40–41)  m 2048 · n 128256 · k 4096
          attention-prefill  f16, hot  arithmetic       9  5.6 %    11 %     12 % (11–12)  chunk 1024 · context 4096
          attention-decode   f16, hot  arithmetic      12  0.6 %   4.8 %  5.7 % (5.7–5.8)  sequences 64 · context 4096
          The fastest kernel of each shape; below, each share with the roof that binds it, m for memory, a for
          arithmetic. Hot ones are held against arithmetic alone: a cache may be faster than memory.

          matmul, f16, hot
            m     n × k 4096 × 4096  n × k 4096 × 14336  n × k 6144 × 4096  n × k 28672 × 4096  n × k 128256 × 4096
            1               1.6 % a             1.8 % a            1.7 % a             1.9 % a              1.9 % a
            4               5.7 % a             6.3 % a            5.9 % a             6.4 % a              6.5 % a
            16               23 % a              25 % a             24 % a              25 % a               26 % a
            64               38 % a              40 % a             39 % a              40 % a               40 % a
            256              40 % a              40 % a             40 % a              40 % a               40 % a
            1024             40 % a              40 % a             40 % a              40 % a               40 % a
            2048             40 % a              40 % a             40 % a              40 % a               40 % a

          attention-prefill, f16, hot (heads 32 · kv heads 8 · head dim 128)
            context  chunk 64  chunk 256  chunk 1024
            0         5.6 % a     11 % a      11 % a
            1024       11 % a     11 % a      12 % a
            4096       11 % a     12 % a      12 % a

          attention-decode, f16, hot (heads 32 · kv heads 8 · head dim 128)
            sequences  context 128  context 1024  context 4096
            1              0.6 % a       2.8 % a       4.5 % a
            4              1.8 % a       4.5 % a       5.4 % a
            16             3.8 % a       5.4 % a       5.7 % a
            64             5.1 % a       5.7 % a       5.7 % a

        Fastest verified kernel by shape, in the unit of the roof it meets first
          matmul, f16, hot: a matvec-f16, b registers-f16, c tiled-f16
            m       n × k 4096 × 4096   n × k 4096 × 14336    n × k 6144 × 4096   n × k 28672 × 4096  n × k 128256 × 4096
            1        1.67 TB/s a ±1 %     1.88 TB/s a ±1 %     1.76 TB/s a ±1 %     1.92 TB/s a ±1 %     1.96 TB/s a ±1 %
            4        1.45 TB/s b ±1 %     1.61 TB/s b ±1 %     1.52 TB/s b ±1 %     1.64 TB/s b ±1 %     1.67 TB/s b ±1 %
            16       1.46 TB/s b ±1 %     1.61 TB/s b ±1 %     1.52 TB/s b ±1 %     1.64 TB/s b ±1 %     1.67 TB/s b ±1 %
            64    39.1 TFLOP/s c ±1 %  40.7 TFLOP/s c ±1 %  39.8 TFLOP/s c ±1 %  41.0 TFLOP/s c ±1 %  41.3 TFLOP/s c ±1 %
            256   40.8 TFLOP/s c ±1 %  41.2 TFLOP/s c ±1 %  41.0 TFLOP/s c ±1 %  41.3 TFLOP/s c ±1 %  41.4 TFLOP/s c ±1 %
            1024  41.2 TFLOP/s c ±1 %  41.3 TFLOP/s c ±1 %  41.3 TFLOP/s c ±1 %  41.4 TFLOP/s c ±1 %  41.4 TFLOP/s c ±1 %
            2048  41.3 TFLOP/s c ±1 %  41.4 TFLOP/s c ±1 %  41.3 TFLOP/s c ±1 %  41.4 TFLOP/s c ±1 %  41.4 TFLOP/s c ±1 %

          attention-prefill, f16, hot (heads 32 · kv heads 8 · head dim 128): online-f16
            context           chunk 64          chunk 256         chunk 1024
            0            221 GB/s ±1 %  11.1 TFLOP/s ±1 %  11.8 TFLOP/s ±1 %
            1024     11.5 TFLOP/s ±1 %  11.7 TFLOP/s ±1 %  11.8 TFLOP/s ±1 %
            4096     11.7 TFLOP/s ±1 %  11.8 TFLOP/s ±1 %  11.8 TFLOP/s ±1 %

          attention-decode, f16, hot (heads 32 · kv heads 8 · head dim 128): split-f16
            sequences     context 128    context 1024    context 4096
            1           154 GB/s ±1 %   713 GB/s ±1 %  1.17 TB/s ±1 %
            4           470 GB/s ±1 %  1.17 TB/s ±1 %  1.38 TB/s ±1 %
            16          962 GB/s ±1 %  1.38 TB/s ±1 %  1.45 TB/s ±1 %
            64         1.30 TB/s ±1 %  1.45 TB/s ±1 %  1.47 TB/s ±1 %
          Measured in one process: intervals hold what varies within it, and not what another process would have for
          itself.

        Verified
          2 variants passed against an f64 reference on this device before being timed.

        The machine while it was measured
          runs on           unknown   thermal state: unknown; memory shared by CPU and GPU: unknown

        Not timed
          - matmul/wide-f16: WRONG, so not timed: m 65 · n 33 · k 7: got 1.25 at c[3], reference 1.5, bound 0.001
          - matmul/subgroup-f16, attention-decode/subgroup-f16: unverified here: needs subgroups

        Left out
          - upload/staging-ring/4096MiB, matmul/tiled-f16/m4096-n128256-k4096: the budget ran out

        Flags that weaken the browser
          - --no-sandbox: pages run without the sandbox
      "
    `);
  });

  it("of a software adapter says first that it is not a GPU, and marks what its clock cannot see", () => {
    expect(profileText(softwareProfile())).toMatchInlineSnapshot(`
      "Not a GPU: SwiftShader (software). These numbers check the pipeline and say nothing of any GPU.

      SwiftShader (software), the browser's own defaults, Chrome/156.0.0.0
        2026-11-23T12:00:00Z, Ballast 0.1.0, quick, budget 60 s; Debian 13, Linux 6.12, Example CPU

        upload            325 MB/s   writeBuffer, 1 MiB in chunks of 1 MiB, into fresh buffers; again 938 MB/s
        warm-up                  –   not measured
        prefill       3.94 GFLOP/s   the fastest matmul of 16 tokens: m 16 · n 704 · k 256, f32, hot,
                                     matmul/tiled-f32
        decode           7.92 GB/s   the fastest matmul of one token: m 1 · n 704 · k 256, f32, hot,
                                     matmul/tiled-f32
        memory roof              –   not measured
        arith. roof              –   not measured
        clock              2.40 ms   round trip of a small submit, the floor of a wall-clock time; empty 250 µs; no
                                     GPU timestamps: wall clock; page clock 100 µs

        Uploads of 1 MiB, page to GPU, the best way first
          method       chunk  fresh buffers           95 % of it     again  of fastest
          writeBuffer  1 MiB       325 MB/s  323 MB/s – 330 MB/s  938 MB/s       100 %
          Only one way was measured: writeBuffer, chunks of 1 MiB.

        Share of the roof: the least time that memory or arithmetic allows, over the time measured
          Without a share: matmul: its samples are too short for the clock they were taken with.
          Without a share: matmul: no f32 arithmetic roof was measured.

        Fastest verified kernel by shape, in the unit of the roof it meets first
          matmul, f32, hot (n 704 · k 256): tiled-f32
            m
            1   3.94 GFLOP/s ±1 % !
            16    3.94 GFLOP/s ±1 %
          !: the samples are too short for the clock they were taken with; do not quote them.
          Measured in one process: intervals hold what varies within it, and not what another process would have for
          itself.

        Verified
          1 variant passed against an f64 reference on this device before being timed.

        The machine while it was measured
          runs on           unknown   thermal state: unknown; memory shared by CPU and GPU: unknown

        Flags that weaken the browser
          - --no-sandbox: pages run without the sandbox

        Notes
          - The device was lost once and opened again.
      "
    `);
  });

  it("says what weights in the cache are worth where a matmul was timed cold and hot", () => {
    const profile = gpuProfile();
    const isIt = (measurement: Measurement): measurement is MeasurementOf<"kernel"> =>
      measurement.kind === "kernel" && measurement.variant === "matmul/matvec-f16" && measurement.id.includes("m1-n28672");
    const hot = profile.measurements.find(isIt)!;
    const samples_s = hot.timing.samples_s.map((sample) => 2 * sample);
    const cold = { ...hot, id: `${hot.id} cold`, cache: "cold" as const, timing: { ...hot.timing, samples_s } };
    const text = profileText({ ...profile, measurements: [...profile.measurements, cold] });
    expect(text).toMatch(/in cache +\d\.\d+ TB\/s +2\.00 times as fast as cold, 235 MB: m 1 · n 28672 · k 4096, matmul\/matvec-f16/u);
  });

  it("has no line that a terminal of 120 columns breaks", () => {
    for (const line of profileText(gpuProfile()).split("\n")) expect(line.length).toBeLessThanOrEqual(120);
  });
});

describe("a device model", () => {
  it("gives each curve with its range and its error, and whose speed it is", () => {
    expect(deviceModelText(deviceModel())).toMatchInlineSnapshot(`
      "Llama-3.1-8B on Example GPU, f16, web condition
        These are the speeds of a WebGPU engine in the browser's own defaults. UNANCHORED: this speaks for a WebGPU
        engine on this device. No measurement of vLLM or another production engine stands behind it.

        load           2.63 s   16.1 GB at 6.10 GB/s after 2.10 ms, by staging-ring, 16 MiB chunks; measured from 1
                                MiB to 1 GiB; extrapolated to 15× the largest
                                error: median 2.3 %, 90th percentile 2.3 %, worst 2.3 % on 1 point the fit did not
                                see; 2.3 % too slow on average
        warm-up        3.25 s   browser 1.21 s, adapter and device 95.0 ms, pipelines 1.70 s, first dispatch 214 ms
                                and until steady 35.0 ms; steady after 5 runs
                                error: not checked: one start was measured
        memory                  150 GB (measured: nvidia-smi); beside 16.1 GB of weights room for 1,021,877 tokens
                                of KV cache at 128 KiB each

        Step, decode at 512 tokens of context and prefill of one prompt
          step                size     time            rate
          decode, sequences      1  6.15 ms    163 tokens/s
          decode, sequences      2  6.21 ms    322 tokens/s
          decode, sequences      4  6.35 ms    630 tokens/s
          decode, sequences      8  6.71 ms  1,190 tokens/s
          decode, sequences     16  7.44 ms  2,150 tokens/s
          decode, sequences     32  9.76 ms  3,280 tokens/s
          decode, sequences     64  14.4 ms  4,440 tokens/s
          prefill, tokens       64  11.5 ms  5,550 tokens/s
          prefill, tokens      128  40.4 ms  3,160 tokens/s
          prefill, tokens      256  98.8 ms  2,590 tokens/s
          prefill, tokens      512   198 ms  2,590 tokens/s
          prefill, tokens    1,024   405 ms  2,530 tokens/s
          prefill, tokens    2,048   854 ms  2,400 tokens/s
          Measured: 1 to 2,048 tokens a step, prefill context 64 to 5,120, 1 to 64 decoding sequences, decode
          context 128 to 4,096.
          Error: median 2.9 %, 90th percentile 8.9 %, worst 13 % on 5 points the fit did not see; 2.1 % too slow on
          average.

        Furthest from what was measured
          composite step           predicted  measured     off
          layer/mixed-32-512         6.90 ms   6.10 ms   +13 %
          layer/decode-64-1024        520 µs    550 µs  −5.5 %
          layer/decode-4-1024         210 µs    204 µs  +2.9 %
          layer/prefill-2048-1024    24.5 ms   25.2 ms  −2.8 %
          layer/prefill-256-0        3.10 ms   3.06 ms  +1.3 %

        Notes
          - The head was measured up to 64 sequences.
      "
    `);
  });

  it("whose weights do not fit, checked on nothing, says both", () => {
    const text = deviceModelText(
      deviceModel({
        is_gpu: false,
        device: "SwiftShader (software)",
        memory: { bytes: 8e9, origin: "given", source: "--memory" },
        step: { ...deviceModel().step, error: { kind: "not-checked", because: "no whole decoder layer was measured in f16" } },
      }),
    );
    expect(text.split("\n")[0]).toBe("Not a GPU: SwiftShader (software). These numbers check the pipeline and say nothing of any GPU.");
    expect(text).toContain("the weights (16.1 GB) do not fit");
    expect(text).toContain("Error: not checked: no whole decoder layer was measured in f16.");
    expect(text).not.toContain("Furthest from what was measured");
  });
});
