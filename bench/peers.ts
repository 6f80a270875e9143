// Ballast's kernels beside other WebGPU libraries: the same data and shapes, in one page on one GPUDevice, taking turns.
//
//   npm run bench:peers                         every shape on a GPU; on a software adapter those that a few minutes allow
//   npm run bench:peers -- --all                every shape there too
//   npm run bench:peers -- --only 64x2048       shapes whose name or family contains the text (`decode`, `1x`, `projection`)
//   npm run bench:peers -- --peers tfjs,jax-js  some of jax-js, tfjs, onnxruntime
//   npm run bench:peers -- --rounds 12          rounds in which each takes one sample (6 unless given)
//   npm run bench:peers -- --json FILE --html FILE
//
// A row: Ballast's variant before any tuning, the best of its variants at that shape, each peer by the fastest of its ways (weights k×n
// or n×k, an attention operator or products and softmax), and the fastest peer's time over Ballast's with a 95 % interval. A
// sample is so many calls that they last 0.15 s, given to the queue one after another, and one wait; inputs and outputs stay on the GPU. Every
// result is compared with the f64 reference first: what is wrong is not timed. Ways within a fifth of a peer's fastest at a first glance are
// all in the rounds, and the best of them there counts. A shape of 1×4×4, raced first, says what a call costs by itself.
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { makeDocument } from "../cli/document.ts";
import { Interrupted, interruptible } from "../cli/interrupt.ts";
import { processIo } from "../cli/io.ts";
import { progressLine } from "../cli/progress.ts";
import { InputError } from "../src/errors.ts";
import { type Peer, PEERS } from "./peers/contract.ts";
import { runCourse } from "./peers/course.ts";
import { peersHtml } from "./peers/picture.ts";
import { peersText } from "./peers/text.ts";

const FEWEST_ROUNDS = 6;

const io = processIo();

const peersNamed = (text: string): Peer[] =>
  text.split(",").map((name) => {
    const found = PEERS.find((peer) => peer === name);
    if (found === undefined)
      throw new InputError("--peers", `expected some of ${PEERS.join(", ")}, got ${name}`, "Separate them by commas.");
    return found;
  });

const roundsOf = (text: string): number => {
  const rounds = Number(text);
  if (Number.isInteger(rounds) && rounds >= FEWEST_ROUNDS) return rounds;
  throw new InputError("--rounds", `expected a whole number of at least ${FEWEST_ROUNDS}, got ${text}`, "Fewer give no interval.");
};

const main = async (): Promise<void> => {
  const { values } = parseArgs({
    options: {
      all: { type: "boolean", default: false },
      only: { type: "string" },
      peers: { type: "string", default: PEERS.join(",") },
      rounds: { type: "string", default: String(FEWEST_ROUNDS) },
      json: { type: "string" },
      html: { type: "string" },
    },
  });
  const [peers, rounds] = [peersNamed(values.peers), roundsOf(values.rounds)];
  const progress = progressLine(io, false);
  const report = await interruptible((signal) =>
    runCourse({
      all: values.all,
      only: values.only ?? null,
      peers,
      rounds,
      signal,
      onShape: ({ name }, index, count) => progress.show(index / count, `${index + 1} of ${count}: ${name}`),
    }),
  );
  progress.end();
  io.out(peersText(report));
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(report, null, 1)}\n`);
  if (values.html !== undefined) writeFileSync(values.html, peersHtml(report, makeDocument()));
};

try {
  await main();
} catch (error) {
  if (!(error instanceof InputError) && !(error instanceof Interrupted)) throw error;
  io.err(`${error.message}\n`);
  process.exitCode = error instanceof Interrupted ? 130 : 1;
}
