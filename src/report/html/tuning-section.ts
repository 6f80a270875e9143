import type { Profile } from "../../profile/schema.ts";
import { TUNING_TITLE, tuningColumns, tuningRows, tuningSentence, tuningsOf } from "../tuning-text.ts";
import { html, type Html, table } from "./markup.ts";

/** Which variant was chosen where; nothing where nothing was tuned. */
export const tuningTable = (profile: Profile): Html => {
  const tunings = tuningsOf(profile);
  const headings = tuningColumns.map((heading) => ({ heading, isNumber: heading === "raced" }));
  return tunings.length === 0
    ? html``
    : html`${table(TUNING_TITLE, headings, tuningRows(tunings))}
        <p>${tuningSentence(tunings)}</p>`;
};
