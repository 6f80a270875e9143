// One simulation in a process of its own, so that its whole CPU time and memory can be told: node dist/bench/simulator-case.js '<JSON>'
import { readFileSync } from "node:fs";
import { readTrace } from "../cli/read-trace.ts";
import { deviceModelFile } from "../src/calibration/read-device-model.ts";
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

const requests = given.kind === "poisson" ? poisson(given.requests, given.replicas * given.requestsPerSecond) : await trace(given.file);
const run = simulate({
  scenario: "speed",
  seed: 1,
  requests,
  stepTime: stepTimeModel(model.step),
  replica: {
    ...schedulerDefaults,
    enablePrefixCaching: given.enablePrefixCaching,
    maxNumSeqs: 256,
    maxNumBatchedTokens: 8192,
    maxModelLen: 131_072,
    numGpuBlocks: 26_000,
  },
  coldStart: [],
  policy: { kind: "fixed", replicas: given.replicas },
  inputs: [],
  notModelled: [],
});
const { user, system } = process.cpuUsage();
const hits = run.prefix_cache ?? null;
const outcome: Outcome = {
  finished: run.requests.finished,
  rejected: run.requests.rejected,
  steps: run.steps,
  cpu_s: (user + system) / 1e6,
  peak_bytes: process.resourceUsage().maxRSS * 1024,
  hit_share: hits === null ? null : hits.hit_tokens / hits.queried_tokens,
};
process.stdout.write(JSON.stringify(outcome));
