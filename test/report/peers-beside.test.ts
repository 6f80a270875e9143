import { describe, expect, it } from "vitest";
import { ageText, isOfSameDevice, peersDifferences, peersSource, racedSentence } from "../../src/report/peers-beside.ts";
import type { PeerTable } from "../../src/report/peers-schema.ts";
import { peerTable, wonAndLost } from "./peers-samples.ts";
import { gpuProfile, softwareProfile } from "./samples.ts";

const profile = softwareProfile();
const table = peerTable(wonAndLost);
const { environment } = table;
const on = (changes: Partial<PeerTable["environment"]>): PeerTable => ({ ...table, environment: { ...environment, ...changes } });

describe("a peer table is of a profile's device", () => {
  it.each<[string, PeerTable, boolean]>([
    ["with the same adapter, processor and condition", table, true],
    ["in another browser", on({ browser: "Chrome/1" }), true],
    ["in another condition", { ...table, condition: "native-like" }, false],
    ["under another name", { ...table, device: "Other" }, false],
    ["with another adapter", on({ adapter: { ...environment.adapter, architecture: "other" } }), false],
    ["on another processor, which a software adapter is", on({ cpu: "Other CPU" }), false],
  ])("%s", (_, given, expected) => expect(isOfSameDevice(given, profile)).toBe(expected));

  it("a GPU stays the same behind another processor", () => {
    const gpu = gpuProfile();
    const { vendor, architecture, device, description, driver } = gpu.environment.adapter;
    const adapter = { vendor, architecture, device, description, driver };
    const own = { ...on({ cpu: "Other CPU", adapter }), device: gpu.device, is_gpu: true };
    expect(isOfSameDevice(own, gpu)).toBe(true);
    expect(isOfSameDevice(own, { ...gpu, runtime: "dawn" })).toBe(false);
  });
});

describe("what was different when it was raced", () => {
  it("is nothing with the same browser, driver, Ballast and kernels", () => expect(peersDifferences(table, profile)).toEqual([]));

  it("is said one by one; a kernel that the profile has no time of is not held against it", () => {
    const other = { ...on({ browser: "Chrome/155" }), ballast_version: "0.0.1", kernels: { "matmul/tiled-f32": 2, "matmul/unknown": 9 } };
    expect(peersDifferences(other, profile)).toMatchInlineSnapshot(`
      [
        "browser Chrome/155 (here Chrome/156.0.0.0)",
        "Ballast 0.0.1 (here 0.1.0)",
        "matmul/tiled-f32 in another version",
      ]
    `);
  });
});

describe("its age", () => {
  it.each([
    ["less than a minute", "2026-11-20T10:00:59Z"],
    ["1 minute", "2026-11-20T10:01:59Z"],
    ["59 minutes", "2026-11-20T10:59:59Z"],
    ["1 hour", "2026-11-20T11:00:00Z"],
    ["23 hours", "2026-11-21T09:59:00Z"],
    ["1 day", "2026-11-21T10:00:00Z"],
    ["40 days", "2026-12-30T10:00:00Z"],
  ])("%s", (text, to) => {
    const from = "2026-11-20T10:00:00Z";
    expect(ageText(from, to)).toBe(text);
    expect(ageText(to, from)).toBe(text);
  });

  it("stands with the source on a terminal, counted from now", () => {
    expect(peersSource("runs/a/peers.json", table, profile, "2026-11-23T12:00:00.000Z")).toMatchInlineSnapshot(
      `"Beside other libraries: runs/a/peers.json, raced 3 days ago, with the same browser, driver and kernels"`,
    );
  });

  it("stands on the page counted from the profile, so that the page stays the same", () => {
    expect(racedSentence(table, undefined)).toBe("Raced 2026-11-20 10:30 UTC.");
    expect(racedSentence(on({ browser: "Chrome/155" }), { ...profile, started_at: "2026-11-21T10:30:00.000Z" })).toMatchInlineSnapshot(
      `"Raced 2026-11-20 10:30 UTC, 1 day before the device was measured, different then: browser Chrome/155 (here Chrome/156.0.0.0)."`,
    );
    expect(racedSentence(table, { ...profile, started_at: "2026-11-20T08:00:00.000Z" })).toContain("2 hours after the device was measured");
  });
});
