import { resolve } from "node:path";
import { Command, Option } from "commander";
import { InputError } from "../../src/errors.ts";
import type { Destination } from "../../src/manifests/destination.ts";
import { planDefaultQuestion } from "../../src/plan/default-question.ts";
import type { LanguageModel } from "../../src/model/language-model.ts";
import { parseObjectives } from "../../src/plan/objectives/parse-objectives.ts";
import type { PlanRequest } from "../../src/plan/plan-request.ts";
import { plan, type PlanAnswer } from "../../src/plan/plan.ts";
import type { Plan } from "../../src/plan/schema.ts";
import type { OnProgress } from "../../src/plan/stages.ts";
import { replicaSchema } from "../../src/replica/settings.ts";
import { withAsked } from "../../src/scenario/asked.ts";
import { planValidated } from "../../src/plan/validated.ts";
import { planText } from "../../src/report/text.ts";
import { traceFormatSchema } from "../../src/traffic/trace/schema.ts";
import { chooseDevice, deviceFor } from "../choose-device.ts";
import { commandText, shellWord } from "../command-text.ts";
import { checkPlace, writeWhole } from "../files.ts";
import type { Io } from "../io.ts";
import { checkManifestsFolder, writeManifests } from "../manifests-out.ts";
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
  readonly replications?: number;
  readonly frontier?: true;
  readonly levers?: true;
  readonly sensitivity?: true;
  readonly against?: readonly string[];
  readonly manifestsOut?: string;
  readonly out?: string;
  readonly json?: true;
}

interface Answered extends PlanAnswer {
  /** What the user's manifests scale, where there are some. */
  readonly destination: Destination | null;
}

const answer = async (io: Io, file: string | undefined, options: PlanOptions, onProgress: OnProgress): Promise<Answered> => {
  const { traffic, format, slo, replications } = options;
  const hasFrontier = options.frontier === true || options.manifestsOut !== undefined;
  const hasLevers = options.levers === true;
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
  if (options.sensitivity === undefined) {
    refuseOptions(options, ["against"], "expected --sensitivity beside it, got none", "Add --sensitivity, or leave it out.");
  }
  const objectives = slo === undefined ? {} : parseObjectives(slo, "--slo");
  const givenBySlo = Object.keys(objectives).map((key) => [`objectives.${key}`, "--slo"] as const);
  if (file === undefined && traffic === undefined) {
    refuseOptions(options, ["validated"], "expected a scenario or --traffic beside it, got neither", "Plan for what was validated.");
    const chosen = chooseDevice(io, atUser(io, options.device), atUser(io, options.model), replicaSchema.parse(undefined));
    const given = new Map([...givenBySlo, ...(options.model === undefined ? [] : [["model", "--model"] as const])]);
    const answered = planDefaultQuestion({
      ...chosen,
      given,
      objectives,
      replications,
      hasFrontier,
      hasLevers,
      ...sensitivityOf(io, options, chosen.model),
      onProgress,
    });
    return { ...answered, destination: null };
  }
  const loaded = await reading(io, (onRead) =>
    file === undefined
      ? scenarioOfTrace(io, traffic ?? "", format, { ...options, onRead })
      : loadScenario(io, file, { ...options, onRead }),
  );
  const from = withAsked(loaded.from, objectives, "--slo");
  const validation = options.validated === undefined ? null : readFleetValidation(io.cwd, options.validated);
  const request = { ...loaded, from, replications, hasFrontier, hasLevers, ...sensitivityOf(io, options, loaded.model), onProgress };
  const answered = validation === null ? plan(request) : planValidated(request, validation, options.validated!);
  return { ...answered, destination: loaded.destination };
};

/** What the answer is held against, under names that tell the devices apart. */
const sensitivityOf = (io: Io, { sensitivity, against = [] }: PlanOptions, model: LanguageModel): Pick<PlanRequest, "sensitivity"> => {
  if (sensitivity === undefined) return {};
  const devices = against.map((text) => ({ text, device: deviceFor(io, { text, folder: io.cwd }, model) }));
  const isAlone = (name: string): boolean => devices.filter(({ device }) => device.device === name).length === 1;
  const named = devices.map(({ text, device }) => ({ name: isAlone(device.device) ? device.device : `${device.device}, ${text}`, device }));
  return { sensitivity: { against: named } };
};

/** How the question's scenario is simulated, but for its manifests. */
const simulateText = (file: string | undefined, { model, device }: PlanOptions): string =>
  [
    "ballast simulate",
    file === undefined ? "SCENARIO" : shellWord(file),
    ...optionText("model", model),
    ...optionText("device", device),
  ].join(" ");

const optionText = (name: string, value: string | undefined): string[] => (value === undefined ? [] : [`--${name} ${shellWord(value)}`]);

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
      'such as "ttft.p99<=2s tpot.p99<=80ms itl.p99<=200ms e2e.p95<=30s ttft.p99[priority=1]<=30s goodput>=99% rejected<=0.1% scale-events<=2/h gpu-hours<=40/h cost<=100/h window=10m survive=1"; those that it does not name stay the scenario\'s (default: 2 s and 100 ms)',
    )
    .option("--manifests <file>", "Kubernetes manifests of a scenario: what runs today, before the answer (default: the scenario's)")
    .option("--autoscaler <name>", "which of several in the manifests")
    .option("--workload <name>", "which of several in the manifests")
    .option("--container <name>", "which container of the workload is the server")
    .option(
      "--validated <file>",
      "a saved validation of the same servers (validate --fleet --out): what it has not reproduced gets no recommendation (default: none)",
    )
    .option(
      "--replications <n>",
      "how often generated traffic is drawn anew at most, where fewer do not tell (default: 16, or as often as makes 400,000 requests where that is more, 1,024 at most); a trace is played once",
      positiveWholeNumber,
    )
    .option(
      "--frontier",
      "also look for the best floor with an autoscaler on top, and set all policies side by side by cost, tail and churn",
    )
    .option("--levers", "also say what each lever (a floor, smoothing, admission, placement, churn, a warm pool, faster loads) is worth")
    .option(
      "--sensitivity",
      "also say what the answer becomes when traffic grows by half, bursts double, cold starts take half as long, and steps are 1.5 times as fast",
    )
    .option("--against <device...>", "with --sensitivity: other profiles or device models instead of faster steps")
    .option(
      "--manifests-out <folder>",
      "write the answer there for a cluster: a number of replicas, and the best floor (--frontier) as HPA, KEDA ScaledObject and Knative annotations, with a reason at each value; never overwrites",
    )
    .option("--out <file>", "write the plan there, as JSON; replaces a file that is there")
    .option("--json", "print the plan as JSON instead of text")
    .action(async (file: string | undefined, options: PlanOptions) => {
      const progress = progressLine(io, false);
      checkPlace(io.cwd, options.out);
      if (options.manifestsOut !== undefined) checkManifestsFolder(io, options.manifestsOut);
      const answered = await answer(io, file, options, (what, share) => progress.show(share, `Simulating, ${what}`));
      const found: Plan = io.args === undefined ? answered.plan : { ...answered.plan, command: commandText(io.args) };
      progress.end();
      const json = `${JSON.stringify(found, null, 1)}\n`;
      io.out(options.json ? json : planText(found));
      if (options.out !== undefined) writeWhole(resolve(io.cwd, options.out), json);
      if (options.out !== undefined) io.err(`Plan: ${options.out}\n`);
      if (options.manifestsOut === undefined) return;
      const lines = writeManifests(io, answered, answered.destination, options.manifestsOut, simulateText(file, options));
      progress.end();
      for (const line of lines) io.err(`${line}\n`);
    });
