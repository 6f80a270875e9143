// One simulation in a process of its own, so that its whole CPU time and memory can be told: node dist/bench/simulator-case.js '<JSON>'
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { recordsFile } from "../cli/records-file.ts";
import { readTrace } from "../cli/read-trace.ts";
import { deviceModelFile } from "../src/calibration/read-device-model.ts";
import type { FleetConfig } from "../src/fleet/config.ts";
import type { Policy } from "../src/fleet/policy.ts";
import { simulate } from "../src/fleet/simulate.ts";
import { schedulerDefaults } from "../src/replica/config.ts";
import { stepTimeModel } from "../src/replica/step-time.ts";
import { createStreams } from "../src/sim/streams.ts";
import { generate } from "../src/traffic/generate.ts";
import type { Request } from "../src/traffic/request.ts";
import { readVersioned } from "../src/versioned.ts";
import { trafficSchema, type Traffic } from "../src/traffic/schema.ts";
import type { Case, Outcome } from "./simulator-cases.ts";

type Trace = Extract<Traffic, { kind: "trace" }>;

const given = JSON.parse(process.argv[2] ?? "") as Case;
const model = readVersioned(deviceModelFile, readFileSync(given.model, "utf8"), given.model);

const poisson = (requests: number, requestsPerSecond: number): Iterable<Request> => ({
  *[Symbol.iterator]() {
    const traffic = {
      kind: "poisson",
      requests_per_s: requestsPerSecond,
      // A tenth more than it takes on average; the last ones are left out.
      duration_s: (1.1 * requests) / requestsPerSecond + 100,
      prompt: { kind: "constant", tokens: 512 },
      output: { kind: "constant", tokens: 128 },
    } as const;
    for (const request of generate(traffic, createStreams(1))) {
      if (request.id === requests) return;
      yield request;
    }
  },
});

const trace = async (file: string): Promise<readonly Request[]> =>
  (await readTrace(trafficSchema.parse({ kind: "trace", file }) as Trace, file, { seed: 1 })).requests;

const day = (requestsPerSecond: number): Iterable<Request> =>
  generate(
    {
      kind: "diurnal",
      requests_per_s: requestsPerSecond,
      duration_s: 86_400,
      swing: 0.5,
      peak_s: 50_400,
      day_s: 86_400,
      prompt: { kind: "log-normal", p50_tokens: 1020, p99_tokens: 4142, max_tokens: 14_050 },
      output: { kind: "log-normal", p50_tokens: 129, p99_tokens: 601, max_tokens: 1000 },
    },
    createStreams(1),
  );

const requestsOf = async (): Promise<Iterable<Request>> => {
  switch (given.kind) {
    case "poisson":
      return poisson(given.requests, given.replicas * given.requestsPerSecond);
    case "mooncake":
      return trace(given.file);
    case "day":
      return day(given.requestsPerSecond);
    default:
      return given satisfies never;
  }
};

const policy: Policy =
  given.kind === "day"
    ? { kind: "hpa", min_replicas: given.replicas, max_replicas: given.mostReplicas, metric: "requests_in_flight", target_average: 2.4 }
    : { kind: "fixed", replicas: given.replicas };
const folder = given.kind === "day" && given.records ? mkdtempSync(join(tmpdir(), "ballast-records-")) : null;
const records = folder === null ? null : recordsFile(join(folder, "requests.csv"));
const config: FleetConfig = {
  scenario: "speed",
  seed: 1,
  requests: await requestsOf(),
  stepTime: stepTimeModel(model.step),
  replica: {
    ...schedulerDefaults,
    enablePrefixCaching: given.enablePrefixCaching,
    maxNumSeqs: 256,
    maxNumBatchedTokens: 8192,
    maxModelLen: 131_072,
    numGpuBlocks: 26_000,
  },
  coldStart: given.kind === "day" ? [{ name: "start", state: "loading", duration: 120 }] : [],
  policy,
  inputs: [],
  notModelled: [],
};
const run = simulate(config, records === null ? undefined : (record) => records.add(record));
records?.finish();
if (folder !== null) rmSync(folder, { recursive: true });
const { user, system } = process.cpuUsage();
const hits = run.prefix_cache ?? null;
const outcome: Outcome = {
  finished: run.requests.finished,
  rejected: run.requests.rejected,
  steps: run.steps,
  scaleEvents: run.scale_events.length,
  cpu_s: (user + system) / 1e6,
  peak_bytes: process.resourceUsage().maxRSS * 1024,
  hit_share: hits === null ? null : hits.hit_tokens / hits.queried_tokens,
};
process.stdout.write(JSON.stringify(outcome));
