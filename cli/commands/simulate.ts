import { resolve } from "node:path";
import { Command } from "commander";
import { whoseSpeed } from "../../src/calibration/whose-speed.ts";
import { InputError, NotModelledError, orNotModelled } from "../../src/errors.ts";
import type { RequestRecord } from "../../src/fleet/config.ts";
import { simulatePriced } from "../../src/fleet/price-events.ts";
import type { Run } from "../../src/fleet/run.ts";
import { simulate } from "../../src/fleet/simulate.ts";
import { LifeSpans } from "../../src/replica/life-spans.ts";
import { traceJson } from "../../src/report/trace-events.ts";
import { savedJson } from "../../src/json.ts";
import { ObjectiveMeter } from "../../src/plan/objectives/objective-meter.ts";
import { PLAIN } from "../../src/report/layout.ts";
import { runText } from "../../src/report/text.ts";
import { costSentence } from "../../src/report/objective-words.ts";
import { costOf } from "../../src/scenario/prices.ts";
import { checkArrived, fleetConfig } from "../../src/scenario/fleet-config.ts";
import { shellWord } from "../command-text.ts";
import { checkPlace, writeWhole } from "../files.ts";
import type { Io } from "../io.ts";
import { loadScenario, type LoadedScenario } from "../load-scenario.ts";
import { recordsFile } from "../records-file.ts";
import { positiveNumber, wholeNumber } from "../options.ts";
import { reading } from "../progress.ts";

interface SimulateOptions {
  readonly manifests?: string;
  readonly autoscaler?: string;
  readonly workload?: string;
  readonly container?: string;
  readonly model?: string;
  readonly device?: string;
  readonly seed?: number;
  readonly stepwise?: true;
  readonly priceEvents?: number | true;
  readonly priceHorizon: number;
  readonly out?: string;
  readonly traceOut?: string;
  readonly records?: string;
  readonly json?: true;
}

const pricing = ({ priceEvents, priceHorizon }: SimulateOptions) => {
  const largest = typeof priceEvents === "number" ? priceEvents : 10;
  return { horizon: priceHorizon, largest, sampled: Math.ceil(largest / 2) };
};

/** Simulates, and writes the requests to a file where one is given; where the run fails, nothing is left of it. */
const recording = (io: Io, path: string | undefined, run: (onRequest?: (record: RequestRecord) => void) => Run): Run => {
  if (path === undefined) return run();
  const file = recordsFile(resolve(io.cwd, path));
  try {
    const result = run((record) => file.add(record));
    file.finish();
    return result;
  } catch (error) {
    file.discard();
    throw error;
  }
};

/** @throws InputError where what scales the fleet is not modelled: with what simulates it all the same */
const configOf = (loaded: LoadedScenario, file: string): ReturnType<typeof fleetConfig> => {
  const config = orNotModelled(() => fleetConfig(loaded));
  if (!(config instanceof NotModelledError)) return config;
  const { place, problem, nextStep } = config;
  throw new InputError(
    place,
    problem,
    `${nextStep} Or name the manifests in the scenario, and beside them what it keeps on average, such as policy: { kind: fixed, replicas: 4 }. Or ask how many replicas it takes, which leaves it out: ballast plan ${shellWord(file)}, with the same manifests.`,
  );
};

/** `ballast simulate`: one scenario, one seed, one policy. */
export const simulateCommand = (io: Io): Command =>
  new Command("simulate")
    .description("Simulate a fleet on a scenario's traffic: latencies, utilization, scale events, GPU-hours.")
    .argument("<scenario>", "the scenario's file, YAML or JSON (see: ballast init)")
    .option("--model <name|path>", "a built-in model, or the path of a Hugging Face config.json (default: the scenario's)")
    .option("--device <profile>", "a profile, or a device model from calibrate --out (default: the scenario's, else the newest run)")
    .option("--seed <n>", "seed of all chance, a whole number (default: the scenario's)", wholeNumber)
    .option(
      "--manifests <file>",
      "Kubernetes manifests: HPA, ScaledObject or Knative Service, and the Deployment (default: the scenario's)",
    )
    .option("--autoscaler <name>", "which of several in the manifests")
    .option("--workload <name>", "which of several in the manifests")
    .option("--container <name>", "which container of the workload is the server")
    .option("--stepwise", "run every engine step through the scheduler: the same result, slower")
    .option("--price-events [n]", "say what scale events cost: the n largest and half as many of the others (default: 10)", wholeNumber)
    .option("--price-horizon <s>", "how far a price looks, in seconds after the decision", positiveNumber, 600)
    .option("--out <file>", "write the run there, as JSON; replaces a file that is there")
    .option(
      "--trace-out <file>",
      "write the replicas' lives and the timeline there, for ui.perfetto.dev or chrome://tracing; replaces a file that is there",
    )
    .option("--records <file>", "write every request there as it leaves, as CSV; replaces a file that is there")
    .option("--json", "print the run as JSON instead of text")
    .action(async (file: string, options: SimulateOptions) => {
      for (const place of [options.out, options.traceOut, options.records]) checkPlace(io.cwd, place);
      const loaded = await reading(io, (onRead) => loadScenario(io, file, { ...options, onRead }));
      const objectives = new ObjectiveMeter(loaded.from.scenario.objectives);
      const config = { ...configOf(loaded, file), isStepwise: options.stepwise === true, recordsTokens: objectives.needsTokens };
      const lifeSpans = options.traceOut === undefined ? undefined : new LifeSpans();
      const run = recording(io, options.records, (record) => {
        const onRequest = (left: RequestRecord): void => {
          objectives.add(left);
          record?.(left);
        };
        return options.priceEvents === undefined
          ? simulate(config, onRequest, lifeSpans)
          : simulatePriced(config, pricing(options), onRequest, lifeSpans);
      });
      checkArrived(loaded.from, run);
      const json = savedJson(run);
      const { prices } = loaded.from.scenario;
      const cost = prices === undefined ? null : costOf(run, config.policy, prices);
      const sentences = [
        ...objectives.sentences(run, cost),
        ...(prices === undefined || cost === null ? [] : [costSentence(cost, run, prices)]),
      ];
      io.out(options.json ? json : `${whoseSpeed(loaded.device)}\n\n${runText(run, PLAIN, sentences)}`);
      if (options.out !== undefined) writeWhole(resolve(io.cwd, options.out), json);
      if (options.traceOut !== undefined) writeWhole(resolve(io.cwd, options.traceOut), traceJson(run, lifeSpans?.spans ?? []));
      if (options.records !== undefined) io.err(`Requests: ${options.records}\n`);
      if (options.out !== undefined) io.err(`Run: ${options.out}\n`);
      if (options.traceOut !== undefined) io.err(`Trace, for https://ui.perfetto.dev or chrome://tracing: ${options.traceOut}\n`);
    });
