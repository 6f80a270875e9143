import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import type { ProgressLine } from "../../cli/progress.ts";
import { ballastVersion, projectRoot } from "../../cli/project.ts";
import { adapterName } from "../../harness/driver/guard.ts";
import { InputError } from "../../src/errors.ts";
import { type Peer, PEERS, type PeerTable, UNREACHED } from "../../src/report/peers-schema.ts";
import type { Seconds } from "../../src/units.ts";
import { type Entry, idOf } from "./contract.ts";
import { type Course, openCourse } from "./course.ts";
import {
  continueJournal,
  type CourseKey,
  type CoursePlan,
  kernelsHash,
  newestJournalOrNull,
  type PeersJournal,
  startJournal,
} from "./journal.ts";
import type { PeersOptions } from "./options.ts";
import { selectedShapes, SHAPES, TINY } from "./shapes.ts";
import { tableOf } from "./table.ts";

/** What a run came to: the table of all that is finished, with what was not reached before it was stopped or its budget was spent as left out. */
export interface PeersOutcome {
  readonly table: PeerTable;
  readonly notReached: readonly string[];
  readonly isStopped: boolean;
  readonly journal: PeersJournal;
}

const PACKAGES: Readonly<Record<Peer, string>> = {
  "jax-js": "@jax-js/jax",
  tfjs: "@tensorflow/tfjs-core",
  onnxruntime: "onnxruntime-web",
};

/** Versions are pinned exactly, so package.json says which ones run. */
const libraryVersions = (): Readonly<Record<Peer, string>> => {
  const { devDependencies } = JSON.parse(readFileSync(join(projectRoot, "package.json"), "utf8")) as {
    devDependencies: Record<string, string>;
  };
  return Object.fromEntries(PEERS.map((peer) => [peer, devDependencies[PACKAGES[peer]] ?? "unknown"])) as Record<Peer, string>;
};

const planOf = ({ all, only, peers, rounds }: PeersOptions, { verdict }: Course): CoursePlan => {
  const rows = selectedShapes({ isSoftware: !verdict.isGpu, all, only });
  if (rows.length === 0)
    throw new InputError("--only", `expected a part of a shape's name or family, got ${only}`, "Try 64x2048 or decode.");
  const isPart = only !== null || peers.length < PEERS.length;
  const selection = isPart ? "some" : rows.length === SHAPES.length ? "all" : "quick";
  return { selection, shapes: rows.map(({ name }) => name), peers: [...peers], rounds };
};

const openJournal = (options: PeersOptions, course: Course, key: CourseKey, say: (text: string) => void): PeersJournal => {
  const stopped = newestJournalOrNull(options.runs, options.condition);
  if (options.isResuming) {
    if (stopped === null)
      throw new InputError(
        "--resume",
        `no stopped run of condition "${options.condition}" is in ${options.runs}`,
        "Leave --resume out to start one.",
      );
    const journal = continueJournal(stopped, key);
    say(
      `Going on with the run of ${journal.started_at}: ${journal.finished.length} of ${journal.plan.shapes.length + 1} shapes are there.`,
    );
    return journal;
  }
  if (stopped !== null)
    say(`A stopped run is kept in ${relative(process.cwd(), stopped)}; --resume would go on with it. This is a new one.`);
  return startJournal(options.runs, key, planOf(options, course), new Date().toISOString());
};

const now = (): Seconds => performance.now() / 1000;

/**
 * Races the shapes that are asked for, or that a stopped run has left, each in the journal as soon as it is finished. A signal ends it
 * with what there is.
 *
 * @param open opens the device; tests hand in their own
 * @throws InputError where there is no device, no run to go on with, or the disk is full
 */
export const runPeers = async (
  options: PeersOptions,
  progress: ProgressLine,
  signal: AbortSignal,
  open: typeof openCourse = openCourse,
): Promise<PeersOutcome> => {
  const { condition, budget } = options;
  const started = now();
  const course = await open(condition, signal);
  let journal: PeersJournal | undefined;
  try {
    const versions = libraryVersions();
    const { adapter, browser } = course;
    const key = { ballast: ballastVersion, condition, adapter: adapterName(adapter), browser, kernels: kernelsHash(), libraries: versions };
    journal = openJournal(options, course, key, progress.say);
    const { plan } = journal;
    const entries: Entry[] = [...journal.finished];
    const isFinished = (name: string): boolean => entries.some((entry) => idOf(entry) === name);
    const rows = [TINY, ...SHAPES.filter(({ name }) => plan.shapes.includes(name))];
    for (const row of rows.filter(({ name }) => !isFinished(name))) {
      if (signal.aborted || now() - started > budget) break;
      progress.show(entries.length / rows.length, `${entries.length + 1} of ${rows.length}: ${row.name}`);
      const entry = await raceOrNull(course, row, plan, signal);
      if (entry === null) break;
      entries.push(entry);
      journal.append(entry);
    }
    const notReached = rows.map(({ name }) => name).filter((name) => !isFinished(name));
    const because = signal.aborted ? UNREACHED.stopped : UNREACHED.budget;
    const table = tableOf({
      course,
      condition,
      plan,
      versions,
      startedAt: journal.started_at,
      endedAt: new Date().toISOString(),
      entries: [...entries, ...notReached.map((id) => ({ left_out: { id, because } }))],
    });
    return { table, notReached, isStopped: signal.aborted, journal };
  } finally {
    progress.end();
    journal?.close();
    await course.close();
  }
};

/** Null where the signal ended the race. */
const raceOrNull = async (
  course: Course,
  row: (typeof SHAPES)[number],
  { peers, rounds }: CoursePlan,
  signal: AbortSignal,
): Promise<Entry | null> => {
  try {
    return await course.race(row, peers, rounds);
  } catch (error) {
    if (signal.aborted) return null;
    throw error;
  }
};
