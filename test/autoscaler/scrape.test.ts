import { describe, expect, it } from "vitest";
import type { Observation } from "../../src/autoscaler/autoscaler.ts";
import { commonPeriod, scraped, type ScrapeSettings } from "../../src/autoscaler/scrape.ts";
import { messageOf } from "../message-of.ts";
import { observed, serving } from "./observations.ts";

/** What an autoscaler of a period of 15 s sees of servers that run as many requests as there are seconds. */
const seen = (settings: ScrapeSettings, until: number): [now: number, running: number | null][] => {
  const views: [number, number | null][] = [];
  const autoscaler = scraped(
    {
      period: 15,
      decide({ now, replicas }: Observation) {
        views.push([now, replicas[0]?.metrics?.requestsRunning ?? null]);
        return null;
      },
    },
    settings,
  );
  for (let now = 0; now <= until; now += autoscaler.period) autoscaler.decide(observed(now, 1, [serving(0, now)]));
  return views;
};

describe("metrics that come late", () => {
  it.each<[ScrapeSettings, [number, number | null][]]>([
    [
      { interval_s: 15, delay_s: 0 },
      [
        [0, 0],
        [15, 15],
        [30, 30],
      ],
    ],
    [
      { interval_s: 10, delay_s: 0 },
      [
        [0, 0],
        [15, 10],
        [30, 30],
      ],
    ],
    [
      { interval_s: 10, delay_s: 7 },
      [
        [0, null],
        [15, 0],
        [30, 20],
      ],
    ],
    [
      { interval_s: 30, delay_s: 30 },
      [
        [0, null],
        [15, null],
        [30, 0],
      ],
    ],
  ])("%j: at each decision the value of %j", (settings, expected) => {
    expect(seen(settings, 30)).toEqual(expected);
  });

  it("show a new replica as ready and without metrics until it was scraped", () => {
    const views: Observation[] = [];
    const autoscaler = scraped({ period: 15, decide: (observation) => (views.push(observation), null) }, { interval_s: 15, delay_s: 15 });
    autoscaler.decide(observed(0, 1, [serving(0, 3)], { requestsQueued: 2 }));
    autoscaler.decide(observed(15, 2, [serving(0, 9), serving(1, 1)], { requestsQueued: 5 }));
    expect(views[1]).toEqual({
      now: 15,
      current: 2,
      replicas: [serving(0, 3), { ...serving(1, 1), metrics: null }],
      requestsQueued: 2,
    });
  });

  it.each([
    [15, 30, 15],
    [15, 10, 5],
    [1, 2, 1],
    [0.5, 0.2, 0.1],
  ])("periods of %f and %f s meet every %f s", (a, b, common) => {
    expect(commonPeriod(a, b)).toBe(common);
  });

  it("with times that are none are refused", () => {
    const inner = { period: 15, decide: () => null };
    expect([
      messageOf(() => scraped(inner, { interval_s: 0, delay_s: 0 })),
      messageOf(() => scraped(inner, { interval_s: 15, delay_s: -1 })),
    ]).toMatchInlineSnapshot(`
        [
          "InputError: scrape.interval_s: expected seconds above 0, got 0. Prometheus' own default is 60.",
          "InputError: scrape.delay_s: expected seconds of 0 or more, got -1. Give 0 for none.",
        ]
      `);
  });
});
