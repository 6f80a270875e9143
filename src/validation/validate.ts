import type { RequestRecord } from "../fleet/config.ts";
import { quantileOfSorted } from "../fleet/latency.ts";
import type { SimulationConfig } from "../fleet/config.ts";
import { Simulation } from "../fleet/simulation.ts";
import { toNanoseconds, toSeconds } from "../units.ts";
import type { GaugeReading, LoggedRequest } from "./logged-run.ts";
import { METRICS, STATISTICS, VALIDATION_SCHEMA, type Validation, type ValidationRow } from "./schema.ts";

export interface LoggedRun {
  /** Where the log was, for people. */
  readonly place: string;
  readonly engine: string;
  readonly device: string;
  readonly model: string;
  readonly requests: readonly LoggedRequest[];
  /** In order of time; empty where the log has none. */
  readonly gauges: readonly GaugeReading[];
}

/**
 * Replays a logged run on a simulated engine and puts both side by side. Nothing is fitted to the run.
 *
 * @param config of one replica; its policy is taken as one fixed replica
 */
export const validateRun = (logged: LoggedRun, config: Omit<SimulationConfig, "policy">, notes: readonly string[] = []): Validation => {
  const records: RequestRecord[] = [];
  const simulation = new Simulation({ ...config, policy: { kind: "fixed", replicas: 1 } }, { onRequest: (record) => records.push(record) });
  const gauges: { running: number; waiting: number }[] = [];
  const readings = logged.gauges.map(({ at_s }) => toNanoseconds(at_s));
  const readUpTo = (time: number): void => {
    while (gauges.length < readings.length && readings[gauges.length]! <= time) {
      simulation.advanceTo(readings[gauges.length]!);
      gauges.push(simulation.gauges());
    }
  };
  for (const { request } of logged.requests) {
    readUpTo(request.arrivedAt - 1);
    simulation.feed(request);
  }
  readUpTo(Infinity);
  const run = simulation.finish();
  const simulated = records.filter(({ state }) => state === "finished").map(timesOf);
  const measured = logged.requests.map(({ request, firstTokenAt, lastTokenAt }) => timesOf({ ...request, firstTokenAt, lastTokenAt }));
  const rejected = run.requests.arrived - run.requests.finished;
  return {
    schema: VALIDATION_SCHEMA,
    run: logged.place,
    engine: logged.engine,
    device: logged.device,
    model: logged.model,
    requests: logged.requests.length,
    rows: METRICS.flatMap((metric) =>
      rowsOf(
        metric,
        measured.flatMap((times) => times[metric] ?? []),
        simulated.flatMap((times) => times[metric] ?? []),
      ),
    ),
    gauges:
      gauges.length === 0
        ? null
        : {
            at_s: logged.gauges.map(({ at_s }) => at_s),
            running: { measured: logged.gauges.map(({ running }) => running), simulated: gauges.map(({ running }) => running) },
            waiting: { measured: logged.gauges.map(({ waiting }) => waiting), simulated: gauges.map(({ waiting }) => waiting) },
          },
    extrapolated_share: run.steps === 0 ? 0 : run.extrapolated_steps / run.steps,
    // A run of one server that is ready: how it started, and who sent it requests, is not in it.
    inputs: config.inputs.filter(({ name }) => !name.startsWith("cold start") && name !== "router"),
    not_modelled: run.not_modelled.filter((text) => !OF_A_FLEET.some((word) => text.includes(word))),
    notes: [
      "The log has no token values: what prompts have in common, and so what a prefix cache finds, is not replayed.",
      ...(rejected > 0 ? [`${rejected} of the requests are longer than the simulated server takes, and are left out of its side.`] : []),
      ...notes,
    ],
  };
};

/** Words of what a run of one ready server has no part in. */
const OF_A_FLEET = ["weights", "Replicas", "replica", "autoscaler", "Nodes", "Clients", "cold starts"];

type Times = Readonly<Record<(typeof METRICS)[number], number | null>>;

/** In nanoseconds; a request of one token has no time per output token. */
const timesOf = ({
  arrivedAt,
  firstTokenAt,
  lastTokenAt,
  outputTokens,
}: Pick<RequestRecord, "arrivedAt" | "firstTokenAt" | "lastTokenAt" | "outputTokens">): Times => ({
  ttft: firstTokenAt! - arrivedAt,
  tpot: outputTokens > 1 ? (lastTokenAt! - firstTokenAt!) / (outputTokens - 1) : null,
  end_to_end: lastTokenAt! - arrivedAt,
});

const rowsOf = (metric: ValidationRow["metric"], measured: readonly number[], simulated: readonly number[]): ValidationRow[] => {
  if (measured.length === 0 || simulated.length === 0) return [];
  const [a, b] = [measured, simulated].map((times) => Float64Array.from(times).sort()) as [Float64Array, Float64Array];
  return STATISTICS.flatMap((statistic) => {
    const measured_s = toSeconds(statisticOf(a, statistic));
    const simulated_s = toSeconds(statisticOf(b, statistic));
    // Tokens logged at one instant have no time between them, and an error of it says nothing.
    return measured_s === 0 ? [] : [{ metric, statistic, measured_s, simulated_s, error: simulated_s / measured_s - 1 }];
  });
};

const statisticOf = (sorted: Float64Array, statistic: ValidationRow["statistic"]): number =>
  statistic === "mean"
    ? sorted.reduce((sum, time) => sum + time, 0) / sorted.length
    : quantileOfSorted(sorted, Number(statistic.slice(1)) / 100);

/** The worst row of each metric, by its error's size. */
export const worstRows = (rows: readonly ValidationRow[]): ValidationRow[] =>
  METRICS.flatMap((metric) => {
    const own = rows.filter((row) => row.metric === metric);
    return own.length === 0 ? [] : [own.reduce((worst, row) => (Math.abs(row.error) > Math.abs(worst.error) ? row : worst))];
  });
