import { whoseSpeed } from "../calibration/whose-speed.ts";
import { notModelled } from "../fleet/not-modelled.ts";
import type { Objectives } from "../scenario/objectives.ts";
import { trafficInWords } from "../scenario/traffic-inputs.ts";
import type { FixedSearch } from "./search/fixed-capacity.ts";
import { setupUnderHardship } from "./search/hardships.ts";
import { deviceNotes, EDGES, traceCautions, traceNote } from "./notes.ts";
import { objectiveInputs, objectivesInWords } from "./objectives/in-words.ts";
import type { Piece } from "./piece.ts";
import type { PlanRequest } from "./plan-request.ts";
import type { Question } from "./search/question.ts";
import { PLAN_SCHEMA, type Plan } from "./schema.ts";

/** What was asked, of what, and what the answer rests on whichever it is. */
export const basis = (
  { from, device, trace }: PlanRequest,
  question: Question,
  tried: FixedSearch["tried"],
): Piece<"schema" | "heading" | "model" | "device" | "question" | "conditions" | "cautions" | "seeds" | "tried" | "not_modelled"> => ({
  fields: {
    schema: PLAN_SCHEMA,
    heading: whoseSpeed(device),
    model: device.model,
    device: device.device,
    question: `How many replicas of ${device.model} on ${device.device} meet ${objectivesInWords(from.scenario.objectives)}? Traffic: ${trafficInWords(from.scenario.traffic)}.`,
    ...conditionsPart(from.scenario.objectives),
    ...cautionsPart(from.server?.cautions ?? [], trace === null ? null : traceCautions(trace, question.setup)),
    seeds: [...question.seeds],
    tried: [...tried],
    not_modelled: notModelled(setupUnderHardship(question)),
  },
  inputs: [...question.setup.inputs, ...objectiveInputs(from)],
  notes: [...deviceNotes(device), ...(trace === null ? [] : [traceNote(trace)]), EDGES],
});

const cautionsPart = (ofServer: readonly string[], ofTrace: readonly string[] | null): Pick<Plan, "cautions"> =>
  ofTrace === null && ofServer.length === 0 ? {} : { cautions: [...ofServer, ...(ofTrace ?? [])] };

const conditionsPart = ({ window_s: window, survive = 0 }: Objectives): Pick<Plan, "conditions"> =>
  window === undefined && survive === 0
    ? {}
    : { conditions: { ...(window === undefined ? {} : { window_s: window }), ...(survive === 0 ? {} : { survive }) } };
