import { describe, expect, it } from "vitest";
import { churnSchema } from "../../src/fleet/churn/settings.ts";
import { notModelled } from "../../src/fleet/not-modelled.ts";
import { COLD } from "../../src/fleet/cold-start/start-up.ts";
import type { ColdStartPhase } from "../../src/replica/cold-start/phase.ts";

const said = (coldStart: readonly ColdStartPhase[]): string => notModelled({ coldStart, notModelled: [] }).join("\n");
const weights = { name: "weights", state: "loading", duration: 3 } as const;

describe("what a run did not model", () => {
  it("names reading from storage until a phase reads from it", () => {
    expect(said([weights])).toContain("Reading weights from storage");
    expect(said([{ name: "storage", state: "loading", duration: 9 }, weights])).not.toContain("Reading weights from storage");
  });

  it("names the variation of cold starts until something varies", () => {
    expect(said([weights])).toContain("Variation of step times and cold starts");
    for (const varied of [
      { ...weights, duration: { kind: "uniform", min_s: 1, max_s: 2 } },
      { ...weights, stockOut: { probability: 0.1, retry: 60 } },
      { name: "image", state: "provisioning", transfer: { bytes: 1, bandwidth: 1, cached: 0.5 } },
    ] satisfies ColdStartPhase[]) {
      expect(said([varied])).toContain("Variation of step times:");
    }
  });

  it("names loads that do not slow each other down until they share a link", () => {
    const alone: ColdStartPhase = { name: "storage", state: "loading", transfer: { bytes: 1, bandwidth: 1 } };
    expect(said([weights])).toContain("do not slow each other down");
    expect(said([alone])).toContain("do not slow each other down");
    expect(said([{ ...alone, transfer: { ...alone.transfer, sharedBandwidth: 1 } }])).toContain("on a shared link only");
  });

  it("says of nodes what they leave out where they are kept, and begins with what the scenario adds", () => {
    const all = notModelled({ coldStart: [weights], startUp: COLD, notModelled: ["A note of the traffic."] });
    expect(all.some((line) => line.startsWith("Nodes hold one replica each"))).toBe(true);
    expect(all[0]).toBe("A note of the traffic.");
  });

  it("names failures and how replicas drain until they are there, and then what of them is left out", () => {
    const with_ = (settings: object): string =>
      notModelled({ coldStart: [weights], churn: churnSchema.parse(settings), notModelled: [] }).join("\n");
    expect(with_({})).toContain("Failures of replicas and nodes.");
    expect(with_({})).toContain("finishes all it holds");
    const failing = with_({ failures: { node: { at_s: [1] } }, drain: { kind: "grace" }, rolling_update: { at_s: 5 } });
    expect(failing).not.toContain("Failures of replicas and nodes.");
    expect(failing).not.toContain("finishes all it holds");
    expect(failing).toContain("only while they serve");
    expect(failing).toContain("all of the new version");
    expect(with_({ drain: { kind: "hand-over" } })).toContain("A hand-over itself takes no time");
  });
});
