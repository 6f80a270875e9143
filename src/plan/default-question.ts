import type { DeviceModel } from "../calibration/device-model.ts";
import type { LanguageModel } from "../model/language-model.ts";
import { duration, limit, percent, plain } from "../format.ts";
import type { GivenScenario } from "../scenario/parse.ts";
import { resolveScenario } from "../scenario/resolve.ts";
import { objectivesSchema, type Objectives } from "../scenario/objectives.ts";
import { scenarioSchema } from "../scenario/schema.ts";
import { createStreams } from "../sim/streams.ts";
import { generate } from "../traffic/generate.ts";
import type { Traffic } from "../traffic/schema.ts";
import type { Seconds } from "../units.ts";
import { chatLengths, chatShare, reachableObjectives, RELATIVE_LIMIT, sampledChat } from "./default-chat.ts";
import { valuesOf } from "./objectives/latencies.ts";
import type { PlanRequest } from "./plan-request.ts";
import { plan, type PlanAnswer } from "./plan.ts";
import { PRECISION, sustainedRateOrNull } from "./search/sustained-rate.ts";
import type { OnProgress } from "./stages.ts";
import { unloadedLatencies } from "./search/unloaded.ts";

/** Traffic over what one replica sustains. */
const LOAD = 4;
const LEAST_DURATION: Seconds = 1200;
const LEAST_REQUESTS = 2000;
/** On a device so slow that they would take years, what comes in this time has to do. */
const MOST_DURATION: Seconds = 7 * 86_400;

export interface DefaultQuestionRequest {
  readonly device: DeviceModel;
  readonly model: LanguageModel;
  /** What of the question the user chose, as dotted paths of a scenario with the option that says so: `model` → `--model`. */
  readonly given: ReadonlyMap<string, string>;
  /** The user's objectives; the question's own for the others. */
  readonly objectives?: Partial<Objectives>;
  readonly replications?: number;
  /** Whether the plan also compares policies by cost; see `PlanRequest`. */
  readonly hasFrontier?: boolean;
  readonly hasLevers?: boolean;
  /** See `PlanRequest`. */
  readonly sensitivity?: PlanRequest["sensitivity"];
  readonly onProgress?: OnProgress;
}

/**
 * Answers the question that Ballast asks where the user asks none: bursty chat at four times what one replica sustains, TTFT p99 ≤ 2 s,
 * TPOT p99 ≤ 100 ms. The plan's question says all of this with its numbers.
 *
 * - Chat: log-normal lengths with the median and 99th percentile of Azure's 2023 conversation trace, at most three quarters (prompt) and a
 *   quarter (output) of the model's context; an eighth of all that on a software adapter.
 * - What one replica sustains: the highest Poisson rate of such requests at which it meets both objectives, found by simulation.
 * - Bursts: 30 s at four times the calm rate, every 5 minutes on average, for 20 minutes, or longer until 2,000 requests are expected, at most a week.
 * - Objectives: where 1 % of the requests, each alone on an idle replica, already take more than half of an objective, that one
 *   becomes four times what they take: a slow device is asked a question that it can answer.
 */
export const planDefaultQuestion = (request: DefaultQuestionRequest): PlanAnswer => {
  const { device, model, given, replications, hasFrontier = false, hasLevers = false, sensitivity, onProgress = () => {} } = request;
  const share = chatShare(device.is_gpu);
  const lengths = chatLengths(model.contextLength, share);
  const scenarioWith = (traffic: Traffic, objectives: Objectives): GivenScenario => ({
    scenario: scenarioSchema.parse({ name: "default question", traffic, model: model.name, objectives }),
    given,
    place: "default question",
  });

  const sampled = sampledChat(model.contextLength, share);
  const sample = [...generate(sampled, createStreams(0))];
  const setup = resolveScenario(scenarioWith(sampled, objectivesSchema.parse({})), device, model, sample);
  const alone = valuesOf(unloadedLatencies(sample, setup.replica, setup.stepTime));
  const objectives = { ...reachableObjectives(alone), ...request.objectives };
  const sustained = sustainedRateOrNull(
    { setup, objectives, seeds: [0], requestsOf: () => sample, onProgress: (what) => onProgress(what, 0) },
    1,
    1,
  );
  const requestsPerSecond = Number((LOAD * (sustained ?? 1)).toPrecision(3));
  const traffic: Traffic = {
    kind: "bursty",
    requests_per_s: requestsPerSecond,
    duration_s: Math.min(MOST_DURATION, Math.max(LEAST_DURATION, Math.ceil(LEAST_REQUESTS / requestsPerSecond / 60) * 60)),
    burst_factor: 4,
    burst_s: 30,
    calm_s: 270,
    ...lengths,
  };
  const answer = plan({
    from: scenarioWith(traffic, objectives),
    device,
    model,
    trace: null,
    replications,
    hasFrontier,
    hasLevers,
    ...(sensitivity === undefined ? {} : { sensitivity }),
    onProgress,
  });
  const load =
    sustained === null
      ? "One replica meets the objectives at no rate, so 4 requests/s were taken."
      : `That is ${LOAD} times the ${plain(sustained, 3)} requests/s that one replica sustains: the highest rate of a steady Poisson stream of such requests at which it meets the objectives, to within ${percent(PRECISION)}.`;
  const absolute = objectivesSchema.parse({});
  const relative = (Object.keys(NAMES) as (keyof typeof NAMES)[])
    .filter((key) => request.objectives?.[key] === undefined && objectives[key] !== absolute[key])
    .map(
      (key) =>
        ` ${NAMES[key]} ≤ ${limit(absolute[key])} would leave no room on this device, since one request alone takes ${duration(alone[key] ?? 0)} (p99): the limit is ${RELATIVE_LIMIT} times that instead.`,
    );
  const chat = `chat with the prompt and output lengths of Azure's 2023 conversation trace${share === 1 ? "" : `, each times 1/${1 / share} since this is not a GPU`}`;
  const question = `${answer.plan.question} This is Ballast's default question: ${chat}. ${load}${relative.join("")}`;
  return { ...answer, plan: { ...answer.plan, question } };
};

const NAMES = { ttft_p99_s: "TTFT p99", tpot_p99_s: "TPOT p99" } as const;
