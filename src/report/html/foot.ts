import { html, type Html } from "./markup.ts";
import type { Made } from "./parts.ts";

/** The foot of a page: by what it was made, when, and from which bytes. */
export const foot = ({ version, at, from }: Made): Html =>
  html`<footer>
    <p>Made by Ballast ${version} on ${at}${from.length === 0 ? "." : " from these files, with the SHA-256 of each:"}</p>
    ${
      from.length === 0
        ? html``
        : html`<ul>
            ${from.map(({ name, sha256 }) => html`<li>${name} <code>${sha256}</code></li> `)}
          </ul> `
    }
  </footer> `;
