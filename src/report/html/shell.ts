import { html, type Html } from "./markup.ts";
import { STYLE } from "./style.ts";
import { unbroken } from "./unbroken.ts";

/** A part of a page that the contents at its top lead to. */
export type Section = readonly [id: string, name: string, content: Html];

export interface Page {
  /** Above the title: what kind of page this is, "Ballast report". */
  readonly kicker: string;
  /** What stands before the title, since it limits it. */
  readonly caveats: readonly string[];
  readonly title: string;
  readonly sections: readonly Section[];
  /** What stands below all of it. */
  readonly foot?: Html;
}

/** One self-contained page: no script, no network. */
export const pageHtml = ({ kicker, caveats, title, sections, foot = html`` }: Page): string => {
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title}</title>
        <style>
          ${{ html: STYLE }}
        </style>
      </head>
      <body>
        <a class="skip" href="#main">Skip to the content</a>
        <header>
          <p class="kicker">${kicker}</p>
          ${caveats.map((text) => html`<p class="caveat">${text}</p> `)}
          <h1>${title}</h1>
          <nav aria-label="Contents">
            <ul>
              ${sections.map(([id, name]) => html`<li><a href="#${id}">${name}</a></li>`)}
            </ul>
          </nav>
        </header>
        <main id="main" tabindex="-1">${sections.map(([, , content]) => content)}</main>
        ${foot}
      </body>
    </html> `;
  return unbroken(page.html);
};
