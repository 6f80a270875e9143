import type { Scaling } from "../../src/fleet/scaling.ts";
import type { simulate } from "../../src/fleet/simulate.ts";
import { Simulation } from "../../src/fleet/simulation.ts";

/** Runs a fleet and makes a fork at each decision; `carriesOut` has each fork do what the fleet does. */
export const withForks = (config: Parameters<typeof simulate>[0], carriesOut: boolean) => {
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
