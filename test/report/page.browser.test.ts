import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import puppeteer, { type Browser, type Page } from "puppeteer";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeDocument } from "../../cli/document.ts";
import type { Candidate } from "../../src/plan/schema.ts";
import { reportHtml } from "../../src/report/html/page.ts";
import type { ReportParts } from "../../src/report/html/parts.ts";
import { browser, softwareLine } from "../driver/the-browser.ts";
import { deviceModel, gpuProfile, guardedRun, impossiblePlan, plan, run, softwareProfile } from "./samples.ts";

const folder = mkdtempSync(join(tmpdir(), "ballast-test-page-"));
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const made = {
  version: "0.1.0",
  at: "2026-11-26 16:40 UTC",
  from: ["plan.json", "run.json"].map((name) => ({ name, sha256: "0123456789abcdef".repeat(4) })),
};
const pages: [what: string, parts: ReportParts][] = [
  [
    "a whole run",
    {
      profile: gpuProfile(),
      deviceModel: deviceModel(),
      runs: [run(), run("autoscaler")],
      plan: plan(),
      files: ["plan.json", "run.json"],
      made,
    },
  ],
  ["a software adapter and an impossible plan", { profile: softwareProfile(), plan: impossiblePlan() }],
  ["a run with admission", { runs: [guardedRun()] }],
];
/** Width of A4 within the page's margins, in CSS pixels. */
const PAPER = 688;

let chromium: Browser;
beforeAll(async () => {
  chromium = await puppeteer.launch({
    executablePath: browser.path,
    args: [...softwareLine.flags],
    userDataDir: join(folder, "profile"),
  });
});
afterAll(async () => {
  await chromium?.close();
  rmSync(folder, { recursive: true, force: true });
});

const openAll = `document.querySelectorAll("details").forEach((details) => { details.open = true; })`;

/** Elements that reach beyond the right edge; what lies inside a table that scrolls by itself does not count. */
const tooWide = `[...document.querySelectorAll("body *")]
  .filter((element) => element.closest(".scroll") === null || element.matches(".scroll"))
  .filter((element) => element.getBoundingClientRect().right > innerWidth + 0.5)
  .map((element) => element.outerHTML.slice(0, 100))`;

describe.each(pages)("the page of %s", (what, parts) => {
  const path = join(folder, `${what.replaceAll(" ", "-")}.html`);
  let page: Page;
  const asked: string[] = [];
  beforeAll(async () => {
    writeFileSync(path, reportHtml(parts, makeDocument()));
    page = await chromium.newPage();
    page.on("request", (request) => asked.push(request.url()));
    await page.goto(`file://${path}`);
  });

  it("asks for nothing but itself", () => expect(asked).toEqual([`file://${path}`]));

  it.each([420, 1280])("has nothing that is wider than a screen of %i pixels", async (width) => {
    await page.setViewport({ width, height: 900 });
    await page.evaluate(openAll);
    expect(await page.evaluate(tooWide)).toEqual([]);
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(width);
  });

  it("breaks no line at 420 pixels inside what is read as one, such as a number and its unit", async () => {
    await page.setViewport({ width: 420, height: 900 });
    await page.evaluate(openAll);
    expect(
      await page.evaluate(
        `[...document.querySelectorAll(".one")].filter((one) => one.getClientRects().length > 1).map((one) => one.textContent)`,
      ),
    ).toEqual([]);
  });

  it("sets what is read as one like the words around it", async () => {
    const look = (name: string): string =>
      `(({ color, fontSize, fontWeight }) => [color, fontSize, fontWeight].join())(getComputedStyle(${name}))`;
    expect(
      await page.evaluate(
        `[...document.querySelectorAll(".one")].filter((one) => ${look("one")} !== ${look("one.parentElement")}).map((one) => one.parentElement.outerHTML)`,
      ),
    ).toEqual([]);
  });

  it.each(["light", "dark"])("breaks no rule of axe in %s colours", async (scheme) => {
    await page.goto(`file://${path}`);
    await page.setViewport({ width: 420, height: 900 });
    await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
    await page.evaluate(openAll);
    await page.evaluate(axe);
    expect(inWords((await judged(page)).violations)).toEqual([]);
    // Axe cannot tell a contrast before a gradient (the shades at a table's sides), where a table is scrolled out of sight, and in a picture.
    await page.setViewport({ width: 2400, height: 900 });
    await page.addStyleTag({ content: "body { max-width: none !important; } .scroll { background: none !important; }" });
    const { violations, incomplete } = await judged(page);
    const untold = inWords(incomplete).filter((rule) => rule.startsWith("color-contrast") && !rule.includes("<text"));
    expect([...inWords(violations), ...untold]).toEqual([]);
  });

  it("lets a keyboard skip to the content", async () => {
    await page.goto(`file://${path}`);
    await page.keyboard.press("Tab");
    expect(await page.evaluate("document.activeElement.textContent")).toBe("Skip to the content");
    expect(await page.evaluate("document.activeElement.getBoundingClientRect().top")).toBeGreaterThanOrEqual(0);
    await page.keyboard.press("Enter");
    expect(await page.evaluate("document.activeElement.id")).toBe("main");
  });

  it("on paper is dark ink on white, unfolds what is folded unless it is long, and cuts no table off", async () => {
    await page.setViewport({ width: PAPER, height: 1000 });
    await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: "dark" }]);
    await page.emulateMediaType("print");
    expect(await page.evaluate("getComputedStyle(document.body).backgroundColor")).toBe("rgb(255, 255, 255)");
    expect(
      await page.evaluate(
        `[...document.querySelectorAll("details.short > :not(summary)")].filter((part) => part.getBoundingClientRect().height === 0).length`,
      ),
    ).toBe(0);
    expect(
      await page.evaluate(
        `[...document.querySelectorAll("table")].filter((table) => table.getBoundingClientRect().right > innerWidth + 0.5).map((table) => table.caption.textContent.trim())`,
      ),
    ).toEqual([]);
    await page.emulateMediaType("screen");
  });
});

const judged = async (page: Page): Promise<AxeResult> =>
  (await page.evaluate("axe.run(document, { resultTypes: ['violations', 'incomplete'] })")) as AxeResult;
const inWords = (rules: AxeResult["violations"]): string[] => rules.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));

interface AxeResult {
  readonly violations: readonly { readonly id: string; readonly nodes: readonly { readonly html: string }[] }[];
  readonly incomplete: AxeResult["violations"];
}

it("a screen of 1280 pixels shows all columns of the policies, with intervals and costs", async () => {
  const priced = (of: Candidate): Candidate => ({ ...of, cost: { total: 12.3, per_hour: 24.6 } });
  const asked = plan();
  if (asked.capacity.kind !== "found") throw new Error("the sample plan has an answer");
  const { candidate: best, one_fewer: fewer } = asked.capacity;
  const capacity = { ...asked.capacity, candidate: priced(best), one_fewer: fewer === null ? null : priced(fewer) };
  const page = await chromium.newPage();
  await page.setViewport({ width: 1280, height: 900 });
  await page.setContent(
    reportHtml({ plan: { ...asked, capacity, autoscaler: asked.autoscaler && priced(asked.autoscaler) } }, makeDocument()),
  );
  const shown = `(([part]) => [part.querySelectorAll("thead th").length, part.scrollWidth - part.clientWidth])(document.querySelectorAll(".scroll"))`;
  expect(await page.evaluate(shown)).toEqual([12, 0]);
});

it("a table that is wider than the screen scrolls by the keyboard, and is found too wide where it does not", async () => {
  const [, parts] = pages[0]!;
  const page = await chromium.newPage();
  await page.setViewport({ width: 420, height: 900 });
  await page.setContent(reportHtml(parts, makeDocument()));
  await page.focus(".scroll");
  await page.keyboard.press("ArrowRight");
  await page.waitForFunction("document.activeElement.scrollLeft > 0");
  await page.addStyleTag({ content: ".scroll { overflow: visible !important; }" });
  await page.evaluate(`document.querySelectorAll(".scroll").forEach((part) => part.classList.remove("scroll"))`);
  expect(await page.evaluate(tooWide)).not.toEqual([]);
});
