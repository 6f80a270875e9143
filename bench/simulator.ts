// How fast the simulator is, how its cost grows, and whether it agrees with queueing theory.
//
//   npm run bench:simulator                      all tables
//   npm run bench:simulator -- speed growth      some of them: speed, growth, day, mooncake, queueing
//   npm run bench:simulator -- mooncake FILE     a Mooncake trace (conversation_trace.jsonl.gz)
//
// Speed is of a whole process, with bench/reference-model.json (about 10 ms a step): prompts of 512 tokens, 128 tokens of output, Poisson
// arrivals of 10 requests/s for each replica, prefix caching off. CPU time is user and system time of that process, from its start.
import { execFileSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { arrivalsFor, expectedWait, queueingCases, REPLICATIONS, waitsOf } from "./queueing.ts";
import type { Case, Outcome } from "./simulator-cases.ts";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "../..");
const model = join(root, "bench/reference-model.json");

const run = (of: Case): Outcome =>
  JSON.parse(
    execFileSync(process.execPath, [join(here, "simulator-case.js"), JSON.stringify(of)], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "inherit"],
    }),
  ) as Outcome;

const poisson = (replicas: number, requests: number): Outcome =>
  run({ kind: "poisson", model, replicas, requests, requestsPerSecond: 10, enablePrefixCaching: false });

const count = (value: number): string => value.toLocaleString("en-US", { maximumFractionDigits: 0 });
const print = (line: string): void => void process.stdout.write(`${line}\n`);
const row = (cells: readonly string[]): void => print(cells.map((cell) => cell.padStart(16)).join(""));

const speedRow = (replicas: number, requests: number): void => {
  const { cpu_s, finished, steps, peak_bytes } = poisson(replicas, requests);
  const perSecond = count(finished / cpu_s);
  row([count(replicas), count(finished), count(steps), cpu_s.toFixed(2), perSecond, `${count(peak_bytes / 2 ** 20)} MiB`]);
};
const speedHead = (): void => row(["replicas", "requests", "steps", "CPU s", "requests/CPU s", "peak memory"]);

const speed = (): void => {
  print("\nA million requests (at least 100,000 a CPU second asked for)");
  speedHead();
  for (const replicas of [1, 4]) speedRow(replicas, 1e6);
};

const growth = (): void => {
  print("\nBy fleet size, a million requests each");
  speedHead();
  for (const replicas of [1, 10, 100, 1000]) speedRow(replicas, 1e6);
  print("\nBy length of the trace, one replica");
  speedHead();
  for (const requests of [1e5, 1e6, 1e7]) speedRow(1, requests);
};

const mooncake = (file: string | undefined): void => {
  print(
    `\nMooncake's conversation hour with prefix caching, 16-token blocks (under 2 s asked for)${file === undefined ? "" : `: ${file}`}`,
  );
  if (file === undefined) return print("  not run: give the path of conversation_trace.jsonl.gz after `mooncake`");
  row(["replicas", "finished", "rejected", "steps", "CPU s", "found in cache"]);
  for (const replicas of [1, 8, 16]) {
    const { finished, rejected, steps, cpu_s, hit_share } = run({ kind: "mooncake", model, replicas, file, enablePrefixCaching: true });
    row([count(replicas), count(finished), count(rejected), count(steps), cpu_s.toFixed(2), `${(100 * (hit_share ?? 0)).toFixed(1)} %`]);
  }
};

const queueing = (): void => {
  print(`\nMean waits against closed forms: ${REPLICATIONS} replications, the first tenth of each left out, intervals of 95 %`);
  row(["queue", "load", "arrivals", "theory ms", "simulated ms", "half-width", "inside"]);
  for (const of of queueingCases([0.3, 0.7, 0.9, 0.95])) {
    const arrivals = arrivalsFor(of.load);
    const { mean, halfWidth } = waitsOf(of, arrivals, 0.95);
    const expected = expectedWait(of);
    const share = `${((100 * halfWidth) / expected).toFixed(2)} %`;
    const isInside = Math.abs(mean - expected) <= halfWidth;
    row([
      of.name,
      of.load.toFixed(2),
      count(arrivals),
      (1e3 * expected).toFixed(4),
      (1e3 * mean).toFixed(4),
      share,
      isInside ? "yes" : "no",
    ]);
  }
};

const day = (): void => {
  print("\nA day of 60 requests/s on average, 20 to 60 replicas under an HPA (under 90 CPU s asked for, twice that with records)");
  row(["prefix caching", "records", "finished", "scale events", "CPU s", "peak memory"]);
  for (const enablePrefixCaching of [false, true]) {
    for (const records of [false, true]) {
      const of = { kind: "day", model, replicas: 20, mostReplicas: 60, requestsPerSecond: 60, enablePrefixCaching, records } as const;
      const { cpu_s, finished, scaleEvents, peak_bytes } = run(of);
      const memory = `${count(peak_bytes / 2 ** 20)} MiB`;
      row([
        enablePrefixCaching ? "on" : "off",
        records ? "written" : "none",
        count(finished),
        count(scaleEvents),
        cpu_s.toFixed(1),
        memory,
      ]);
    }
  }
};

const tables: Record<string, () => void> = { speed, growth, day, mooncake: () => mooncake(file), queueing };
const words = process.argv.slice(2);
const file = words.includes("mooncake") ? words.find((word) => !(word in tables)) : undefined;
const asked = words.filter((word) => word in tables);
const unknown = words.find((word) => !(word in tables) && word !== file);
if (unknown !== undefined) {
  process.stderr.write(`bench:simulator: expected ${Object.keys(tables).join(", ")}, got ${unknown}\n`);
  process.exit(1);
}
for (const name of asked.length > 0 ? asked : Object.keys(tables)) tables[name]!();
