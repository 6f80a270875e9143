import * as fc from "fast-check";
import { expect, it } from "vitest";
import { LeastOutstandingPolicy } from "../../../src/fleet/router/least-outstanding.ts";
import { runs } from "../../runs.ts";
import { apply, changes, HandFleet } from "./targets.ts";

it("least outstanding always chooses the least loaded that is not full, of equals the oldest", () => {
  fc.assert(
    fc.property(changes(), (all) => {
      const fleet = new HandFleet(new LeastOutstandingPolicy());
      for (const change of all) {
        apply(fleet, change);
        const { open } = fleet;
        const least = Math.min(...open.map(({ outstanding }) => outstanding));
        expect(fleet.choose()).toBe(open.find(({ outstanding }) => outstanding === least)?.id ?? -1);
      }
    }),
    runs(100),
  );
});
