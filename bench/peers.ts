// Ballast's kernels beside other WebGPU libraries: the same data and shapes, in one page on one GPUDevice, taking turns.
//
//   npm run bench:peers -- --help
//
// Each finished shape is in a journal at once: a run that is stopped, by Ctrl-C or by its budget, prints and writes what it has and names
// what it did not reach, and --resume goes on. The table is peers.json in a folder of its own, with its page; `bench` and `report` show the
// newest one of the same device and condition.
//
// A row: Ballast's variant before any tuning, the best of its variants at that shape, each peer by the fastest of its ways (weights k×n
// or n×k, an attention operator or products and softmax), and the fastest peer's time over Ballast's with a 95 % interval. A
// sample is so many calls that they last 0.15 s, given to the queue one after another, and one wait; inputs and outputs stay on the GPU. Every
// result is compared with the f64 reference first: what is wrong is not timed. Ways within a fifth of a peer's fastest at a first glance are
// all in the rounds, and the best of them there counts. A shape of 1×4×4, raced first, says what a call costs by itself.
import { join } from "node:path";
import { lockRuns } from "../cli/bench-lock.ts";
import { writeReport } from "../cli/commands/report.ts";
import { Interrupted, interruptible } from "../cli/interrupt.ts";
import { processIo } from "../cli/io.ts";
import { keepPeers, writePeers } from "../cli/kept-peers.ts";
import { progressLine } from "../cli/progress.ts";
import { resultsFolder } from "../cli/project.ts";
import { InputError } from "../src/errors.ts";
import { peersText } from "../src/report/peers-text.ts";
import { peersCommand, type PeersOptions } from "./peers/options.ts";
import { runPeers } from "./peers/run.ts";

const io = processIo();

const race = async (options: PeersOptions): Promise<void> => {
  const unlock = lockRuns(options.runs);
  const progress = progressLine(io, false);
  try {
    const { table, notReached, isStopped, journal } = await interruptible((signal) => runPeers(options, progress, signal));
    io.out(peersText(table));
    const next = `What was raced is kept; \`${options.resumeCommand}\` goes on.`;
    if (table.races.length > 0) {
      const folder = writePeers(options.runs, table);
      io.err(`Table: ${join(folder, "peers.json")}\nReport: ${writeReport([folder])}\n`);
      if (options.keep) {
        const { path, isKept } = keepPeers(resultsFolder, table);
        io.err(isKept ? `Kept: ${path}\n` : `Not kept: ${path} holds every shape, and this table was cut short.\n`);
      }
    }
    if (notReached.length === 0) journal.remove();
    else if (isStopped) throw new Interrupted(`Stopped. ${next}`);
    else io.err(`The budget is spent. ${next}\n`);
  } finally {
    unlock();
  }
};

try {
  await peersCommand(io, race).parseAsync(process.argv);
} catch (error) {
  if (!(error instanceof InputError) && !(error instanceof Interrupted)) throw error;
  io.err(`${error.message}\n`);
  process.exitCode = error instanceof Interrupted ? 130 : 1;
}
