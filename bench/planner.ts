// Whether the planner is right, how sure it may say it is, and what an answer costs.
//
//   npm run bench:planner -- correctness [QUESTIONS] [--kept FILE]   beside a simulation of every number of replicas (at least 95 % right asked for,
//                                                                   at most 10 % undecided); goes on from what FILE holds
//
// Questions are drawn at random for bench/reference-model.json: Poisson, gamma or bursty traffic of 200 to 1,000 requests, random lengths and limits,
// one to twelve replicas. Times are CPU time of this process, user and system.
import { appendFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { readDeviceModel } from "../src/calibration/read-device-model.ts";
import { compare, judge, type Outcome } from "./planner/correctness.ts";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const place = join(root, "bench/reference-model.json");
const device = readDeviceModel(readFileSync(place, "utf8"), place);
const print = (line: string): void => void process.stdout.write(`${line}\n`);

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { kept: { type: "string", default: join(root, "runs/bench-planner/correctness.jsonl") } },
});
const [what = "correctness", count = "200"] = positionals;

const share = (part: number, all: number): string => `${((100 * part) / all).toFixed(1)} %`;

const correctness = (questions: number): void => {
  const file = resolve(values.kept);
  mkdirSync(dirname(file), { recursive: true });
  const kept = existsSync(file)
    ? readFileSync(file, "utf8")
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line) as Outcome)
    : [];
  const outcomes = new Map(kept.map((outcome) => [outcome.number, outcome]));
  const used = (): Outcome[] => [...outcomes.values()].filter((outcome) => judge(outcome) !== "left out");
  for (let number = 0; used().length < questions; number += 1) {
    if (outcomes.has(number)) continue;
    const outcome = compare(device, number);
    outcomes.set(number, outcome);
    appendFileSync(file, `${JSON.stringify(outcome)}\n`);
    const { found, truth } = outcome;
    const said = found === null ? "none" : found.atLeast === found.replicas ? found.replicas : `${found.atLeast} or ${found.replicas}`;
    process.stderr.write(`${used().length} of ${questions}: ${judge(outcome)}, said ${said}, is ${truth ?? "none"}: ${outcome.words}\n`);
  }
  const all = used();
  const number = (which: (outcome: Outcome) => boolean): string => {
    const some = all.filter(which).length;
    return `${some} of ${all.length}, ${share(some, all.length)}`;
  };
  const cpu = (of: "search" | "exhaustive"): number => all.reduce((sum, { cpu_s }) => sum + cpu_s[of], 0);
  print(`right                        ${number((outcome) => judge(outcome).startsWith("right"))} (95 % asked for)`);
  print(`undecided                    ${number((outcome) => judge(outcome).endsWith("undecided"))} (at most 10 % asked for)`);
  print(`undecided between 3 or more  ${number(({ found }) => found !== null && found.replicas - found.atLeast > 1)}, counted as wrong`);
  print(`promises that do not hold    ${number(({ isBrokenPromise }) => isBrokenPromise)} (none asked for)`);
  print(`no number will do            ${number(({ found }) => found === null)}`);
  print(`left out: more than 12       ${outcomes.size - all.length}`);
  print(`CPU time                     ${cpu("search").toFixed(0)} s of searches, ${(cpu("exhaustive") / 60).toFixed(1)} min of exhaustive runs`);
};

if (what === "correctness") correctness(Number(count));
else {
  process.stderr.write(`bench:planner: expected correctness, got ${what}\n`);
  process.exitCode = 1;
}
