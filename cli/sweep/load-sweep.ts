import { existsSync, readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { InputError } from "../../src/errors.ts";
import { scenarioFields } from "../../src/scenario/parse.ts";
import { figuresOf } from "../../src/sweep/columns.ts";
import { expandSweep, seedsOf, type Combination } from "../../src/sweep/expand.ts";
import { parseSweep } from "../../src/sweep/parse.ts";
import type { SweepRow } from "../../src/sweep/summary.ts";
import type { Io } from "../io.ts";
import { Jobs, type RunJob, type ScenarioJob } from "./run-job.ts";
import type { RunStore } from "./run-store.ts";

/** One run of a sweep; where two combinations come to the same, it stands for both. */
export interface SweepRun {
  readonly job: RunJob;
  readonly of: readonly Combination[];
}

/** A sweep with every run addressed, and every scenario checked. */
export interface LoadedSweep {
  readonly name: string;
  /** What varies. */
  readonly axes: readonly string[];
  /** Each once: all combinations with the first seed, then with the next. */
  readonly runs: readonly SweepRun[];
  /** A row for each of these runs that the store has, by combination and then by seed. */
  rowsOf(store: RunStore, runs: readonly SweepRun[]): Promise<SweepRow[]>;
}

/** Options that go before what the scenario says. */
interface Overrides {
  readonly device?: string;
  readonly model?: string;
}

/**
 * Reads a sweep, makes its scenarios of it, and holds each against all that does not depend on its traffic.
 *
 * @throws InputError for the first that is wrong, with its combination
 */
export const loadSweep = async (
  io: Io,
  text: string,
  { file, folder }: { readonly file: string; readonly folder: string },
  { device, model }: Overrides,
): Promise<LoadedSweep> => {
  const sweep = parseSweep(text, file);
  const base = baseOf(sweep.scenario, folder, file);
  const combinations = expandSweep(sweep, base.fields, file);
  const jobs = new Jobs(io);
  const loaded = [];
  for (const combination of combinations) {
    const job: ScenarioJob = {
      fields: combination.fields,
      place: combination.name === "" ? base.place : `${base.place} with ${combination.name}`,
      folder: base.folder,
      cwd: io.cwd,
      ...(device === undefined ? {} : { device }),
      ...(model === undefined ? {} : { model }),
    };
    loaded.push({ combination, job, ...(await naming(job.place, () => checked(jobs, job))) });
  }
  const runs = new Map<string, { job: RunJob; of: Combination[] }>();
  const seeds = loaded.map(({ fleet }) => seedsOf(sweep, fleet.from.scenario.seed));
  for (let i = 0; i < seeds[0]!.length; i += 1) {
    for (const [at, { combination, job, ...parts }] of loaded.entries()) {
      const seed = seeds[at]![i]!;
      const address = jobs.addressOf(parts, seed);
      const known = runs.get(address);
      if (known === undefined) runs.set(address, { job: { ...job, seed, address }, of: [combination] });
      else known.of.push(combination);
    }
  }
  const order = new Map(combinations.map((combination, i) => [combination, i]));
  return {
    name: sweep.name,
    axes: Object.keys(sweep.vary),
    runs: [...runs.values()],
    rowsOf: async (store, wanted) => {
      const kept = await store.addresses();
      const rows: SweepRow[] = [];
      for (const { job, of } of wanted) {
        if (!kept.has(job.address)) continue;
        const figures = figuresOf(await store.get(job.address));
        for (const combination of of) rows.push({ combination, seed: job.seed, figures, run: job.address });
      }
      // Sorting is stable: the seeds of a combination stay in their order.
      return rows.sort((a, b) => order.get(a.combination)! - order.get(b.combination)!);
    },
  };
};

const checked = async (jobs: Jobs, job: ScenarioJob) => {
  const loaded = await jobs.load(job);
  jobs.check(loaded);
  return loaded;
};

/** The base scenario's fields, the folder that its paths start from, and what messages call it. */
const baseOf = (scenario: string | Record<string, unknown>, folder: string, file: string) => {
  if (typeof scenario !== "string") return { fields: scenario, folder, place: file };
  const path = resolve(folder, scenario);
  if (!existsSync(path)) {
    throw new InputError(`${file}: scenario`, `${scenario} is not there`, "Give the scenario's path from this file's folder.");
  }
  const place = `${file}, ${scenario}`;
  return { fields: scenarioFields(readFileSync(path, "utf8"), place), folder: dirname(path), place };
};

/** An error of one combination's scenario says which. */
const naming = async <T>(place: string, load: () => Promise<T>): Promise<T> => {
  try {
    return await load();
  } catch (error) {
    if (!(error instanceof InputError) || error.place.startsWith(place)) throw error;
    throw new InputError(`${place}: ${error.place}`, error.problem, error.nextStep);
  }
};
