/** HTML as text that cannot be broken by what is put into it: everything that is not `Html` already is escaped. */
export interface Html {
  readonly html: string;
}

type Part = string | number | Html | null | readonly (Html | string | null)[];

export const escapeHtml = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;").replaceAll("'", "&#39;");

const render = (part: Part): string => {
  if (part === null) return "";
  if (typeof part === "string" || typeof part === "number") return escapeHtml(String(part));
  return "html" in part ? part.html : part.map(render).join("");
};

/** html`<p>${text}</p>`: text is escaped, `Html` is kept, null is nothing, a list is its parts one after another. */
export const html = (strings: TemplateStringsArray, ...parts: readonly Part[]): Html => ({
  html: strings.reduce((before, after, i) => before + render(parts[i - 1] ?? null) + after),
});

export interface Column {
  readonly heading: string;
  readonly isNumber?: boolean;
}

/** A number and its unit stay on one line. */
const unbroken = (cell: string | Html): Html => ({ html: render(cell).replaceAll(/(?<=\d) (?=[%a-zA-Zµ])/gu, "\u00a0") });

/**
 * A table with its caption; the first cell of a row is its heading. It scrolls by itself where the page is narrow, by the keyboard too. A column
 * whose cells are all empty is left out.
 */
export const table = (caption: string, columns: readonly Column[], rows: readonly (readonly (string | Html)[])[]): Html => {
  const kind = (i: number): Html => (columns[i]?.isNumber === true ? html` class="number"` : html``);
  const isShown = (_: unknown, i: number): boolean =>
    rows.length === 0 || rows.some((cells) => cells[i] !== undefined && render(cells[i]) !== "");
  return html`<div class="scroll" tabindex="0" role="group" aria-label="${caption}">
    <table>
      <caption>
        ${caption}
      </caption>
      <thead>
        <tr>
          ${columns.map(({ heading }, i) => (heading === "" ? html`<td></td>` : html`<th scope="col" ${kind(i)}>${heading}</th>`)).filter(isShown)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (cells) =>
            html`<tr>
              ${cells
                .map((cell, i) =>
                  i === 0
                    ? html`<th scope="row" ${kind(i)}>${cell}</th>`
                    : html`<td${kind(i)}>${columns[i]?.isNumber === true ? unbroken(cell) : cell}</td>`,
                )
                .filter(isShown)}
            </tr> `,
        )}
      </tbody>
    </table>
  </div> `;
};

/** Rows of a table that nobody reads on paper. */
const LONG = 60;

/** What a reader may skip. On paper it stands open, unless it is long. */
export const details = (summary: string, content: Html): Html =>
  html`<details class="${(content.html.match(/<tr>/gu) ?? []).length > LONG ? "long" : "short"}">
    <summary>${summary}</summary>
    ${content}
  </details> `;

export const items = (texts: readonly string[]): Html =>
  html`<ul>
    ${texts.map((text) => html`<li>${text}</li>`)}
  </ul> `;

/** A heading with what belongs to it; nothing where there is nothing to say. */
export const part = (heading: string, texts: readonly string[]): Html =>
  texts.length === 0
    ? html``
    : html`<h3>${heading}</h3>
        ${items(texts)}`;

/** Name and value, as a description list. */
export const facts = (pairs: readonly (readonly [name: string, value: string, rest: string])[]): Html =>
  html`<dl class="facts">
    ${pairs.map(
      ([name, value, rest]) =>
        html`<div>
          <dt>${name}</dt>
          <dd><strong>${value}</strong> <span>${rest}</span></dd>
        </div> `,
    )}
  </dl> `;
