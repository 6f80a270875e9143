import { engineCaveatOrNull, saysNotAGpu } from "../../calibration/whose-speed.ts";
import { noAnswerOrNull } from "../no-answer.ts";
import { notAGpuOrNull } from "../not-a-gpu.ts";
import { conditionName, runtimeCaveatOrNull } from "../runtime.ts";
import { peersSentence } from "../peers-sentences.ts";
import { answerSentence, comparedCandidates } from "../plan-sentences.ts";
import { runSentence } from "../run-text.ts";
import { chartsFor, type SvgDocument } from "./chart.ts";
import { deviceModelSection } from "./device-model-section.ts";
import { foot } from "./foot.ts";
import { leversSection } from "./levers-section.ts";
import type { ReportParts } from "./parts.ts";
import { peersSection } from "./peers-section.ts";
import { basisSection, planSection } from "./plan-section.ts";
import { profileSection } from "./profile-section.ts";
import { repeatSection } from "./repeat-section.ts";
import { runSection } from "./run-section.ts";
import { pageHtml, type Section } from "./shell.ts";

/** The one sentence a reader takes away, from the furthest value there is. */
const headline = ({ profile, deviceModel, runs = [], plan, peers }: ReportParts): string => {
  if (plan !== undefined) return answerSentence(plan);
  if (runs[0] !== undefined) return runSentence(runs[0]);
  if (deviceModel !== undefined) return `${deviceModel.model} on ${deviceModel.device}: its load, warm-up and step curves`;
  if (profile !== undefined) return `${profile.device}, measured in ${conditionName(profile)}`;
  if (peers !== undefined) return peersSentence(peers);
  return "An empty report";
};

/** Whose speed the runs of a page are, where no plan says so. */
const runCaveatOrNull = ({ plan, runs = [] }: ReportParts): string | null => {
  const engine = runs[0]?.inputs.find(({ name }) => name === "engine")?.value;
  return plan !== undefined || engine === undefined ? null : engineCaveatOrNull(engine);
};

const caveats = (parts: ReportParts): string[] => {
  const { profile, deviceModel, runs = [], plan, peers } = parts;
  const measured = profile ?? deviceModel;
  const device = measured ?? peers;
  const answer = plan?.heading ?? runCaveatOrNull(parts);
  const all = [
    answer,
    device === undefined || (answer !== null && saysNotAGpu(answer)) ? null : notAGpuOrNull(device),
    measured === undefined ? null : runtimeCaveatOrNull(measured),
    profile === undefined || plan !== undefined || deviceModel !== undefined || runs.length > 0 ? null : noAnswerOrNull(profile),
  ];
  return all.filter((text) => text !== null);
};

/**
 * One self-contained page: the answer in one sentence with its caveat beside it, what decides it, timelines, curves, the device, what was
 * not modelled, and how to repeat it. No script, no network; pictures are SVG with a description for those who do not see them.
 *
 * The same parts give the same bytes.
 *
 * @param document creates the SVG elements: a page's own, or one made by a DOM library in Node
 */
export const reportHtml = (parts: ReportParts, document: SvgDocument): string => {
  const charts = chartsFor(document);
  const { profile, deviceModel, runs = [], plan, peers, made } = parts;
  const objectives = (plan === undefined ? [] : comparedCandidates(plan))[0]?.candidate.objectives ?? [];
  const inputs = plan?.inputs ?? runs[0]?.inputs ?? [];
  const notModelled = plan?.not_modelled ?? runs[0]?.not_modelled ?? [];
  const sections: readonly Section[] = [
    ...(plan === undefined ? [] : [["answer", "What decides it", planSection(charts, plan)] as const]),
    ...(plan?.levers === undefined ? [] : [["levers", "Levers", leversSection(charts, plan.levers)] as const]),
    ...(runs.length === 0 ? [] : [["runs", "Timelines", runSection(charts, runs, objectives)] as const]),
    ...(inputs.length + notModelled.length === 0 ? [] : [["basis", "What this rests on", basisSection(inputs, notModelled)] as const]),
    ...(deviceModel === undefined ? [] : [["curves", "Curves", deviceModelSection(charts, deviceModel, profile)] as const]),
    ...(profile === undefined ? [] : [["device", "Device", profileSection(charts, profile)] as const]),
    ...(peers === undefined ? [] : [["peers", "Beside other libraries", peersSection(charts, peers, profile)] as const]),
    ["repeat", "How to repeat this", repeatSection(parts)],
  ];
  return pageHtml({
    kicker: "Ballast report",
    caveats: caveats(parts),
    title: headline(parts),
    sections,
    ...(made === undefined ? {} : { foot: foot(made) }),
  });
};
