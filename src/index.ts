/**
 * Ballast as a library: from a scenario and a device model to a run and a plan. All of it is pure: texts and streams are handed in, values come out,
 * and it runs unchanged in Node, in a worker and in a page. docs/library.md says what each of these is for.
 */

/** A mistake in what was given: place, rule, value, next step. Anything else that is thrown is a fault of the caller or of Ballast. */
export { InputError } from "./errors.ts";

// What is asked: a scenario, as text or as fields, and what it names.
export { parseScenario, scenarioOf, type GivenScenario } from "./scenario/parse.ts";
export { fleetConfig, type ScenarioParts } from "./scenario/fleet-config.ts";
export { resolveScenario, type FleetSetup } from "./scenario/resolve.ts";
export { resolvePolicy, type PolicyData } from "./scenario/policy.ts";
export type { Objectives } from "./scenario/objectives.ts";
export { scenarioSchema, type Scenario } from "./scenario/schema.ts";

// On what: language models, measured devices, and the scaling model of one on the other.
export { builtInModel, builtInModels } from "./model/built-in.ts";
export { modelFromConfigJson } from "./model/config-json.ts";
export type { LanguageModel } from "./model/language-model.ts";
export { profileHash, readProfile } from "./profile/read.ts";
export { profileSchema, type Profile } from "./profile/schema.ts";
export { calibrate, type CalibrationOptions } from "./calibration/calibrate.ts";
export { readDeviceModel } from "./calibration/read-device-model.ts";
export { deviceModelSchema, type DeviceModel } from "./calibration/device-model.ts";

// Under which load: traffic drawn or read, and what it is like.
export { createStreams, type Stream, type Streams } from "./sim/streams.ts";
export { generate, type GeneratedTraffic } from "./traffic/generate.ts";
export { linesOf, type Line } from "./traffic/trace/lines.ts";
export { readAzure } from "./traffic/trace/azure.ts";
export { readCsv } from "./traffic/trace/csv.ts";
export { readMooncake } from "./traffic/trace/mooncake.ts";
export { readPrometheus, type PrometheusTraffic } from "./traffic/prometheus/read.ts";
export { readVllm } from "./traffic/trace/vllm.ts";
export type { CsvRecord } from "./traffic/trace/columns.ts";
export type { Playing } from "./traffic/trace/in-order.ts";
export { describeTraffic, type TrafficDescription } from "./traffic/describe.ts";
export { trafficSchema, type Traffic } from "./traffic/schema.ts";
export type { ObservedLengths, TrafficData } from "./traffic/data.ts";
export type { FollowUp, PromptPart, Request, Work } from "./traffic/request.ts";

// What happens, and how much is needed.
export { simulate } from "./fleet/simulate.ts";
export type { FleetConfig, RequestRecord } from "./fleet/config.ts";
export type { Policy } from "./fleet/policy.ts";
export { runSchema, type Run } from "./fleet/run.ts";
export { plan, type PlanAnswer } from "./plan/plan.ts";
export type { PlanRequest } from "./plan/plan-request.ts";
export { planSchema, type Plan } from "./plan/schema.ts";
