import type { RequestRecord, SimulationConfig } from "../../src/fleet/config.ts";
import { Simulation } from "../../src/fleet/simulation.ts";
import type { Request } from "../../src/traffic/request.ts";
import type { PrometheusFile } from "../../src/traffic/prometheus/files.ts";
import { toNanoseconds } from "../../src/units.ts";

/** What Prometheus answers to a range query. */
export const answer = (result: readonly { metric: Record<string, string>; values: readonly (readonly [number, string])[] }[]): string =>
  JSON.stringify({ status: "success", data: { resultType: "matrix", result } });

/** vLLM's own bounds. */
export const TTFT_BOUNDS = [
  0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80, 160, 640, 2560,
];
export const TPOT_BOUNDS = [0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80];
export const E2E_BOUNDS = [0.3, 0.5, 0.8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 40, 50, 60, 120, 240, 480, 960, 1920, 7680];
export const TOKEN_BOUNDS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000];

/** When the simulated time 0 is, in seconds since 1970. */
export const EPOCH = 1_767_600_000;

/**
 * Simulates a fleet and exports its metrics as a Prometheus that scrapes it would: counters and gauges of each replica that is ready, and one histogram
 * of all requests under the first replica's name, since a record does not say who served it. All of it is the simulator's own: nothing here was
 * measured on a real fleet.
 *
 * @param hoursOf how long it is scraped, in seconds
 * @param changes of the number of replicas, at once ready
 */
export const exported = (
  config: SimulationConfig,
  requests: Iterable<Request>,
  { scrape = 15, lasts, changes = [] }: { scrape?: number; lasts: number; changes?: readonly { at: number; by: number }[] },
): { files: Map<PrometheusFile, string>; records: RequestRecord[] } => {
  const records: RequestRecord[] = [];
  const simulation = new Simulation(
    { ...config, recordsTokens: true },
    { onRequest: ({ tokensAt = new Float64Array(), ...record }) => void records.push({ ...record, tokensAt: tokensAt.slice() }) },
  );
  for (const { at, by } of changes) simulation.plan(toNanoseconds(at), by, "the test", true);
  const gauges = new Map<number, { finished: [number, string][]; running: [number, string][]; waiting: [number, string][] }>();
  const times = Array.from({ length: Math.floor(lasts / scrape) + 1 }, (_, i) => i * scrape);
  let next = 0;
  const scrapeUpTo = (nanoseconds: number): void => {
    while (next < times.length && toNanoseconds(times[next]!) <= nanoseconds) {
      const time = times[next]!;
      simulation.advanceTo(toNanoseconds(time));
      for (const replica of simulation["fleet"].replicas.values()) {
        if (!replica.life.isReady) continue;
        const [running, waiting] = [replica.scheduler.runningCount, replica.scheduler.waiting.length];
        const own = gauges.get(replica.id) ?? { finished: [], running: [], waiting: [] };
        gauges.set(replica.id, own);
        own.finished.push([EPOCH + time, String(replica.received - running - waiting)]);
        own.running.push([EPOCH + time, String(running)]);
        own.waiting.push([EPOCH + time, String(waiting)]);
      }
      next += 1;
    }
  };
  for (const request of requests) {
    scrapeUpTo(request.arrivedAt - 1);
    simulation.feed(request);
  }
  scrapeUpTo(Infinity);
  simulation.finish();

  const named = (id: number, name: string) => ({ __name__: name, instance: `10.0.0.${id}:8000`, model_name: "chat", engine: "0" });
  const seriesOf = (name: string, pick: "finished" | "running" | "waiting"): string =>
    answer([...gauges].map(([id, own]) => ({ metric: named(id, name), values: own[pick] })));
  const finished = records.filter(({ state }) => state === "finished");
  const coarse = times.filter((_, i) => i % 20 === 0 || i === times.length - 1);
  const even = (times.length - 1) % 20 === 0 ? coarse : times;
  const seconds = (from: number, to: number): number => (to - from) / 1e9;
  const tpotOf = ({ firstTokenAt, lastTokenAt, outputTokens }: RequestRecord): number =>
    seconds(firstTokenAt!, lastTokenAt!) / (outputTokens - 1);
  const several = finished.filter(({ outputTokens }) => outputTokens > 1);

  /** @param observed when, and what */
  const histogram = (name: string, bounds: readonly number[], observed: readonly { at: number; value: number }[]): string => {
    const sorted = observed.toSorted((a, b) => a.at - b.at);
    const counts = [...bounds, Infinity].map((bound) => ({ bound, count: 0, values: [] as [number, string][] }));
    const sum = { total: 0, values: [] as [number, string][] };
    let i = 0;
    for (const time of even) {
      for (; i < sorted.length && sorted[i]!.at <= time * 1e9; i += 1) {
        const { value } = sorted[i]!;
        sum.total += value;
        for (const one of counts) if (value <= one.bound) one.count += 1;
      }
      for (const one of counts) one.values.push([EPOCH + time, String(one.count)]);
      sum.values.push([EPOCH + time, String(sum.total)]);
    }
    return answer([
      ...counts.map(({ bound, values }) => ({
        metric: { ...named(0, `${name}_bucket`), le: bound === Infinity ? "+Inf" : String(bound) },
        values,
      })),
      { metric: named(0, `${name}_sum`), values: sum.values },
    ]);
  };
  const tokensAt = finished.flatMap((one) => Array.from(one.tokensAt!)).sort((a, b) => a - b);
  let came = 0;
  const tokens = times.map((time): [number, string] => {
    while (came < tokensAt.length && tokensAt[came]! <= time * 1e9) came += 1;
    return [EPOCH + time, String(came)];
  });
  const files = new Map<PrometheusFile, string>([
    ["requests", seriesOf("vllm:request_success_total", "finished")],
    ["running", seriesOf("vllm:num_requests_running", "running")],
    ["waiting", seriesOf("vllm:num_requests_waiting", "waiting")],
    [
      "prompt_tokens",
      histogram(
        "vllm:request_prompt_tokens",
        TOKEN_BOUNDS,
        finished.map((one) => ({ at: one.lastTokenAt!, value: one.promptTokens })),
      ),
    ],
    [
      "generation_tokens",
      histogram(
        "vllm:request_generation_tokens",
        TOKEN_BOUNDS,
        finished.map((one) => ({ at: one.lastTokenAt!, value: one.outputTokens })),
      ),
    ],
    [
      "ttft",
      histogram(
        "vllm:time_to_first_token_seconds",
        TTFT_BOUNDS,
        finished.map((one) => ({ at: one.firstTokenAt!, value: seconds(one.arrivedAt, one.firstTokenAt!) })),
      ),
    ],
    [
      "tpot",
      histogram(
        "vllm:request_time_per_output_token_seconds",
        TPOT_BOUNDS,
        several.map((one) => ({ at: one.lastTokenAt!, value: tpotOf(one) })),
      ),
    ],
    [
      "itl",
      histogram(
        "vllm:inter_token_latency_seconds",
        TPOT_BOUNDS,
        several.flatMap(({ tokensAt: at }) => Array.from(at!.subarray(1), (one, i) => ({ at: one, value: seconds(at![i]!, one) }))),
      ),
    ],
    [
      "e2e",
      histogram(
        "vllm:e2e_request_latency_seconds",
        E2E_BOUNDS,
        finished.map((one) => ({ at: one.lastTokenAt!, value: seconds(one.arrivedAt, one.lastTokenAt!) })),
      ),
    ],
    ["generated", answer([{ metric: named(0, "vllm:generation_tokens_total"), values: tokens }])],
  ]);
  return { files, records };
};
