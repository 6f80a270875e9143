import { resolve } from "node:path";
import { Command, Option } from "commander";
import { InputError } from "../../src/errors.ts";
import { planDefaultQuestion } from "../../src/plan/default-question.ts";
import { parseObjectives } from "../../src/plan/objectives.ts";
import { plan, type PlanAnswer } from "../../src/plan/plan.ts";
import { replicaSchema } from "../../src/replica/settings.ts";
import { planValidated } from "../../src/plan/validated.ts";
import { planText } from "../../src/report/text.ts";
import { traceFormatSchema } from "../../src/traffic/trace/schema.ts";
import { chooseDevice } from "../choose-device.ts";
import { writeWhole } from "../files.ts";
import type { Io } from "../io.ts";
import { readFleetValidation } from "../read-fleet-validation.ts";
import { atUser, loadScenario, scenarioOfTrace } from "../load-scenario.ts";
import { positiveNumber, positiveWholeNumber, refuseOptions } from "../options.ts";
import { progressLine, reading } from "../progress.ts";

interface PlanOptions {
  readonly manifests?: string;
  readonly autoscaler?: string;
  readonly workload?: string;
  readonly container?: string;
  readonly traffic?: string;
  readonly format?: string;
  readonly sessionsPerS?: number;
  readonly model?: string;
  readonly device?: string;
  readonly slo?: string;
  readonly validated?: string;
  readonly replications: number;
  readonly frontier?: true;
  readonly out?: string;
  readonly json?: true;
}

const answer = async (io: Io, file: string | undefined, options: PlanOptions, onProgress: (what: string) => void): Promise<PlanAnswer> => {
  const { traffic, format, slo, replications } = options;
  const hasFrontier = options.frontier === true;
  if (file !== undefined && traffic !== undefined) {
    throw new InputError(
      "--traffic",
      `expected a scenario or a trace, got both ${file} and ${traffic}`,
      "Name the trace in the scenario, or leave one out.",
    );
  }
  if (file === undefined) {
    refuseOptions(
      options,
      ["manifests", "autoscaler", "workload", "container"],
      "expected a scenario beside it, got none",
      "Write one, `ballast init`, and name it: ballast plan SCENARIO",
    );
  }
  if (traffic === undefined) {
    refuseOptions(
      options,
      ["format", "sessionsPerS"],
      "expected a trace beside it, got none",
      "Name one, --traffic FILE; a scenario says this under traffic.",
    );
  }
  const objectives = slo === undefined ? {} : parseObjectives(slo, "--slo");
  const givenBySlo = Object.keys(objectives).map((key) => [`objectives.${key}`, "--slo"] as const);
  if (file === undefined && traffic === undefined) {
    refuseOptions(options, ["validated"], "expected a scenario or --traffic beside it, got neither", "Plan for what was validated.");
    const chosen = chooseDevice(io, atUser(io, options.device), atUser(io, options.model), replicaSchema.parse(undefined));
    const given = new Map([...givenBySlo, ...(options.model === undefined ? [] : [["model", "--model"] as const])]);
    return planDefaultQuestion({ ...chosen, given, objectives, replications, hasFrontier, onProgress });
  }
  const loaded = await reading(io, (onRead) =>
    file === undefined
      ? scenarioOfTrace(io, traffic ?? "", format, { ...options, onRead })
      : loadScenario(io, file, { ...options, onRead }),
  );
  const { scenario, given } = loaded.from;
  const from = {
    ...loaded.from,
    scenario: { ...scenario, objectives: { ...scenario.objectives, ...objectives } },
    given: new Map([...given, ...givenBySlo]),
  };
  const validation = options.validated === undefined ? null : readFleetValidation(io.cwd, options.validated);
  const request = { ...loaded, from, replications, hasFrontier, onProgress };
  return validation === null ? plan(request) : planValidated(request, validation, options.validated!);
};

/** `ballast plan`: how much stable capacity a scenario, a trace or the default question needs. */
export const planCommand = (io: Io): Command =>
  new Command("plan")
    .description(
      "Say how much stable capacity the traffic needs: the smallest fixed number of replicas that meets the objectives, beside an autoscaler.",
    )
    .argument("[scenario]", "the scenario's file, YAML or JSON (see: ballast init; default: the default question, chat in bursts)")
    .addOption(new Option("--traffic <file>", "a trace's file instead of a scenario, .gz or not"))
    .addOption(new Option("--format <format>", "the trace's format (default: told from its beginning)").choices(traceFormatSchema.options))
    .option("--sessions-per-s <n>", "of a trace of agent sessions: how many begin a second", positiveNumber)
    .option(
      "--model <name|path>",
      "a built-in model, or the path of a Hugging Face config.json (default: the scenario's, else the largest built-in that fits)",
    )
    .option("--device <profile>", "a profile, or a device model from calibrate --out (default: the scenario's, else the newest run)")
    .option(
      "--slo <objectives>",
      'such as "ttft.p99<=2s tpot.p99<=80ms e2e.p95<=30s goodput>=99% rejected<=0.1% scale-events<=2/h gpu-hours<=40/h window=10m survive=1"; those that it does not name stay the scenario\'s (default: 2 s and 100 ms)',
    )
    .option("--manifests <file>", "Kubernetes manifests of a scenario: what runs today, beside the answer (default: the scenario's)")
    .option("--autoscaler <name>", "which of several in the manifests")
    .option("--workload <name>", "which of several in the manifests")
    .option("--container <name>", "which container of the workload is the server")
    .option(
      "--validated <file>",
      "a saved validation of the same servers (validate --fleet --out): what it has not reproduced gets no recommendation (default: none)",
    )
    .option(
      "--replications <n>",
      "how often generated traffic is drawn anew at most, where fewer do not tell; a trace is played once",
      positiveWholeNumber,
      16,
    )
    .option(
      "--frontier",
      "also look for the best floor with an autoscaler on top, and set all policies side by side by cost, tail and churn",
    )
    .option("--out <file>", "write the plan there, as JSON")
    .option("--json", "print the plan as JSON instead of text")
    .action(async (file: string | undefined, options: PlanOptions) => {
      const progress = progressLine(io, false);
      const { plan: found } = await answer(io, file, options, (what) => progress.show(0, `Simulating ${what}`));
      progress.end();
      const json = `${JSON.stringify(found, null, 1)}\n`;
      if (options.out !== undefined) writeWhole(resolve(io.cwd, options.out), json);
      io.out(options.json ? json : planText(found));
      if (options.out !== undefined) io.err(`Plan: ${options.out}\n`);
    });
