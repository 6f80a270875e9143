import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { durationOrNull, durationText } from "../../src/manifests/duration.ts";
import { readyAt, startupBudget, type Probe } from "../../src/manifests/probe.ts";
import { milliOrNull, quantityText } from "../../src/manifests/quantity.ts";

describe("a quantity", () => {
  it.each([
    ["500m", 500],
    ["1.5", 1500],
    [8, 8000],
    ["2k", 2_000_000],
    ["1e3", 1_000_000],
    ["1E-3", 1],
    ["1Ki", 1_024_000],
    ["0.5Gi", 536_870_912_000],
    ["100u", 1],
    ["1n", 1],
    ["0", 0],
    ["-3", -3000],
    [".5", null],
    ["5 m", null],
    ["5x", null],
    ["", null],
  ])("%j is %j milli-units, rounded up", (text, milli) => {
    expect(milliOrNull(text)).toBe(milli);
  });

  it("beyond 2⁵³ is exact", () => {
    expect(milliOrNull("16Ei")).toBe(18_446_744_073_709_551_616_000n);
  });

  it("is read back as it was written", () => {
    fc.assert(fc.property(fc.maxSafeNat(), (milli) => milliOrNull(quantityText(milli)) === milli));
  });
});

describe("a duration", () => {
  it.each([
    ["60s", 60],
    ["1m30s", 90],
    ["1h", 3600],
    ["1.5m", 90],
    ["500ms", 0.5],
    ["0", 0],
    ["60", null],
    ["s", null],
    ["-5s", null],
  ])("%j is %j s", (text, seconds) => {
    expect(durationOrNull(text)).toBe(seconds);
  });

  it("is read back as it was written", () => {
    expect(durationOrNull(durationText(90))).toBe(90);
  });
});

describe("a probe", () => {
  const probe: Probe = { initialDelay: 30, period: 10, timeout: 1, successThreshold: 1, failureThreshold: 6 };
  it("lets a container start for its delay and all the failures it may have", () => {
    expect(startupBudget(probe)).toBe(90);
  });

  it.each([
    [5, 1, 30, "not before the first probe"],
    [30, 1, 30, "at the probe itself"],
    [31, 1, 40, "at the next one"],
    [31, 3, 60, "after as many in a row as it asks for"],
  ])("sees a server that answers from %i s on, %i times, at %i s: %s", (answersAt, successThreshold, seen) => {
    expect(readyAt({ ...probe, successThreshold }, answersAt)).toBe(seen);
  });
});
