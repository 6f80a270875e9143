/**
 * What traffic costs: microseconds to generate a request of each kind, and rows a second and peak memory to describe CSV files of growing
 * length. Bounded means that the peak does not grow with the rows.
 *
 *   npm run bench:traffic [-- <million rows>]      (10 by default)
 */
import { spawnSync } from "node:child_process";
import { createWriteStream, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { once } from "node:events";
import { count, significant } from "../src/format.ts";
import { left, PLAIN, right, table } from "../src/report/layout.ts";
import { createStreams } from "../src/sim/streams.ts";
import { generate, type GeneratedTraffic } from "../src/traffic/generate.ts";
import { trafficSchema } from "../src/traffic/schema.ts";

const [millions = 10] = process.argv.slice(2).map(Number);
const ROUNDS = 5;

const constant = { kind: "constant", tokens: 100 };
const logNormal = { kind: "log-normal", p50_tokens: 1020, p99_tokens: 4142, max_tokens: 14_050 };
const cases: readonly (readonly [name: string, fields: object])[] = [
  ["poisson, constant lengths", { kind: "poisson", requests_per_s: 1000, prompt: constant, output: constant }],
  ["gamma, constant lengths", { kind: "gamma", cv: 3, requests_per_s: 1000, prompt: constant, output: constant }],
  ["bursty, constant lengths", { kind: "bursty", requests_per_s: 1000, prompt: constant, output: constant }],
  ["diurnal, constant lengths", { kind: "diurnal", requests_per_s: 1000, prompt: constant, output: constant }],
  ["poisson, log-normal lengths", { kind: "poisson", requests_per_s: 1000, prompt: logNormal, output: logNormal }],
];

/** The fastest of some rounds: what the machine does beside it only adds. */
const microseconds = (traffic: GeneratedTraffic): number => {
  const times = Array.from({ length: ROUNDS }, () => {
    const start = performance.now();
    let requests = 0;
    for (const { promptTokens } of generate(traffic, createStreams(1))) requests += promptTokens > 0 ? 1 : 0;
    return ((performance.now() - start) * 1000) / requests;
  });
  return Math.min(...times);
};

const generated = cases.map(([name, fields]) => {
  const traffic = trafficSchema.parse({ duration_s: 500, ...fields }) as GeneratedTraffic;
  return [name, significant(microseconds(traffic))];
});
process.stdout.write(`${table([left("generated"), right("µs a request")], generated, PLAIN).join("\n")}\n\n`);

const writeCsv = async (path: string, rows: number): Promise<void> => {
  const file = createWriteStream(path);
  const chance = createStreams(7).named("rows");
  let at = 0;
  let text = "arrival_s,prompt_tokens,output_tokens\n";
  for (let row = 1; row <= rows; row += 1) {
    at += chance.exponential(0.01);
    text += `${at.toFixed(6)},${1 + Math.floor(8000 * chance.uniform())},${1 + Math.floor(1000 * chance.uniform())}\n`;
    if (row % 100_000 !== 0 && row !== rows) continue;
    if (!file.write(text)) await once(file, "drain");
    text = "";
  }
  file.end();
  await once(file, "close");
};

/** Describes in a process of its own, which says how long it took and what it held at most. */
const CHILD = `
const { main } = await import(process.argv[1]);
const start = performance.now();
await main(["traffic", "describe", process.argv[2], "--quiet"], { out() {}, err(text) { throw new Error(text); }, isTerminal: false, env: {}, cwd: process.cwd() });
console.log(JSON.stringify({ seconds: (performance.now() - start) / 1000, bytes: process.resourceUsage().maxRSS * 1024 }));`;

const folder = mkdtempSync(join(tmpdir(), "ballast-traffic-"));
try {
  const rows: string[][] = [];
  for (const share of [0.01, 0.1, 1]) {
    const path = join(folder, "log.csv");
    const all = Math.round(millions * 1e6 * share);
    await writeCsv(path, all);
    const main = new URL("../cli/main.js", import.meta.url).href;
    const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", CHILD, main, path], { encoding: "utf8" });
    if (stdout === "") throw new Error(stderr);
    const { seconds, bytes } = JSON.parse(stdout) as { seconds: number; bytes: number };
    rows.push([count(all), significant(seconds), count(all / seconds), count(bytes / 2 ** 20)]);
  }
  process.stdout.write(
    `${table([right("rows described"), right("s"), right("rows a second"), right("peak MiB")], rows, PLAIN).join("\n")}\n`,
  );
} finally {
  rmSync(folder, { recursive: true });
}
