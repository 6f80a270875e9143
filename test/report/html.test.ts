import { parseHTML } from "linkedom";
import { describe, expect, it } from "vitest";
import { makeDocument } from "../../cli/document.ts";
import type { Candidate } from "../../src/plan/schema.ts";
import { html } from "../../src/report/html/markup.ts";
import { reportHtml } from "../../src/report/html/page.ts";
import type { ReportParts } from "../../src/report/html/parts.ts";
import { candidate, deviceModel, gpuProfile, guardedRun, impossiblePlan, plan, run, softwareProfile } from "./samples.ts";

const whole: ReportParts = { profile: gpuProfile(), deviceModel: deviceModel(), runs: [run(), run("autoscaler")], plan: plan() };
const reports: [what: string, parts: ReportParts][] = [
  ["a whole run", whole],
  ["a software adapter and an impossible plan", { profile: softwareProfile(), plan: impossiblePlan() }],
  ["one run of ten seconds", { runs: [run("fixed", { ended_at_s: 10 })] }],
  ["a run with admission", { runs: [guardedRun()] }],
  ["a profile with nothing measured", { profile: gpuProfile({ measurements: [], verifications: [], left_out: [] }) }],
  [
    "a device model checked on nothing",
    { deviceModel: deviceModel({ step: { ...deviceModel().step, error: { kind: "not-checked", because: "none" } } }) },
  ],
  ["nothing", {}],
];
const render = (parts: ReportParts): string => reportHtml(parts, makeDocument());

/** Tags that are opened and not closed, or closed and not open; void elements and those that close themselves apart. */
const unbalanced = (page: string): string[] => {
  const open: string[] = [];
  const wrong: string[] = [];
  for (const [, closes, name = "", ends] of page
    .replace(/<style>[^<]*<\/style>/g, "")
    .matchAll(/<(\/?)([a-zA-Z][\w-]*)(?:"[^"]*"|[^">])*?(\/?)>/g)) {
    if (ends === "/" || ["meta", "br"].includes(name)) continue;
    if (closes !== "/") open.push(name);
    else if (open.pop() !== name) wrong.push(name);
  }
  return [...wrong, ...open];
};

describe.each(reports)("the page of %s", (_, parts) => {
  const page = render(parts);
  const { document } = parseHTML(page);
  const all = (selector: string): Element[] => [...document.querySelectorAll(selector)];

  it("closes every tag it opens", () => expect(unbalanced(page)).toEqual([]));

  it("fetches nothing and runs nothing", () => {
    expect(all("script, link, img, iframe, object, embed, base")).toEqual([]);
    expect(all("[src], [srcset], [onclick], [onload]")).toEqual([]);
    for (const element of all("[href]")) expect(element.getAttribute("href")).toMatch(/^#/);
    expect(page).not.toMatch(/url\(|@import/);
  });

  it("gives every picture a title and a description of its own", () => {
    for (const svg of all("svg[role=img]")) {
      const [title, description] = (svg.getAttribute("aria-labelledby") ?? "")
        .split(" ")
        .map((id) => document.getElementById(id)?.textContent ?? "");
      expect(title).not.toBe("");
      expect(description?.length).toBeGreaterThan(20);
      expect(svg.closest("figure")?.querySelector("figcaption")).not.toBeNull();
    }
    for (const svg of all("svg:not([role=img])")) expect(svg.getAttribute("aria-hidden")).toBe("true");
  });

  it("draws no coordinate that is not a number", () =>
    expect(
      all("svg")
        .map(({ outerHTML }) => outerHTML)
        .join(""),
    ).not.toMatch(/NaN|undefined|Infinity/));

  it("gives every table a caption and every heading cell its scope", () => {
    for (const table of all("table")) {
      expect(table.querySelector("caption")?.textContent).not.toBe("");
      for (const heading of table.querySelectorAll("th")) expect(heading.getAttribute("scope")).toMatch(/^(row|col)$/);
      const columns = table.querySelectorAll("thead th").length;
      for (const row of table.querySelectorAll("tbody tr")) expect(row.children.length).toBe(columns);
    }
  });

  it("has one first heading, headings that skip no level, and links that lead somewhere", () => {
    const levels = all("h1, h2, h3, h4").map(({ tagName }) => Number(tagName.slice(1)));
    expect(levels.filter((level) => level === 1)).toHaveLength(1);
    levels.slice(1).forEach((level, i) => expect(level - (levels[i] ?? 0)).toBeLessThanOrEqual(1));
    for (const link of all("a[href]")) expect(document.getElementById((link.getAttribute("href") ?? "").slice(1))).not.toBeNull();
    const ids = all("[id]").map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

const anchoredBy = (source: string): NonNullable<ReturnType<typeof deviceModel>["anchored"]> => ({
  engine: "vllm",
  curves: [{ curve: "decode", factor: 0.8, points: 4, error: { kind: "not-checked", because: "one point" }, sources: [source] }],
});

describe("a report", () => {
  const heading = (parts: ReportParts): string => parseHTML(render(parts)).document.querySelector("h1")?.textContent ?? "";

  it.each<[string, ReportParts, string]>([
    ["a plan", whole, "6 replicas (95 % interval: 6 to 7) of Llama-3.1-8B on Example GPU meet TTFT p99 ≤ 2 s and TPOT p99 ≤ 100 ms."],
    [
      "a run",
      { runs: [run()] },
      "fixed, 6 replicas: all 7,214 requests finished; TTFT p99 1.42 s, TPOT p99 31.2 ms, 6.00 GPU-hours, 0 scale events.",
    ],
    ["a device model", { deviceModel: deviceModel() }, "Llama-3.1-8B on Example GPU: its load, warm-up and step curves"],
    ["a profile", { profile: gpuProfile() }, "Example GPU, measured in the browser's own defaults"],
  ])("of %s is headed by what it says", (_, parts, expected) => expect(heading(parts)).toBe(expected));

  it.each<[string, ReportParts, string]>([
    [
      "with a plan",
      { profile: softwareProfile(), plan: impossiblePlan() },
      "Pipeline check, not a capacity answer: measured on a software adapter",
    ],
    [
      "alone",
      { profile: softwareProfile() },
      "Not a GPU: SwiftShader (software). These numbers check the pipeline and say nothing of any GPU.",
    ],
  ])("of a software adapter %s says so once, before anything else", (_, parts, expected) => {
    const { document } = parseHTML(render(parts));
    const [first, ...others] = [...document.querySelectorAll("header .caveat, h1")].map(({ textContent }) => textContent);
    expect(first).toBe(expected);
    expect(others.filter((text) => /pipeline|not a gpu/iu.test(text ?? ""))).toEqual([]);
  });

  it("of a GPU's plan beside a software adapter's profile says of both what they are", () => {
    const heading = "UNANCHORED: this speaks for a WebGPU engine.";
    const { document } = parseHTML(render({ profile: softwareProfile(), plan: plan({ heading }) }));
    expect([...document.querySelectorAll("header .caveat")].map(({ textContent }) => textContent)).toEqual([
      heading,
      "Not a GPU: SwiftShader (software). These numbers check the pipeline and say nothing of any GPU.",
    ]);
  });

  it.each<[string, string, string[]]>([
    [
      "WebGPU's own speed",
      "WebGPU, UNANCHORED",
      ["UNANCHORED: this speaks for a WebGPU engine on this device. No measurement of vLLM or another production engine stands behind it."],
    ],
    ["a software adapter's speed", "WebGPU, not on a GPU", ["Pipeline check, not a capacity answer: not measured on a GPU."]],
    ["an anchored speed", "WebGPU, anchored to vllm", []],
    ["an engine's own speed", "vllm 0.19", []],
  ])("of a run at %s says so before its title", (_, engine, expected) => {
    const inputs = [...run().inputs, { name: "engine", value: engine, origin: "measured", source: "profile" } as const];
    const { document } = parseHTML(render({ runs: [run("fixed", { inputs })] }));
    expect([...document.querySelectorAll("header .caveat")].map(({ textContent }) => textContent)).toEqual(expected);
  });

  it("says how it is made again: the command that asked, the seeds, and the files that hold its numbers", () => {
    const repeat = (parts: ReportParts): string =>
      (parseHTML(render(parts)).document.querySelector("section[aria-labelledby=repeat]")?.textContent ?? "").replaceAll(/\s+/gu, " ");
    const asked = {
      ...plan(),
      command: "ballast plan chat.yaml --slo 'ttft.p99<=1s' --replications 3 --traffic 'a file with --out in it.csv'",
      seeds: [7, 8, 9],
    };
    expect(repeat({ plan: asked, files: ["plan.json", "run-fixed.json"] })).toMatchInlineSnapshot(
      `" How to repeat this npx ballast plan chat.yaml \\ --slo 'ttft.p99<=1s' \\ --replications 3 \\ --traffic 'a file with --out in it.csv' Seeds: 7 to 9. The same seed, scenario and device model give the same bytes. Every number of this page is in plan.json and run-fixed.json, from which it was made. "`,
    );
    expect(repeat({ runs: [run(), run("autoscaler")], files: ["run.json"] })).toMatchInlineSnapshot(
      `" How to repeat this npx ballast simulate SCENARIO --device DEVICE --seed 42 --out run.json SCENARIO, DEVICE: the scenario and the device model that it was made with; add the options that stood beside them, such as --manifests. A run does not hold its command. Its inputs come from scenario.yaml and runs/2026-11-23-web-0123abcd/profile.json. Its policy, one for each run: fixed, 6 replicas; HPA on requests_in_flight, target average 12, 1 to 24 replicas. Seed: 42. The same seed, scenario and device model give the same bytes. Every number of this page is in run.json, from which it was made. "`,
    );
    expect(repeat({ profile: gpuProfile(), deviceModel: deviceModel({ anchored: anchoredBy("bench.json") }) })).toMatchInlineSnapshot(
      `" How to repeat this npx ballast bench --budget 600 npx ballast calibrate profile.json \\ --model Llama-3.1-8B \\ --anchor FILE \\ --out device-model.json FILE: the measurements of vllm, bench.json; one --anchor for each. A measurement differs a little each time: compare profiles by their medians, in the same condition. "`,
    );
  });

  it("draws what it has: timelines, curves, uploads, warm-up, a picture for each matmul, attention", () => {
    const titles = [...parseHTML(render(whole)).document.querySelectorAll("figcaption strong")].map(({ textContent }) => textContent);
    expect(titles).toMatchInlineSnapshot(`
      [
        "Requests arriving",
        "Replicas ready",
        "Replicas starting",
        "Requests waiting",
        "Requests in running batches",
        "Time to first token, 99th percentile",
        "KV blocks in use",
        "Decode: time of a step by batch",
        "Decode: tokens per second by batch",
        "Prefill: time of one prompt by its length",
        "Predicted against measured",
        "Upload into fresh buffers",
        "Upload again into the same buffers",
        "Warm-up, phase by phase",
        "Runs of a decoder layer until it is steady",
        "How far from the roof, f16",
        "Matmul, n × k = 6144 × 4096, f16, hot",
        "Matmul, n × k = 4096 × 4096, f16, hot",
        "Matmul, n × k = 28672 × 4096, f16, hot",
        "Matmul, n × k = 4096 × 14336, f16, hot",
        "Matmul, n × k = 128256 × 4096, f16, hot",
        "attention-prefill, f16, hot",
        "attention-decode, f16, hot",
      ]
    `);
  });

  it("escapes what others wrote", () => {
    const page = render({ profile: gpuProfile({ device: '<b>"A&B"</b>', notes: ["</section><script>alert(1)</script>"] }) });
    expect(page).not.toContain("<script");
    expect(page).not.toContain("<b>");
    expect(page).toContain("&lt;b&gt;&quot;A&amp;B&quot;&lt;/b&gt;");
  });

  // The law behind the golden file: the same parts give the same bytes, in one process and in the next. Its name ends in .txt so that the
  // formatter leaves its bytes alone.
  it("has the same bytes each time", async () => {
    expect(render(whole)).toBe(render(whole));
    const small: ReportParts = { profile: softwareProfile(), plan: impossiblePlan() };
    await expect(render(small)).toMatchFileSnapshot("golden/software-adapter.html.txt");
  });
});

it("a template escapes text, keeps HTML, and leaves out null", () => {
  expect(html`<p title="${'"x"'}">${"a<b"}${html`<b>0</b>`}${null}${[html`<i>1</i>`, "&"]}${7}</p>`.html).toBe(
    '<p title="&quot;x&quot;">a&lt;b<b>0</b><i>1</i>&amp;7</p>',
  );
});

describe("the page of a run with admission", () => {
  it("says how many requests are in no latency, and how attempts failed", () => {
    const page = parseHTML(render({ runs: [guardedRun()] })).document.body.textContent;
    expect(page).toContain("130 of 7,000 (1.9 %) did not, and are in none of these figures");
    expect(page).toContain("no token when its client gave up");
  });
});

describe("two percentiles of the same requests", () => {
  const text = (parts: ReportParts): string => (parseHTML(render(parts)).document.body.textContent ?? "").replaceAll(/\s+/gu, " ");

  it("are named where a run's stand on a page with an objective's", () => {
    expect(text(whole)).toContain(
      "Percentiles here are those of one simulation's finished requests, interpolated between the two nearest.",
    );
    expect(text({ runs: [run()] })).not.toContain("An objective's");
    expect(text({ runs: [run()] })).toContain("Latency, percentiles interpolated: fixed, 6 replicas");
  });

  it("do not stand side by side where an objective is on the median", () => {
    const median = {
      objective: "ttft.p50<=1s",
      unit: "s",
      limit: 1,
      value: 0.22,
      interval: null,
      worst_window: null,
      verdict: "meets",
    } as const;
    const headings = (objectives: Candidate["objectives"]): (string | null)[] => {
      const best = candidate(6, 1.42, { objectives });
      const page = render({ plan: plan({ capacity: { kind: "impossible", because: "a reason", best }, autoscaler: null }) });
      const found = parseHTML(page).document.querySelectorAll("#answer ~ .scroll thead th");
      return [...found].map(({ textContent }) => textContent).filter((heading) => heading?.startsWith("TTFT p50"));
    };
    expect(headings([median])).toEqual(["TTFT p50 ≤ 1 s"]);
    expect(headings([{ ...median, objective: "ttft.p50[priority=1]<=1s" }])).toEqual(["TTFT p50 of priority 1 ≤ 1 s", "TTFT p50"]);
  });
});
