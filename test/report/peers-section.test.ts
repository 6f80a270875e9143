import { parseHTML } from "linkedom";
import { describe, expect, it } from "vitest";
import { makeDocument } from "../../cli/document.ts";
import { reportHtml } from "../../src/report/html/page.ts";
import type { ReportParts } from "../../src/report/html/parts.ts";
import { DEFAULT, type PeerTable, TUNED } from "../../src/report/peers-schema.ts";
import { out, peerTable, race, timed, wonAndLost } from "./peers-samples.ts";
import { softwareProfile } from "./samples.ts";

const peers = peerTable(wonAndLost);
const pageOf = (parts: ReportParts) => parseHTML(reportHtml(parts, makeDocument())).document;
const page = pageOf({ profile: softwareProfile(), peers });

describe("the peers section of a report", () => {
  it("is there with a peer table alone, before the commands, which then name the race", () => {
    const ids = [...page.querySelectorAll("h2")].map(({ id }) => id);
    expect(ids).toEqual(["device", "peers", "repeat"]);
    expect(page.querySelector("section[aria-labelledby=repeat]")?.textContent).toContain("npm run bench:peers");
    expect([...pageOf({ profile: softwareProfile() }).querySelectorAll("h2")].map(({ id }) => id)).toEqual(["device", "repeat"]);
  });

  const section = page.querySelector("section[aria-labelledby=peers]")!;

  it("names the median, the worst shape, the machine and its age", () => {
    const text = section.textContent?.replaceAll(/\s+/g, " ") ?? "";
    expect(text).toContain("at worst 0.75 [0.72, 0.77], at decode 1 at 128");
    expect(text).toContain("SwiftShader (software) on Example CPU, 2 cores");
    expect(text).toContain("Raced 2026-11-20 10:30 UTC");
  });

  it("says once what holds of the tuned and the default variants alike", () => {
    const six = [2, 2, 2, 2, 2, 2];
    const same = peerTable([race("a", [timed(DEFAULT, "v", six), timed(TUNED, "v", six), timed("tfjs", "y", [4, 4, 4, 4, 4, 4])])]);
    const heads = (table: PeerTable) =>
      [...pageOf({ peers: table }).querySelectorAll("section[aria-labelledby=peers] p strong")].map(({ textContent }) => textContent);
    expect(heads(same)).toEqual(["ballast (tuned, and by default)"]);
    expect(heads(peers)).toEqual(["ballast (tuned)", "ballast (default)"]);
  });

  it("has a row for each shape, with what is wrong as wrong and the lost one marked", () => {
    const rows = [...section.querySelectorAll("tbody tr")].map((row) => [...row.children].map(({ textContent }) => textContent));
    expect(rows).toEqual([
      ["1×2048×2048", "2.00", "4.00", "4.00", "wrong", expect.stringMatching(/^2\.\d\d \[/), "FASTER", "registers"],
      ["decode 1 at 128", "8.00", "8.00", "6.00", "–", "0.75 [0.72, 0.77]", "SLOWER", "split"],
    ]);
    expect(section.querySelector("td .bad")?.textContent).toBe("SLOWER");
    expect([...section.querySelectorAll("td strong")].map(({ textContent }) => textContent)).toEqual(["4.00", "6.00"]);
  });

  it("draws one mark with an interval for each shape, a line at 1, and names the peer of each mark", () => {
    const figure = section.querySelector("figure")!;
    expect(figure.querySelectorAll("svg.plot [data-mark=dot] path, svg.plot [data-mark=dot] circle")).toHaveLength(2);
    expect(figure.querySelectorAll("svg.plot [data-mark=link] path, svg.plot [data-mark=link] line")).toHaveLength(2);
    expect(figure.querySelectorAll("svg.plot [data-mark=rule] line")).toHaveLength(1);
    expect([...figure.querySelectorAll(".legend li")].map(({ textContent }) => textContent?.trim())).toEqual(["jax-js"]);
    expect(figure.querySelector("desc")?.textContent).toContain("2 shapes, ratios from 0.75 [0.72, 0.77] at decode 1 at 128 to 2.0");
  });

  it("without a ratio has no picture, and says why", () => {
    const alone = pageOf({ peers: peerTable([race("a", [timed("tfjs", "y", [1, 1, 1]), out("jax-js", "no")])]) });
    expect(alone.querySelector("figure")).toBeNull();
    expect(alone.querySelector("h1")?.textContent).toBe("Nothing was compared with other libraries");
    expect(alone.querySelector("section[aria-labelledby=peers]")?.textContent).toContain("jax-js: no");
  });

  it("alone heads the page with its sentence, after what a software adapter is", () => {
    const alone = pageOf({ peers });
    expect(alone.querySelector("h1")?.textContent).toBe(
      "The fastest peer takes 1.38 times as long in the median of 2 shapes, and 0.75 at worst",
    );
    expect(alone.querySelector(".caveat")?.textContent).toContain("Not a GPU: SwiftShader (software)");
  });
});
