import { parseHTML } from "linkedom";
import { describe, expect, it } from "vitest";
import { makeDocument } from "../../cli/document.ts";
import { reportHtml } from "../../src/report/html/page.ts";
import { unbroken } from "../../src/report/html/unbroken.ts";
import { deviceModel, gpuProfile, plan, run } from "./samples.ts";

const ones = (page: string): (string | undefined)[] =>
  [...parseHTML(`<html><body>${unbroken(page)}</body></html>`).document.querySelectorAll(".one")].map(({ textContent }) => textContent);

describe("a line does not end inside", () => {
  it.each<[text: string, whole: string[]]>([
    ["it sustains 165 % more than the busiest 10 s.", ["165 %", "10 s"]],
    ["TTFT p99 ≤ 2 s and TPOT p99 ≤ 100 ms", ["TTFT p99", "≤ 2 s", "TPOT p99", "≤ 100 ms"]],
    ["4 replicas of tiny-llama, and Llama-3.1-8B.", ["tiny-llama", "Llama-3.1-8B"]],
    ["1.33 GPU-hours, 1,024 MiB at 6.10 GB/s", ["1.33 GPU-hours", "1,024 MiB", "6.10 GB/s"]],
    ["in windows of 1,024 MiB, 256, and 5 s, of 256 × 704", ["1,024 MiB", "5 s"]],
    ["4 seconds, 5 more, 3 to 6", []],
    ["matmul/registers-4x4-4x16-f32 in runs/2026-11-23-web/profile.json, or a-name-that-is-much-too-long", []],
    ['<pre>bench --budget 60 s</pre><code>tiny-llama 5 s</code><b title="5 s of tiny-llama">x</b>', []],
  ])("%s", (text, whole) => expect(ones(text)).toEqual(whole));

  it("which changes no word of a page", () => {
    const { document } = parseHTML(
      reportHtml({ profile: gpuProfile(), deviceModel: deviceModel(), runs: [run()], plan: plan() }, makeDocument()),
    );
    expect(document.querySelector("h1")?.textContent).toMatch(/^6 replicas .* of Llama-3\.1-8B on Example GPU meet TTFT p99 ≤ 2 s/);
    expect(document.querySelector("h1 .one")).not.toBeNull();
    expect(document.querySelectorAll("title .one, svg .one, pre .one, code .one, style .one")).toHaveLength(0);
  });
});
