import { InputError } from "../errors.ts";
import { duration, plain } from "../format.ts";
import type { Policy } from "../fleet/policy.ts";
import { variedCvs } from "../scenario/burstiness.ts";
import { utcTime } from "../scenario/prometheus-inputs.ts";
import type { FleetSetup } from "../scenario/resolve.ts";
import { createStreams } from "../sim/streams.ts";
import type { TrafficData } from "../traffic/data.ts";
import { generatePrometheus, prometheusOf } from "../traffic/prometheus/generate.ts";
import type { Prometheus } from "../traffic/prometheus/schema.ts";
import { fillingOf, firstCompared, gaugeRows, latencyRows, type DrawnReplay } from "./compared.ts";
import { FLEET_VALIDATION_SCHEMA, type FleetValidation } from "./fleet-schema.ts";
import type { ObservedFleet } from "./observed-fleet.ts";
import { replayFleet } from "./replay.ts";
import { serverOf } from "./server.ts";

export interface FleetQuestion {
  readonly observed: ObservedFleet;
  readonly setup: FleetSetup;
  readonly traffic: Prometheus;
  readonly data: TrafficData;
  /** Null: as many replicas as were observed. */
  readonly policy: Policy | null;
  readonly seeds: readonly number[];
  /** How far outside the observed bounds a figure still counts as reproduced, as a share of the nearer one. */
  readonly tolerance: number;
  readonly model: string;
  readonly device: string;
  /** Told what is about to be simulated, in words. */
  readonly onProgress?: (what: string) => void;
}

/**
 * Simulates the hours that a Prometheus saw and puts both side by side. Nothing is fitted to what was observed.
 *
 * The requests are drawn from their counts and length histograms for each seed, and with each burstiness that the time between two samples leaves
 * open; a figure is judged with each of these by its mean over the seeds.
 *
 * @throws InputError where nothing was served in the simulation that could be compared
 */
export const validateFleet = (question: FleetQuestion): FleetValidation => {
  const { observed, setup, traffic, data, policy, seeds, onProgress = () => {} } = question;
  const { arrivals } = prometheusOf(traffic, data);
  const cvs = [traffic.cv, ...variedCvs(traffic, data)];
  const replays: DrawnReplay[] = [];
  for (const cv of cvs) {
    for (const seed of seeds) {
      onProgress(`the observed hours, seed ${seed}${cvs.length === 1 ? "" : `, gaps of coefficient of variation ${plain(cv)}`}`);
      const requests = generatePrometheus({ ...traffic, cv }, createStreams(seed), data);
      replays.push({ cv, replay: replayFleet(observed, setup, policy, { requests, seed, begins: arrivals.begins }) });
    }
  }
  const first = replays[0]?.replay;
  if (first === undefined || first.latency("ttft", "mean") === null) {
    throw new InputError(
      observed.folder,
      "expected requests that the simulated fleet serves, got none",
      "Check the model, the device and the range.",
    );
  }
  const { readings } = observed;
  const filling = fillingOf(observed, first);
  const compared = firstCompared(observed, arrivals.begins, filling);
  const steps = replays.reduce((sum, { replay }) => sum + replay.run.steps, 0);
  return {
    schema: FLEET_VALIDATION_SCHEMA,
    fleet: observed.folder,
    model: question.model,
    device: question.device,
    server: serverOf(setup),
    begins: utcTime(readings[0]!.at),
    lasts_s: readings.at(-1)!.at - readings[0]!.at,
    window_s: arrivals.window,
    requests: first.run.requests.arrived,
    replayed: policy === null ? "observed" : "policy",
    seeds: [...seeds],
    cvs,
    tolerance: question.tolerance,
    rows: [...latencyRows(question, replays), ...gaugeRows(question, replays, compared)],
    over_time: {
      at_s: readings.map(({ at }) => at - readings[0]!.at),
      replicas: { observed: readings.map(({ replicas }) => replicas), simulated: first.gauges.map(({ ready }) => ready) },
      running: { observed: readings.map(({ running }) => running), simulated: first.gauges.map(({ running }) => running) },
      waiting: { observed: readings.map(({ waiting }) => waiting), simulated: first.gauges.map(({ waiting }) => waiting) },
    },
    extrapolated_share: steps === 0 ? 0 : replays.reduce((sum, { replay }) => sum + replay.run.extrapolated_steps, 0) / steps,
    // Replicas that were there are ready at once: how one starts has no part in it.
    inputs: setup.inputs.filter(({ name }) => policy !== null || !name.startsWith("cold start")),
    not_modelled: [...first.run.not_modelled],
    notes: [
      "Percentiles observed are known to a bucket of the server's histogram: they are compared with its bounds, and means with the histogram's sum.",
      compared < readings.length - 1
        ? `What was in flight when the hours began is not replayed: running, waiting, replicas and tokens are compared from ${duration(filling)} on, the mean time end to end. What arrives last ends after them: figures are of tokens that came inside.`
        : `What was in flight when the hours began is not replayed, and they are no longer than the mean time end to end, ${duration(filling)}: running, waiting, replicas and tokens are not compared.`,
      ...(policy === null
        ? [
            "A server counts as there from its first scrape to its last, while it drains too; in the simulation those that come are ready at once, with a warm cache.",
          ]
        : []),
    ],
  };
};
