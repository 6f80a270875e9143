// How busy a sweep keeps its workers: time that workers spent in runs, over wall time × workers.
//
//   npm run bench:sweep                  1,000 runs on two workers (at least 90 % asked for)
//   npm run bench:sweep -- 200 4         so many runs, on so many workers
//
// Runs are of bench/reference-model.json at four rates with three policies, five minutes of traffic each: some tens of milliseconds. That is short
// for a run, so that what lies between runs counts. The wall time is of the whole work, starting and ending the threads included. The load average
// is the machine's, this program's own threads included.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, cpus, loadavg, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { openFolderStore } from "../cli/sweep/folder-store.ts";
import { loadSweep } from "../cli/sweep/load-sweep.ts";
import { runAll } from "../cli/sweep/run-all.ts";
import { startThreads } from "../cli/sweep/threads.ts";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const [runs = 1000, workers = 2] = process.argv.slice(2).map(Number);
if (!(runs >= 12 && workers >= 1)) {
  process.stderr.write("bench:sweep: expected a number of runs, 12 or more, and of workers, such as: 1000 2\n");
  process.exit(1);
}

const lengths = {
  prompt: { kind: "log-normal", p50_tokens: 1020, p99_tokens: 4142, max_tokens: 14_050 },
  output: { kind: "log-normal", p50_tokens: 129, p99_tokens: 601, max_tokens: 1000 },
};
const sweep = {
  scenario: {
    name: "chat",
    model: (JSON.parse(readFileSync(join(root, "bench/reference-model.json"), "utf8")) as { readonly model: string }).model,
    device: "bench/reference-model.json",
    traffic: { kind: "bursty", duration_s: 300, ...lengths },
  },
  vary: {
    "traffic.requests_per_s": [5, 10, 15, 20],
    policy: [
      { kind: "fixed", replicas: 8 },
      { kind: "hpa", min_replicas: 2, max_replicas: 12, target_average: 4 },
      { kind: "queue_length", min_replicas: 2, max_replicas: 12 },
    ],
  },
  seeds: Math.ceil(runs / 12),
};

const folder = mkdtempSync(join(tmpdir(), "ballast-bench-sweep-"));
const seconds = (from: number): number => (performance.now() - from) / 1e3;
const silent = { out: () => {}, err: () => {}, isTerminal: false, env: process.env, cwd: root };
try {
  const begun = performance.now();
  const { runs: all } = await loadSweep(silent, JSON.stringify(sweep), { file: "bench:sweep", folder: root }, {});
  const jobs = all.slice(0, runs).map(({ job }) => job);
  const loaded = seconds(begun);
  const store = openFolderStore(join(folder, "store"), "store");
  const start = performance.now();
  const cpu = process.cpuUsage();
  const threads = startThreads(workers);
  const work = await runAll(jobs, store, threads, new AbortController().signal);
  await threads.close();
  const wall = seconds(start);
  const { user, system } = process.cpuUsage(cpu);
  const [load = 0] = loadavg();
  const lines = [
    `${jobs.length} runs on ${workers} workers, ${availableParallelism()} cores (${cpus()[0]?.model ?? "unknown"}), load average ${load.toFixed(1)}`,
    `  read, checked and addressed   ${loaded.toFixed(2)} s`,
    `  wall time                     ${wall.toFixed(2)} s, ${((1e3 * work.busySeconds) / jobs.length).toFixed(1)} ms a run`,
    `  workers busy                  ${((100 * work.busySeconds) / (wall * workers)).toFixed(1)} % (90 % asked for)`,
    `  CPU time of the process       ${((user + system) / 1e6).toFixed(2)} s, ${((user + system) / 1e4 / (wall * workers)).toFixed(1)} % of the workers' wall time`,
  ];
  process.stdout.write(`${lines.join("\n")}\n`);
  if (work.failed.length > 0) throw new Error(work.failed[0]!.because);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
