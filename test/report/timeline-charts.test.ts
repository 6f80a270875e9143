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

const draw = (runs: readonly Run[], limit: number | null = null) => {
  const { document } = parseHTML("<html><body></body></html>");
  const page = timelineCharts(chartsFor(document), runs, limit).html;
  const { document: drawn } = parseHTML(`<html><body>${page}</body></html>`);
  const titles = [...drawn.querySelectorAll("figcaption strong")].map(({ textContent }) => textContent);
  const figure = (title: string) => [...drawn.querySelectorAll("figure")][titles.indexOf(title)]!;
  return { page, titles, figure };
};
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
        "KV cache",
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
      `"Busy and useful over time: busy from 0 % to 100 %; useful from 0 % to 1.4 %."`,
    );
  });

  it("show a limit where there is one", () => {
    expect(legend(draw([scaled], 2).figure("Time to first token"))).toContain("limit");
    expect(legend(draw([scaled]).figure("Time to first token"))).not.toContain("limit");
  });

  it("of an older file are those that it has", () => {
    const { titles, page } = draw([older("autoscaler")]);
    expect(titles).toEqual(["Requests arriving", "Replicas", "Queue and running batch", "Time to first token", "KV cache"]);
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
});
