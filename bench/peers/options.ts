import { resolve } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import type { Io } from "../../cli/io.ts";
import { positiveNumber } from "../../cli/options.ts";
import { defaultRunsFolder } from "../../cli/project.ts";
import type { Condition } from "../../src/profile/schema.ts";
import { type Peer, PEERS } from "../../src/report/peers-schema.ts";
import type { Seconds } from "../../src/units.ts";

export interface PeersOptions {
  readonly all: boolean;
  readonly only: string | null;
  readonly peers: readonly Peer[];
  readonly rounds: number;
  readonly condition: Condition;
  /** No shape is started after this. */
  readonly budget: Seconds;
  readonly isResuming: boolean;
  readonly keep: boolean;
  /** Absolute. */
  readonly runs: string;
  /** The command that goes on with the run, as a person types it. */
  readonly resumeCommand: string;
}

/** As commander gives them. */
interface Given extends Pick<PeersOptions, "peers" | "rounds" | "condition"> {
  readonly all?: true;
  readonly only?: string;
  readonly budget?: number;
  readonly resume?: true;
  readonly keep?: true;
  readonly runs?: string;
}

const FEWEST_ROUNDS = 6;

const peersNamed = (text: string): Peer[] =>
  text.split(",").map((name) => {
    const found = PEERS.find((peer) => peer === name);
    if (found === undefined) throw new InvalidArgumentError(`Expected some of ${PEERS.join(", ")}, separated by commas.`);
    return found;
  });

const roundsOf = (text: string): number => {
  const rounds = Number(text);
  if (Number.isInteger(rounds) && rounds >= FEWEST_ROUNDS) return rounds;
  throw new InvalidArgumentError(`Expected a whole number of at least ${FEWEST_ROUNDS}: fewer give no interval.`);
};

const optionsOf = ({ all, only, peers, rounds, condition, budget, resume, keep, runs }: Given, { cwd, env }: Where): PeersOptions => ({
  all: all === true,
  only: only ?? null,
  peers,
  rounds,
  condition,
  budget: budget ?? Infinity,
  isResuming: resume === true,
  keep: keep === true,
  runs: runs === undefined ? defaultRunsFolder(cwd, env) : resolve(cwd, runs),
  resumeCommand: [
    "npm run bench:peers -- --resume",
    ...(condition === "web" ? [] : [`--condition ${condition}`]),
    ...(keep ? ["--keep"] : []),
    ...(runs === undefined ? [] : [`--runs ${JSON.stringify(runs)}`]),
  ].join(" "),
});

type Where = Pick<Io, "cwd" | "env">;

/** @param race what the command does */
export const peersCommand = (where: Where, race: (options: PeersOptions) => Promise<void>): Command =>
  new Command("bench:peers")
    .description("Race jax-js, TensorFlow.js and ONNX Runtime Web beside Ballast's kernels, in one page on one device.")
    .option("--all", "every shape on a software adapter too (default: there, those that a few minutes allow)")
    .option("--only <text>", "shapes whose name or family contains this: decode, 64x2048, projection")
    .addOption(new Option("--peers <names>", `some of ${PEERS.join(", ")}`).argParser(peersNamed).default([...PEERS], `all of them`))
    .addOption(new Option("--rounds <count>", "rounds in which each takes one sample").argParser(roundsOf).default(FEWEST_ROUNDS))
    .addOption(
      new Option("--condition <condition>", "web: the browser's own defaults; native-like: bounds checks, zero-filling and validation off")
        .choices(["web", "native-like"])
        .default("web"),
    )
    .option("--budget <seconds>", "start no further shape after this time, in seconds (default: none)", positiveNumber)
    .addOption(
      new Option("--resume", "go on with the newest stopped run of this condition, with what it was started with").conflicts([
        "all",
        "only",
      ]),
    )
    .option("--keep", "keep the table for others in results/<device>/<condition>/peers.json")
    .option("--runs <folder>", "where the table and its page are written (default: BALLAST_RUNS, else runs/ of the clone)")
    .action((given: Given, command: Command) => {
      // A default is no conflict to commander, so that it does not see that one of these was given.
      const doubled = given.resume && (["peers", "rounds"] as const).find((name) => command.getOptionValueSource(name) === "cli");
      if (doubled) command.error(`error: option '--resume' cannot be used with option '--${doubled}'`);
      return race(optionsOf(given, where));
    });
