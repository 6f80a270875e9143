import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { benchCommand } from "../../cli/commands/bench.ts";
import type { Job } from "../../src/profile/jobs.ts";
import { readProfile } from "../../src/profile/read.ts";
import { leftBehind, pages } from "../driver/the-browser.ts";
import { freshFolder } from "./folder.ts";
import { terminal } from "./terminal.ts";

const HOUR_MS = 3_600_000;
const START = Date.UTC(2026, 0, 2, 3, 4, 5);

describe("a wall clock that is set while a bench runs", () => {
  const folder = freshFolder();
  let stepping: NodeJS.Timeout;
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["Date"], now: START });
    let steps = 0;
    // Forwards and backwards by turns, and a little further back each time.
    stepping = setInterval(() => vi.setSystemTime(START + (steps++ % 2 === 0 ? 5 * HOUR_MS : -steps * HOUR_MS)), 20);
  });
  afterEach(() => {
    clearInterval(stepping);
    vi.useRealTimers();
  });

  it("neither ends it early nor keeps it going, and spoils nothing that it writes", async () => {
    const ids = ["first", "never"];
    const { io } = terminal({ env: process.env });
    const began = performance.now();
    await benchCommand(io, { site: pages.faults, stages: () => [() => ids.map((id): Job => ({ kind: "clock", id }))] })
      .exitOverride()
      .parseAsync(["--software", "--budget", "8", "--runs", folder.path], { from: "user" })
      .catch(() => {}); // so few measurements answer nothing
    const took = performance.now() - began;
    const [run = ""] = readdirSync(folder.path).filter((name) => name.includes("-web-"));
    const profile = readProfile(readFileSync(join(folder.path, run, "profile.json"), "utf8"), run);
    expect(profile.left_out).toEqual([
      { id: "first", because: "echo first" },
      { id: "never", because: "the time budget had ended" },
    ]);
    expect(took).toBeGreaterThan(0.85 * 8000); // the budget for measuring is real time
    expect(Math.abs(Date.parse(profile.started_at) - START)).toBeLessThan(10_000 * HOUR_MS);
    expect(leftBehind()).toEqual({ folders: [], processes: [] });
  });
});
