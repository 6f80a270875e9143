import { parseHTML } from "linkedom";
import { describe, expect, it } from "vitest";
import type { Run } from "../../src/fleet/run.ts";
import { chartsFor } from "../../src/report/html/chart.ts";
import { timelineCharts } from "../../src/report/html/timeline-charts.ts";
import { fleetConfig, requestsOf, simulateAll } from "../fleet/configs.ts";
import { run as older } from "./samples.ts";

const oneSecond = { stepTime: () => 1e9, isExtrapolated: () => false };
/** Scales up at 15 s and down again at 330 s. */
const scaled: Run = simulateAll(
  fleetConfig({
    stepTime: oneSecond,
    coldStart: [
      { name: "node", state: "provisioning", duration: 20 },
      { name: "weights", state: "loading", duration: 10 },
      { name: "warm-up", state: "warming", duration: 5 },
    ],
    policy: { kind: "hpa", min_replicas: 1, max_replicas: 2, metric: "requests_in_flight", target_average: 1 },
    requests: requestsOf([10_000, 10, 20], [0, 10, 20], [50_000, 10, 5], [280_000, 10, 30]),
  }),
).run;

const draw = (runs: readonly Run[], objectives: readonly { objective: string; limit: number }[] = []) => {
  const { document } = parseHTML("<html><body></body></html>");
  const page = timelineCharts(chartsFor(document), runs, objectives).html;
  const { document: drawn } = parseHTML(`<html><body>${page}</body></html>`);
  const titles = [...drawn.querySelectorAll("figcaption strong")].map(({ textContent }) => textContent);
  const figure = (title: string) => [...drawn.querySelectorAll("figure")][titles.indexOf(title)]!;
  return { page, titles, figure };
};
const SLOS = [
  { objective: "ttft.p99<=2s", limit: 2 },
  { objective: "tpot.p99[priority=1]<=100ms", limit: 0.1 },
  { objective: "tpot.p50<=30s", limit: 30 },
];
const caption = (figure: Element): string => figure.querySelector("figcaption span")?.textContent ?? "";
const legend = (figure: Element): (string | undefined)[] =>
  [...figure.querySelectorAll(".legend li")].map(({ textContent }) => textContent?.trim());

describe("the timelines of one run", () => {
  it("have what belongs together in one picture, and mark scale events", () => {
    const { page, titles, figure } = draw([scaled]);
    expect(scaled.scale_events.map(({ from, to }) => [from, to])).toEqual([
      [1, 2],
      [2, 1],
    ]);
    expect(titles).toMatchInlineSnapshot(`
      [
        "Requests arriving",
        "Replicas by state",
        "Queue and running batch",
        "Time to first token",
        "Time per output token",
        "Busy and useful",
        "KV blocks in use",
        "GPU-hours paid",
      ]
    `);
    expect(legend(figure("Replicas by state"))).toMatchInlineSnapshot(`
      [
        "provisioning",
        "loading",
        "warming",
        "ready, idle",
        "ready, busy",
        "scale-up",
        "scale-down",
      ]
    `);
    expect(legend(figure("Queue and running batch"))).toEqual(["waiting", "running", "scale-up", "scale-down"]);
    for (const title of titles) expect(legend(figure(title))).toContain("scale-up");
    expect(page).not.toMatch(/NaN|undefined|Infinity/);
  });

  it("are told in words for those who do not see them", () => {
    const { figure } = draw([scaled]);
    expect(figure("Replicas by state").querySelector("desc")?.textContent).toMatchInlineSnapshot(
      `"Replicas by state over time, stacked: ready, busy at most 1, ready, idle at most 2, warming at most 1, loading at most 1, provisioning at most 1."`,
    );
    expect(figure("Busy and useful").querySelector("desc")?.textContent).toMatchInlineSnapshot(
      `"Busy and useful over time: busy from 0 % to 100 %; useful from 0 % to 1.43 %."`,
    );
  });

  it("show a limit where there is one, and whose it is", () => {
    const both = draw([scaled], SLOS).figure("Time to first token");
    expect(legend(both)).toEqual(["p99", "p50", "limit of p99", "scale-up", "scale-down"]);
    expect(caption(both)).toContain("; the limit of p99 is 2 s.");
    expect(legend(draw([scaled]).figure("Time to first token"))).not.toContain("limit of p99");
  });

  it("have an axis that a nearly empty KV cache can be seen on", () => {
    const nearlyEmpty = {
      ...scaled,
      timeline: { ...scaled.timeline, kv_use: scaled.timeline.kv_use.map((_, i, { length }) => (2 * i < length ? 0 : 3e-5)) },
    };
    const kv = draw([nearlyEmpty]).figure("KV blocks in use");
    expect(kv.querySelector("desc")?.textContent).toBe("KV blocks in use over time: KV blocks in use from 0 % to 0.003 %.");
    expect([...kv.querySelectorAll("svg.plot text")].map(({ textContent }) => textContent)).toContain("0.003 %");
  });

  it("of an older file are those that it has", () => {
    const { titles, page } = draw([older("autoscaler")]);
    expect(titles).toEqual([
      "Requests arriving",
      "Replicas",
      "Queue and running batch",
      "Time to first token, 99th percentile",
      "KV blocks in use",
    ]);
    expect(page).not.toMatch(/NaN|undefined|Infinity/);
  });
});

describe("the timelines of several runs", () => {
  it("have a picture for each quantity with a line for each policy, and the states of those that scale", () => {
    const { titles, figure } = draw([
      { ...scaled, policy: "fixed", scale_events: [] },
      { ...scaled, policy: "HPA" },
    ]);
    expect(titles).toMatchInlineSnapshot(`
      [
        "Requests arriving",
        "Replicas ready",
        "Replicas starting",
        "Replicas by state: HPA",
        "Requests waiting",
        "Requests in running batches",
        "Time to first token, 99th percentile",
        "Time to first token, median",
        "Time per output token, 99th percentile",
        "Time per output token, median",
        "Busy share of ready time",
        "Useful share of peak tokens",
        "KV blocks in use",
        "GPU-hours paid",
      ]
    `);
    expect(legend(figure("Requests waiting"))).toEqual(["fixed", "HPA"]);
  });

  const several = [
    { ...scaled, policy: "fixed" },
    { ...scaled, policy: "HPA" },
  ];

  it("have a caption of their own under each", () => {
    const { titles, figure } = draw(several);
    const captions = titles.filter((title) => !title?.startsWith("Replicas by state")).map((title) => caption(figure(title)));
    expect(captions.toSorted()).toEqual([...new Set(captions)].toSorted());
    expect(caption(figure("KV blocks in use"))).not.toContain("prefix");
    expect(caption(figure("Replicas ready"))).not.toContain("start");
  });

  it("have only their own limits: not that of another percentile, and not that of some requests", () => {
    const { titles, figure } = draw(several, SLOS);
    const limited = titles.filter((title) => legend(figure(title)).includes("limit"));
    expect(limited).toEqual(["Time to first token, 99th percentile", "Time per output token, median"]);
    expect(caption(figure("Time per output token, median"))).toContain("the limit is 30 s");
  });
});
