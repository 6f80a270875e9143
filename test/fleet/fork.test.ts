import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Scaling } from "../../src/fleet/scale-log.ts";
import { simulate } from "../../src/fleet/simulate.ts";
import { Simulation } from "../../src/fleet/simulation.ts";
import { runs } from "../runs.ts";
import { fleets } from "./configs.ts";

/** Runs a fleet and makes a fork at each decision; `carriesOut` has each fork do what the fleet does. */
const withForks = (config: Parameters<typeof simulate>[0], carriesOut: boolean) => {
  const forks: { readonly fork: Simulation; known: number }[] = [];
  const scalings: Scaling[] = [];
  const base = new Simulation(config, {
    onScale: (scaling, simulation) => {
      forks.push({ fork: simulation.fork(), known: carriesOut ? scalings.length : scalings.length + 1 });
      scalings.push(scaling);
    },
  });
  const follow = (): void => {
    for (const entry of forks) {
      for (; entry.known < scalings.length; entry.known += 1) {
        const { at, from, to, because } = scalings[entry.known]!;
        entry.fork.plan(at, to - from, because);
      }
    }
  };
  for (const request of config.requests) {
    const before = forks.length;
    base.feed(request);
    follow();
    for (const [i, { fork }] of forks.entries()) {
      if (i < before) fork.feed(request);
      else fork.resume();
    }
  }
  const run = base.finish();
  follow();
  return { run, forks: forks.map(({ fork }) => fork.finish()), scalings };
};

describe("a fork at a decision of the autoscaler", () => {
  it("law: goes the same way to the last byte where it does what the fleet does", () => {
    let forked = 0;
    fc.assert(
      fc.property(fleets(), (config) => {
        const { run, forks } = withForks(config, true);
        for (const fork of forks) expect(JSON.stringify(fork)).toBe(JSON.stringify(run));
        forked += forks.length;
      }),
      runs(120),
    );
    expect(forked).toBeGreaterThan(100);
  });

  it("law: is not noticed by the fleet it was made from, whatever becomes of it", () => {
    fc.assert(
      fc.property(fleets(), (config) => {
        expect(JSON.stringify(withForks(config, false).run)).toBe(JSON.stringify(simulate(config)));
      }),
      runs(100),
    );
  });

  it("refused, leaves the fleet as it was", () => {
    fc.assert(
      fc.property(fleets(), (config) => {
        const { forks, scalings } = withForks(config, false);
        for (const [i, fork] of forks.entries()) {
          expect(fork.scale_events.filter(({ at_s }) => at_s <= scalings[i]!.at / 1e9)).toHaveLength(i);
        }
      }),
      runs(50),
    );
  });
});
