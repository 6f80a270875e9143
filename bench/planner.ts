// Whether the planner is right, how sure it may say it is, and what an answer costs.
//
//   npm run bench:planner -- correctness [QUESTIONS]   beside a simulation of every number of replicas with ten times the replications
//   npm run bench:planner -- coverage [GENERATORS]     how often the 95 % intervals hold the value of a very long run of the same generator
//   npm run bench:planner -- halves TRACE…             whether the interval from ten minutes of a trace holds what the next ten need
//   npm run bench:planner -- drift [HOURS]             how often the test of drift fires on traffic that does not drift, and on one that rises
//   npm run bench:planner -- speed TRACE [OBJECTIVES]  plan of a trace, with a hybrid and the frontier too
//
// Questions are drawn at random for bench/reference-model.json: Poisson, gamma or bursty traffic, random lengths and limits, one to twelve replicas;
// of 200 to 1,000 requests for correctness. What is found is kept in runs/bench-planner (--kept FOLDER): one that was cut short goes on. Times
// are CPU time, user and system.
import { readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { readDeviceModel } from "../src/calibration/read-device-model.ts";
import { main } from "../cli/main.ts";
import { readTrace } from "../cli/read-trace.ts";
import { compare, judge, type Outcome } from "./planner/correctness.ts";
import { coverageOf, type Coverage } from "./planner/coverage.ts";
import { firingShares } from "./planner/drift.ts";
import { halvesOf, type Half } from "./planner/halves.ts";
import { Kept } from "./planner/kept.ts";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const place = join(root, "bench/reference-model.json");
const device = readDeviceModel(readFileSync(place, "utf8"), place);
const print = (line: string): void => void process.stdout.write(`${line}\n`);
const tell = (line: string): void => void process.stderr.write(`${line}\n`);
const share = (part: number, all: number): string => `${part} of ${all}, ${((100 * part) / all).toFixed(1)} %`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { kept: { type: "string", default: join(root, "runs/bench-planner") } },
});
const [what = "", ...rest] = positionals;

const correctness = (questions: number): void => {
  const kept = new Kept<Outcome>(resolve(values.kept, "correctness.jsonl"));
  const all: Outcome[] = [];
  let leftOut = 0;
  for (let number = 0; all.length < questions; number += 1) {
    const outcome = kept.of(number, () => compare(device, number));
    const judged = judge(outcome);
    if (judged === "left out") leftOut += 1;
    else all.push(outcome);
    const { found, truth } = outcome;
    const said = found === null ? "none" : found.atLeast === found.replicas ? found.replicas : `${found.atLeast} to ${found.replicas}`;
    tell(`${all.length} of ${questions}: ${judged}, said ${said}, is ${truth ?? "none of twelve"}: ${outcome.words}`);
  }
  const number = (which: (outcome: Outcome) => boolean): string => share(all.filter(which).length, all.length);
  const cpu = (of: "search" | "exhaustive"): number => all.reduce((sum, { cpu_s }) => sum + cpu_s[of], 0);
  print(`right                        ${number((outcome) => judge(outcome).startsWith("right"))} (at least 95 % asked for)`);
  print(`undecided                    ${number((outcome) => judge(outcome).endsWith("undecided"))} (at most 10 % asked for)`);
  print(`undecided between 3 or more  ${number(({ found }) => found !== null && found.replicas - found.atLeast > 1)}, counted as wrong`);
  print(`promises that do not hold    ${number(({ isBrokenPromise }) => isBrokenPromise)} (none asked for)`);
  print(`no number will do            ${number(({ found }) => found === null)}`);
  print(`left out: more than twelve   ${leftOut}`);
  print(
    `CPU time                     ${cpu("search").toFixed(0)} s of searches, ${(cpu("exhaustive") / 60).toFixed(1)} min of exhaustive runs`,
  );
};

/** Intervals of each generator. */
const INTERVALS = 30;

const coverage = (generators: number): void => {
  const kept = new Kept<Coverage | null>(resolve(values.kept, "coverage.jsonl"));
  const all: Coverage[] = [];
  for (let number = 1000; all.length < generators; number += 1) {
    const found = kept.of(number, () => coverageOf(device, number, INTERVALS));
    if (found === null) continue;
    all.push(found);
    const held = found.figures.map(({ name, hold, intervals }) => `${name} ${hold}/${intervals}`);
    tell(`${all.length} of ${generators}: ${found.words}, ${found.replicas} replicas: ${held.join(", ")}`);
  }
  print(`${"figure".padEnd(16)}intervals that hold the long run's value (93 to 97 % asked for); of the others, below it`);
  const names = all[0]?.figures.map(({ name }) => name) ?? [];
  const totals = [...names, "all"].map((name) => {
    const figures = all.flatMap((one) => one.figures.filter((figure) => name === "all" || figure.name === name));
    const sum = (of: "intervals" | "hold" | "below"): number => figures.reduce((total, figure) => total + figure[of], 0);
    return { name, intervals: sum("intervals"), hold: sum("hold"), below: sum("below") };
  });
  for (const { name, intervals, hold, below } of totals) {
    print(`${name.padEnd(16)}${share(hold, intervals)}; ${below} of ${intervals - hold}`);
  }
};

const halves = async (traces: readonly string[]): Promise<void> => {
  const all: (Half & { readonly held: boolean })[] = [];
  for (const file of traces) {
    const { requests } = await readTrace({ kind: "trace", file, speed: 1, beyond_context: "keep" }, resolve(file), { seed: 0 });
    for (const half of halvesOf(device, requests)) {
      const { from_s, speed, interval, second, drifts } = half;
      const held = interval.low <= second && second <= interval.high;
      all.push({ ...half, held });
      const words = `${interval.low} to ${interval.high}, the next ten minutes need ${second}${held ? "" : " (missed)"}`;
      print(
        `${file.split("/").at(-1)}, from ${from_s / 60} min, ${speed} times as fast: ${words}${drifts.length === 0 ? "" : `; drifts: ${drifts.join(", ")}`}`,
      );
    }
  }
  const held = (which: (drifts: number) => boolean): string => {
    const some = all.filter(({ drifts }) => which(drifts.length));
    return some.length === 0 ? "none" : share(some.filter((half) => half.held).length, some.length);
  };
  print(
    `held: ${held(() => true)}; where nothing drifts ${held((drifts) => drifts === 0)}; where something does ${held((drifts) => drifts > 0)}`,
  );
  const few = all.filter(({ interval, second, held: isHeld }) => !isHeld && second > interval.high);
  print(`the next ten minutes need more than the interval: ${share(few.length, all.length)}`);
};

const speed = async ([trace = "", slo = "ttft.p99<=500ms tpot.p99<=20ms"]: readonly string[]): Promise<void> => {
  for (const options of [[], ["--frontier"]]) {
    const before = process.cpuUsage();
    const begun = performance.now();
    let out = "";
    const io = { out: (text: string) => void (out += text), err: tell, isTerminal: false, env: process.env, cwd: process.cwd() };
    const code = await main(["plan", "--traffic", trace, "--device", place, "--slo", slo, ...options], io);
    const { user, system } = process.cpuUsage(before);
    const times = `${((user + system) / 1e6).toFixed(1)} CPU s, ${((performance.now() - begun) / 1e3).toFixed(1)} s`;
    print(`plan ${options.join(" ")}: ${times}, exit ${code}: ${out.split("\n")[0] ?? ""}`);
  }
};

switch (what) {
  case "correctness":
    correctness(Number(rest[0] ?? 200));
    break;
  case "coverage":
    coverage(Number(rest[0] ?? 20));
    break;
  case "halves":
    await halves(rest);
    break;
  case "drift": {
    const hours = Number(rest[0] ?? 400);
    for (const { name, fires } of firingShares(hours)) print(`${name.padEnd(18)}fires in ${share(fires, hours)}`);
    break;
  }
  case "speed":
    await speed(rest);
    break;
  default:
    tell(`bench:planner: expected correctness, coverage, halves, drift or speed, got ${JSON.stringify(what)}`);
    process.exitCode = 1;
}
