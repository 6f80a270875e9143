import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { simulate } from "../../src/fleet/simulate.ts";
import { runs } from "../runs.ts";
import { fleets } from "./configs.ts";
import { withForks } from "./forks.ts";

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
