import { expect, it } from "vitest";
import { typicalSeconds, type ColdStartPhase } from "../../../src/replica/cold-start/phase.ts";

const named = { name: "a", state: "loading" } as const;

it.each<[string, ColdStartPhase, number]>([
  ["its time", { ...named, duration: 7 }, 7],
  ["the median of a drawn one", { ...named, duration: { kind: "log-normal", p50_s: 7, p99_s: 70 } }, 7],
  ["its bytes over its own bandwidth", { ...named, transfer: { bytes: 10e9, bandwidth: 2e9, sharedBandwidth: 5e9 } }, 5],
  ["its bytes over all there is", { ...named, transfer: { bytes: 10e9, bandwidth: 2e9, sharedBandwidth: 1e9 } }, 10],
  ["nothing where most nodes have the bytes", { ...named, transfer: { bytes: 10e9, bandwidth: 2e9, cached: 0.9 } }, 0],
  ["half a period until the probe", { ...named, probe: { period: 10, initialDelay: 3 } }, 5],
])("a phase typically takes %s", (_, phase, seconds) => {
  expect(typicalSeconds(phase)).toBe(seconds);
});
