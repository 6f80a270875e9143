import { ONE_PROCESS } from "../../src/profile/measurements/common.ts";
import { describe, expect, it } from "vitest";
import type { Findings, Job } from "../../src/profile/jobs.ts";
import type { Measurement } from "../../src/profile/schema.ts";
import { compareUploadJobs, loadJobs } from "../../src/profile/upload-jobs.ts";
import { gpuWorkload, softwareWorkload } from "../../src/profile/workload.ts";

const MIB = 2 ** 20;
const GIB = 2 ** 30;

/** Does these jobs on a device that holds so much and whose every upload goes at a method's own rate. */
const measure = (jobs: readonly Job[], heldBytes: number, rateOf: (method: string) => number): Measurement[] =>
  jobs.flatMap((job): Measurement[] => {
    if (job.kind === "device-memory")
      return [{ ...job, held_bytes: heldBytes, ended: "cap", cap_bytes: heldBytes, cap_because: "the test says so" }];
    if (job.kind !== "upload") return [];
    const seconds = job.bytes / rateOf(job.method);
    return [{ ...job, into_bytes: job.bytes, first_s: [seconds, seconds, seconds], repeated_s: [seconds], ...ONE_PROCESS, verified: true }];
  });

const plan = (workload: ReturnType<typeof gpuWorkload>, isQuick: boolean, heldBytes: number, rateOf: (method: string) => number) => {
  const compared = compareUploadJobs(workload, isQuick);
  const found: Findings = { verifications: [], measurements: measure(compared, heldBytes, rateOf) };
  return { compared, load: loadJobs(workload, isQuick, found) };
};
const ringIsBest = (method: string) => (method === "staging-ring" ? 4e9 : 1e9);
const uploads = (jobs: readonly Job[]) => jobs.filter((job) => job.kind === "upload");

describe.each([
  ["a software adapter", softwareWorkload(), 512 * MIB],
  ["a GPU", gpuWorkload(), 72 * GIB],
])("uploads on %s", (_, workload, held) => {
  it("try every method with every chunk at one size", () => {
    const compared = uploads(compareUploadJobs(workload, false));
    expect(new Set(compared.map(({ bytes }) => bytes))).toEqual(new Set([workload.uploads.compared]));
    const ways = compared.map(({ method, chunk_bytes }) => `${method} ${chunk_bytes}`);
    expect(new Set(ways).size).toBe(4 * workload.uploads.chunks.length);
    expect(ways).toEqual([...new Set(ways)]);
  });

  it("then go from 1 MiB up to what the device holds with the best way", () => {
    const { load } = plan(workload, false, held, ringIsBest);
    const best = uploads(load).filter(({ method }) => method === "staging-ring");
    const sizes = best.map(({ bytes }) => bytes);
    expect(sizes).toEqual(sizes.toSorted((a, b) => a - b));
    expect(sizes[0]).toBe(MIB);
    expect(sizes.at(-1)).toBeGreaterThan(0.8 * held);
    expect(sizes.at(-1)).toBeLessThanOrEqual(0.9 * held);
  });

  it("stream a file by the best way", () => {
    for (const isQuick of [false, true]) {
      const streamed = plan(workload, isQuick, held, ringIsBest).load.filter(({ kind }) => kind === "load-pipeline");
      expect(streamed).toMatchObject([{ method: "staging-ring" }]);
    }
  });

  it("have at least three sizes for a fit, however quick the run", () => {
    const { compared, load } = plan(workload, true, held, ringIsBest);
    expect(uploads([...compared, ...load]).filter(({ method }) => method === "staging-ring").length).toBeGreaterThanOrEqual(3);
  });

  it("measure nothing twice", () => {
    const { compared, load } = plan(workload, false, held, ringIsBest);
    const ids = [...compared, ...load].map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("end below the time in which a page counts as hung, on a slow link", () => {
    const { load } = plan(workload, false, held, () => 2e7);
    const largest = Math.max(workload.uploads.compared, ...uploads(load).map(({ bytes }) => bytes));
    expect(largest / 2e7).toBeLessThanOrEqual(Math.max(60, workload.uploads.compared / 2e7));
  });
});

it("nothing is planned on top of uploads that all failed", () => {
  expect(loadJobs(gpuWorkload(), false, { verifications: [], measurements: [] })).toEqual([]);
});
