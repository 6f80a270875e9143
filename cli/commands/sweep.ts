import { existsSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname, join, resolve } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import { InputError } from "../../src/errors.ts";
import { count, duration, limit, percent, quantity } from "../../src/format.ts";
import { sweepText } from "../../src/report/sweep-text.ts";
import { isInShard, type Shard } from "../../src/sweep/shard.ts";
import { summarize } from "../../src/sweep/summary.ts";
import { csvTable, jsonLines } from "../../src/sweep/table.ts";
import { writeWhole } from "../files.ts";
import { Interrupted, interruptible } from "../interrupt.ts";
import type { Io } from "../io.ts";
import { positiveWholeNumber } from "../options.ts";
import { progressLine } from "../progress.ts";
import { defaultRunsFolder } from "../project.ts";
import { openFolderStore } from "../sweep/folder-store.ts";
import { loadSweep, type LoadedSweep, type SweepRun } from "../sweep/load-sweep.ts";
import { runAll, type Work } from "../sweep/run-all.ts";
import type { RunStore } from "../sweep/run-store.ts";
import { startThreads } from "../sweep/threads.ts";

interface SweepOptions {
  readonly store?: string;
  readonly out?: string;
  readonly shard?: Shard;
  readonly workers?: number;
  readonly model?: string;
  readonly device?: string;
  readonly json?: true;
}

const shardOption = (text: string): Shard => {
  const [, index, of] = /^(\d+)\/(\d+)$/u.exec(text.trim())?.map(Number) ?? [];
  if (index === undefined || of === undefined || index < 1 || index > of) {
    throw new InvalidArgumentError("Expected which of how many, from 1/8 to 8/8.");
  }
  return { index, of };
};

const tableWriter = (out: string, { axes }: LoadedSweep) => {
  if (out.endsWith(".csv")) return (rows: Parameters<typeof csvTable>[0]) => csvTable(rows, axes);
  if (out.endsWith(".jsonl")) return jsonLines;
  throw new InputError("--out", `expected a name that ends in .csv or .jsonl, got ${out}`, "Choose one of these two.");
};

/** Does these runs, and shows how far it is. @param own how many there are with those that the store has */
const runMissing = async (io: Io, missing: readonly SweepRun[], own: number, store: RunStore, workers: number): Promise<Work> => {
  const line = progressLine(io, false);
  const start = performance.now();
  const elapsed = (): number => (performance.now() - start) / 1e3;
  let done = 0;
  const onDone = (): void => {
    done += 1;
    const left = (elapsed() / done) * (missing.length - done);
    const rest = done === missing.length ? "" : `, about ${limit(Math.ceil(left))} left`;
    line.show(done / missing.length, `${count(own - missing.length + done)} of ${quantity(own, "run")}${rest}`);
  };
  const threads = startThreads(Math.min(workers, missing.length));
  const jobs = missing.map(({ job }) => job);
  try {
    const work = await interruptible((signal) => runAll(jobs, store, threads, signal, onDone));
    const share = percent(work.busySeconds / (elapsed() * threads.workers));
    const again = work.repeated === 0 ? "" : ` ${quantity(work.repeated, "run")} began again, since a worker was lost.`;
    line.say(
      `${quantity(missing.length, "run")} in ${duration(elapsed())} on ${quantity(threads.workers, "worker")}, busy ${share} of that.${again}`,
    );
    return work;
  } finally {
    line.end();
    await threads.close();
  }
};

/** What to say to somebody who has stopped a sweep. */
const stopped = async (missing: readonly SweepRun[], own: number, store: RunStore): Promise<Interrupted> => {
  const kept = await store.addresses();
  const finished = own - missing.filter(({ job }) => !kept.has(job.address)).length;
  return new Interrupted(
    `Stopped: ${count(finished)} of ${quantity(own, "run")} are finished and kept in ${store.place}. The same command goes on from there.`,
  );
};

/** So many failures are told one by one. */
const MOST_FAILURES = 10;

const failureError = (io: Io, file: string, own: number, { failed }: Work): InputError => {
  for (const { because } of failed.slice(0, MOST_FAILURES)) io.err(`${because}\n`);
  if (failed.length > MOST_FAILURES) io.err(`and ${count(failed.length - MOST_FAILURES)} more\n`);
  return new InputError(
    file,
    `expected every run to finish, and ${count(failed.length)} of ${count(own)} did not`,
    "Mend what stands above and give the same command again: finished runs are kept.",
  );
};

/** `ballast sweep`: a scenario in many variants, over many seeds, on all cores. */
export const sweepCommand = (io: Io): Command =>
  new Command("sweep")
    .description(
      "Simulate every combination of what varies in a scenario, for several seeds, on all cores. Finished runs are kept: what is there already costs nothing.",
    )
    .argument("<sweep>", "the sweep's file, YAML or JSON: scenario, vary, seeds (see README)")
    .option("--out <file>", "write a row for each run there, .csv or .jsonl; replaces a file that is there")
    .option("--store <folder>", "where finished runs are kept (default: store/ in the runs folder)")
    .option("--workers <n>", "runs at once (default: as many as this machine has cores)", positiveWholeNumber)
    .option("--shard <i/n>", "do only the runs of the i-th of n machines", shardOption)
    .option("--model <name|path>", "a built-in model, or the path of a Hugging Face config.json (default: the scenario's)")
    .option("--device <profile>", "a profile, or a device model from calibrate --out (default: the scenario's, else the newest run)")
    .option("--json", "print the rows as JSON lines instead of a summary")
    .action(async (file: string, options: SweepOptions) => {
      const path = resolve(io.cwd, file);
      if (!existsSync(path)) throw new InputError(file, "is not there", "README shows a sweep to begin with.");
      const sweep = await loadSweep(io, readFileSync(path, "utf8"), { file, folder: dirname(path) }, options);
      const write = options.out === undefined ? null : tableWriter(options.out, sweep);
      const place = options.store ?? join(defaultRunsFolder(io.cwd, io.env), "store");
      const store = openFolderStore(resolve(io.cwd, place), place);
      const { shard } = options;
      const own = shard === undefined ? sweep.runs : sweep.runs.filter(({ job }) => isInShard(job.address, shard));
      const before = await store.addresses();
      const missing = own.filter(({ job }) => !before.has(job.address));
      const share = shard === undefined ? "" : ` (shard ${shard.index} of ${shard.of}, of ${quantity(sweep.runs.length, "run")} in all)`;
      io.err(`${quantity(own.length, "run")}${share}, ${count(own.length - missing.length)} of them in ${place} already.\n`);
      const workers = options.workers ?? availableParallelism();
      let work: Work | null = null;
      try {
        if (missing.length > 0) work = await runMissing(io, missing, own.length, store, workers);
      } catch (error) {
        throw error instanceof Interrupted ? await stopped(missing, own.length, store) : error;
      }
      const rows = await sweep.rowsOf(store, own);
      if (write !== null) writeWhole(resolve(io.cwd, options.out!), write(rows));
      io.out(options.json ? jsonLines(rows) : sweepText(sweep.name, summarize(rows), sweep.axes));
      if (options.out !== undefined) io.err(`Table: ${options.out}\n`);
      if (work !== null && work.failed.length > 0) throw failureError(io, file, own.length, work);
    });
