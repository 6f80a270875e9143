import { join } from "node:path";
import { calibrate } from "../src/calibration/calibrate.ts";
import { largestBuiltInThatFits } from "../src/calibration/kv-blocks.ts";
import { besideEachOther } from "../src/compare/compare.ts";
import { planDefaultQuestion } from "../src/plan/default-question.ts";
import type { Profile } from "../src/profile/schema.ts";
import { replicaSchema } from "../src/replica/settings.ts";
import { figuresText } from "../src/report/compare-text.ts";
import { planText } from "../src/report/text.ts";
import { writeReport } from "./commands/report.ts";
import { writeWhole } from "./files.ts";
import type { FoundPeers } from "./kept-peers.ts";
import { contentHash, type KeptProfile } from "./kept-profiles.ts";

export interface AnswerRequest {
  readonly profile: Profile;
  /** The run's folder; the device model, the plan and the report go there. */
  readonly folder: string;
  /** Profiles of other devices, and of this one on other days. */
  readonly kept: readonly KeptProfile[];
  /** How often the question's traffic is drawn anew. */
  readonly replications: number;
  readonly onProgress: (what: string) => void;
  /** The peer table to show beside the profile, if any. */
  readonly peers?: FoundPeers | null;
}

/** What a bench ends with, as text, and where the page is. */
export interface Answer {
  readonly text: string;
  readonly report: string;
}

/**
 * From a profile to the answer of the default question: calibrates the largest built-in model that fits, simulates, writes the report,
 * and holds the device beside every kept one.
 *
 * @throws InputError naming the measurement that the profile lacks
 */
export const answerDefaultQuestion = ({ profile, folder, kept, replications, onProgress, peers = null }: AnswerRequest): Answer => {
  const model = largestBuiltInThatFits(profile, replicaSchema.parse(undefined));
  const device = calibrate(profile, model, {
    profileHash: contentHash(profile),
  });
  const write = (name: string, value: unknown) => writeWhole(join(folder, name), `${JSON.stringify(value, null, 1)}\n`);
  write("device-model.json", device);
  const { plan, fixed, autoscaler } = planDefaultQuestion({ device, model, given: new Map(), replications, onProgress });
  write("plan.json", { ...plan, command: `ballast plan --device device-model.json --replications ${replications}` });
  if (fixed !== null) write("run-fixed.json", fixed);
  if (autoscaler !== null) write("run-autoscaler.json", autoscaler);
  const participants = [{ name: "this run", profile }, ...kept].map(({ name, profile: own }) => ({
    source: name,
    profile: own,
    hash: contentHash(own),
  }));
  const { comparison } = besideEachOther(participants, { model, isSimulated: false });
  const beside = figuresText(comparison, kept.length === 0 ? "This device in figures" : "This device beside kept profiles");
  return { text: `${planText(plan)}\n${beside}`, report: writeReport([folder], { peersFor: () => peers }) };
};
