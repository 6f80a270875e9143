import { resolve } from "node:path";
import { parseArgs } from "node:util";
import type { Io } from "../../cli/io.ts";
import { defaultRunsFolder } from "../../cli/project.ts";
import { InputError } from "../../src/errors.ts";
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
  /** What a command with --resume needs besides, as a person types it. */
  readonly resumeSuffix: string;
}

const FEWEST_ROUNDS = 6;

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

const conditionOf = (text: string): Condition => {
  if (text === "web" || text === "native-like") return text;
  throw new InputError("--condition", `expected web or native-like, got ${text}`, "Leave it out for the browser's own defaults.");
};

const budgetOf = (text: string | undefined): Seconds => {
  const budget = text === undefined ? Infinity : Number(text);
  if (budget > 0) return budget;
  throw new InputError("--budget", `expected seconds above 0, got ${text}`, "Leave it out to race every shape.");
};

/** What a course is started with, and one that goes on has from its journal. */
const OF_START = ["all", "only", "peers", "rounds"] as const;

/** @throws InputError where an option has a value it cannot have, or belongs to another */
export const parsePeersOptions = (args: readonly string[], { cwd, env }: Pick<Io, "cwd" | "env">): PeersOptions => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      all: { type: "boolean" },
      only: { type: "string" },
      peers: { type: "string" },
      rounds: { type: "string" },
      condition: { type: "string", default: "web" },
      budget: { type: "string" },
      resume: { type: "boolean", default: false },
      keep: { type: "boolean", default: false },
      runs: { type: "string" },
    },
  });
  const given = values.resume ? OF_START.find((name) => values[name] !== undefined) : undefined;
  if (given !== undefined)
    throw new InputError(`--${given}`, "is given with --resume, which goes on with what the run was started with", "Leave it out.");
  const condition = conditionOf(values.condition);
  return {
    all: values.all ?? false,
    only: values.only ?? null,
    peers: peersNamed(values.peers ?? PEERS.join(",")),
    rounds: roundsOf(values.rounds ?? String(FEWEST_ROUNDS)),
    condition,
    budget: budgetOf(values.budget),
    isResuming: values.resume,
    keep: values.keep,
    runs: values.runs === undefined ? defaultRunsFolder(cwd, env) : resolve(cwd, values.runs),
    resumeSuffix: [
      condition === "web" ? "" : ` --condition ${condition}`,
      values.keep ? " --keep" : "",
      values.runs === undefined ? "" : ` --runs ${JSON.stringify(values.runs)}`,
    ].join(""),
  };
};
