import { WEBGPU } from "../../calibration/device-model.ts";
import type { Run } from "../../fleet/run.ts";
import { list } from "../../format.ts";
import { html, type Html } from "./markup.ts";
import type { ReportParts } from "./parts.ts";

/** The commands that make the values of this report again, in order. */
export const repeatCommands = ({ profile, deviceModel, runs = [], plan, peers }: ReportParts): string[] => [
  ...(profile === undefined
    ? []
    : [
        [
          "npx ballast bench",
          ...(profile.is_quick ? ["--quick"] : []),
          `--budget ${profile.budget_s}`,
          ...(profile.is_gpu ? [] : ["--software"]),
          ...(profile.condition === "web" ? [] : [`--condition ${profile.condition}`]),
          ...(profile.runtime === "dawn" ? ["--runtime dawn"] : []),
        ].join(" "),
      ]),
  ...(deviceModel === undefined ? [] : [calibrateCommand(deviceModel)]),
  ...(plan === undefined ? [] : [`npx ${plan.command ?? "ballast plan SCENARIO"}`]),
  ...(plan !== undefined
    ? []
    : [...new Set(runs.map(({ seed }) => `npx ballast simulate SCENARIO --device DEVICE --seed ${seed} --out run.json`))]),
  ...(peers === undefined ? [] : [`npm run bench:peers${peers.selection === "all" ? " -- --all" : ""}`]),
];

const calibrateCommand = ({ model, engine, anchored }: NonNullable<ReportParts["deviceModel"]>): string =>
  [
    "npx ballast calibrate",
    engine === WEBGPU ? "profile.json" : "--tables FOLDER",
    `--model ${model}`,
    ...(anchored === null ? [] : ["--anchor FILE"]),
    "--out device-model.json",
  ].join(" ");

/** Characters that a command has on one line. */
const LINE = 72;

/** A long command with each option on a line of its own, as a shell takes it too. Quoted text is left whole. */
const inLines = (command: string): string =>
  command.length <= LINE ? command : command.replaceAll(/ (?=--)(?=(?:[^']*'[^']*')*[^']*$)/gu, " \\\n  ");

/** What a command above leaves open, in words. */
const openSentences = ({ deviceModel, runs = [], plan }: ReportParts): string[] => [
  ...(deviceModel === undefined || deviceModel.anchored === null
    ? []
    : [
        `FILE: the measurements of ${deviceModel.anchored.engine}, ${list([...new Set(deviceModel.anchored.curves.flatMap(({ sources }) => sources))])}; one --anchor for each.`,
      ]),
  ...(plan !== undefined || runs.length === 0 ? [] : [madeWithSentence(runs)]),
  ...(plan === undefined || plan.command !== undefined
    ? []
    : ["SCENARIO: the file whose traffic and settings are listed among the inputs above."]),
  ...(plan !== undefined || runs.length === 0 ? [] : [policySentence([...new Set(runs.map(({ policy }) => policy))])]),
];

export const repeatSection = (parts: ReportParts): Html => {
  const seeds = parts.plan?.seeds ?? [...new Set(parts.runs?.map(({ seed }) => seed))];
  const commands = repeatCommands(parts);
  const files = parts.files ?? [];
  return html`<section aria-labelledby="repeat">
    <h2 id="repeat">How to repeat this</h2>
    ${commands.length === 0 ? html`` : html`<pre><code>${commands.map(inLines).join("\n")}</code></pre> `}${openSentences(parts).map((text) => html`<p>${text}</p> `)}${
      seeds.length === 0 ? html`` : html`<p>${seedSentence(seeds)} The same seed, scenario and device model give the same bytes.</p> `
    }${
      parts.profile === undefined
        ? html``
        : html`<p>A measurement differs a little each time: compare profiles by their medians, in the same condition.</p> `
    }${files.length === 0 ? html`` : html`<p>${filesSentence(files, parts.profile !== undefined)}</p> `}
  </section> `;
};

/** A run does not know its command, but where its inputs came from. */
const madeWithSentence = (runs: readonly Run[]): string => {
  const named = runs.flatMap(({ inputs }) =>
    inputs.flatMap(({ source }) => /^[^\s,;()]+\.(?:ya?ml|json|csv|jsonl)(?:\.gz)?(?=$|,)/u.exec(source) ?? []),
  );
  const files = [...new Set(named)];
  return `SCENARIO, DEVICE: the scenario and the device model that it was made with; add the options that stood beside them, such as --manifests. A run does not hold its command.${files.length === 0 ? "" : ` Its inputs come from ${list(files)}.`}`;
};

const policySentence = (policies: readonly string[]): string =>
  policies.length === 1 ? `Its policy: ${policies[0]}.` : `Its policy, one for each run: ${policies.join("; ")}.`;

const filesSentence = (files: readonly string[], hasProfile: boolean): string =>
  `Every number of this page is in ${list(files)}, from which it was made${hasProfile ? "; the profile holds all raw samples" : ""}.`;

const seedSentence = (seeds: readonly number[]): string => {
  const [first = 0] = seeds;
  const isRow = seeds.length > 2 && seeds.every((seed, i) => seed === first + i);
  return isRow ? `Seeds: ${first} to ${first + seeds.length - 1}.` : `${seeds.length === 1 ? "Seed" : "Seeds"}: ${seeds.join(", ")}.`;
};
