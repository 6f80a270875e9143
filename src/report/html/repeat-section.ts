import { html, type Html } from "./markup.ts";
import type { ReportParts } from "./parts.ts";

/** The commands that make the values of this report again, in order. */
export const repeatCommands = ({ profile, deviceModel, runs = [], plan, peers }: ReportParts): string[] => [
  ...(profile === undefined
    ? []
    : [
        [
          "npm run bench --",
          ...(profile.is_quick ? ["--quick"] : []),
          `--budget ${profile.budget_s}`,
          ...(profile.is_gpu ? [] : ["--software"]),
          ...(profile.condition === "web" ? [] : [`--condition ${profile.condition}`]),
        ].join(" "),
      ]),
  ...(deviceModel === undefined ? [] : [`npm run calibrate -- profile.json --model ${deviceModel.model}`]),
  ...(runs.length === 0 || plan !== undefined ? [] : ["npm run simulate -- scenario.yaml"]),
  ...(plan === undefined ? [] : ["npm run plan -- scenario.yaml"]),
  ...(peers === undefined ? [] : [`npm run bench:peers${peers.selection === "all" ? " -- --all" : ""}`]),
];

export const repeatSection = (parts: ReportParts): Html => {
  const seeds = parts.plan?.seeds ?? parts.runs?.slice(0, 1).map(({ seed }) => seed) ?? [];
  const commands = repeatCommands(parts);
  return html`<section aria-labelledby="repeat">
    <h2 id="repeat">How to repeat this</h2>
    ${commands.length === 0 ? html`` : html`<pre><code>${commands.join("\n")}</code></pre> `}${
      seeds.length === 0 ? html`` : html`<p>Seeds: ${seeds.join(", ")}. The same seed, scenario and profile give the same bytes.</p> `
    }${
      parts.profile === undefined
        ? html``
        : html`<p>A measurement differs a little each time: compare profiles by their medians, in the same condition.</p> `
    }
    <p>The files beside this page hold every number: profile.json with all raw samples, device-model.json, plan.json and the runs.</p>
  </section> `;
};
