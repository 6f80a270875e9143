import { dtypeOf } from "../../kernels/index.ts";
import { FAMILY as LAYER_FAMILY } from "../../kernels/layer/batch.ts";
import { InputError } from "../../src/errors.ts";
import type { CompileJob, LaunchJob, PageJob, StartJob, WarmUpJob } from "../../src/profile/jobs.ts";
import type { CompileRun } from "../../src/profile/measurements/compile.ts";
import type { PipelineState } from "../../src/profile/measurements/pipeline-state.ts";
import type { Start, StartOf } from "../../src/profile/measurements/warm-up.ts";
import type { MeasurementOf } from "../../src/profile/schema.ts";
import type { Seconds } from "../../src/units.ts";
import { makeProfileFolder } from "./browser/profile-folder.ts";
import type { TemporaryFolder } from "./site/temporary-folder.ts";
import type { Outcome, Session } from "./session.ts";
import { areEmpty, shaderCaches, type ShaderCaches } from "./browser/shader-caches.ts";

/** Starts a fresh process with the device under measurement open in it, within a time limit; its caches lie in the profile. */
export type Launch = (profile: TemporaryFolder, limit: Seconds) => Promise<Pick<Session, "startTime" | "run" | "close">>;

type LaunchedSession = Awaited<ReturnType<Launch>>;

/** Whether a job needs processes of its own. */
export const isLaunchJob = (job: { readonly kind: string }): job is LaunchJob => job.kind === "warm-up" || job.kind === "compile";

/** Why no more comes: a fault of a launched session, a refusal of its device, or the end of the time. */
class Ended extends Error {
  override readonly name = "Ended";

  constructor(readonly outcome: Exclude<Outcome, { kind: "measured" | "verified" }>) {
    super(outcome.because);
  }
}

/**
 * Measures what only fresh processes can show, in sessions of its own; the session that measures everything else may stay open meanwhile.
 *
 * Where something goes wrong, or the time ends, after the first cold start and its verification, what was measured until then is kept, and the measurement
 * says what is missing and why. No process and no profile is left behind, whatever happens.
 *
 * @param limit for all of it
 * @throws the reason of an abort of the signal that `launch` knows
 */
export const runLaunchJob = async (job: LaunchJob & { readonly process?: number }, launch: Launch, limit: Seconds): Promise<Outcome> => {
  const launches = new Launches(launch, limit);
  return job.kind === "warm-up" ? measureStarts(job, launches) : measureCompiling(job, launches);
};

const measureStarts = async (job: WarmUpJob & { readonly process?: number }, launches: Launches): Promise<Outcome> => {
  const starts: Start[] = [];
  // The run's first process has verified the layer on this device.
  let isVerified = (job.process ?? 0) > 0;
  let missing: string | null = null;
  const ended = await endOf(async () => {
    for (let index = 0; index < job.launches; index++) {
      await launches.inOneProfile(async (launchIn, hasCache) => {
        const nonce = newNonce();
        const startIn = async (session: LaunchedSession, start: StartJob["start"], nonce: number) => {
          const { id, layer } = job;
          starts.push(...(await launches.measured(session, { kind: "start", id, layer, nonce, start }, "warm-up")).starts);
        };
        await launchIn(async (session, caches) => {
          await startIn(session, processStart(session, caches, "cold", index), nonce);
          if (index > 0) return;
          // Only now: to verify compiles and runs the same kernels.
          if (!isVerified) await launches.verify(session, job);
          isVerified = true;
          for (let i = 0; i < job.nothing; i++) await startIn(session, { fresh: "nothing" }, nonce);
          for (let i = 0; i < job.pipelines; i++) await startIn(session, { fresh: "pipelines" }, newNonce());
          for (let i = 0; i < job.devices; i++) await startIn(session, { fresh: "device" }, nonce);
        });
        if (index >= job.restarts) return;
        if (!hasCache()) missing = NOTHING_KEPT;
        else await launchIn((session, caches) => startIn(session, processStart(session, caches, "disk-warm", index), nonce));
      });
    }
  });
  if (ended !== null && (!isVerified || starts.length === 0)) return ended.outcome;
  const { id } = job;
  return { kind: "measured", measurement: { id, kind: "warm-up", starts, missing: ended?.message ?? missing } };
};

const processStart = (
  session: LaunchedSession,
  caches: ShaderCaches,
  pipelines: StartOf<"process">["pipelines"],
  launch: number,
): StartJob["start"] => ({ fresh: "process", pipelines, launch, browser_start_s: session.startTime, ...caches });

const measureCompiling = async (job: CompileJob, launches: Launches): Promise<Outcome> => {
  const runs: CompileRun[] = [];
  let kernels = 0;
  let missing: string | null = null;
  const nonce = newNonce();
  const ended = await endOf(() =>
    launches.inOneProfile(async (launchIn, hasCache) => {
      const compileIn = async (session: LaunchedSession, state: PipelineState) => {
        const measured = await launches.measured(session, { ...job, kind: "compile-state", nonce, state }, "compile");
        runs.push(...measured.runs);
        ({ kernels } = measured);
      };
      await launchIn(async (session) => {
        for (const state of ["cold", "hot", "process-warm"] as const) await compileIn(session, state);
      });
      if (!hasCache()) missing = NOTHING_KEPT;
      else await launchIn((session) => compileIn(session, "disk-warm"));
    }),
  );
  if (ended !== null && runs.length === 0) return ended.outcome;
  const { id } = job;
  return { kind: "measured", measurement: { id, kind: "compile", kernels, runs, missing: ended?.message ?? missing } };
};

const NOTHING_KEPT = "no restart on a warm disk: the process before left no compiled shader there";

/** Does the work. @returns what ended it before its end; null where nothing did */
const endOf = async (work: () => Promise<void>): Promise<Ended | null> => {
  try {
    await work();
    return null;
  } catch (error) {
    if (error instanceof Ended) return error;
    throw error;
  }
};

/** What a page makes texts distinct by: far enough below 2³⁰ for the copies it counts on from there. */
const newNonce = (): number => Math.floor(Math.random() * 2 ** 29);

/** Sessions one after another under one time limit. */
class Launches {
  readonly #launch: Launch;
  readonly #deadline: Seconds;
  readonly #limit: Seconds;
  /** Of all sessions so far: another is not begun where less is left. */
  #longest: Seconds = 0;

  constructor(launch: Launch, limit: Seconds) {
    this.#launch = launch;
    this.#limit = limit;
    this.#deadline = seconds() + limit;
  }

  /** Gives the work a way to start sessions on one profile, one after another; the profile is gone after it. */
  async inOneProfile(
    work: (
      launchIn: (use: (session: LaunchedSession, caches: ShaderCaches) => Promise<void>) => Promise<void>,
      hasCache: () => boolean,
    ) => Promise<void>,
  ): Promise<void> {
    const profile = makeProfileFolder();
    try {
      const launchIn = async (use: (session: LaunchedSession, caches: ShaderCaches) => Promise<void>) => {
        const began = seconds();
        if (this.#deadline - began <= this.#longest) this.#endForTime();
        const caches = shaderCaches(profile);
        const session = await this.#open(profile);
        try {
          await use(session, caches);
        } finally {
          await session.close();
        }
        this.#longest = Math.max(this.#longest, seconds() - began);
      };
      await work(launchIn, () => !areEmpty(shaderCaches(profile)));
    } finally {
      profile.remove();
    }
  }

  /** What a page measured of its part of the job. */
  async measured<K extends "warm-up" | "compile">(session: LaunchedSession, job: PageJob, kind: K): Promise<MeasurementOf<K>> {
    const outcome = await this.#ask(session, job);
    if (outcome.kind === "measured" && outcome.measurement.kind === kind) return outcome.measurement as MeasurementOf<K>;
    throw new Ended({ kind: "left-out", because: `the page did not answer with a measurement of ${kind}` });
  }

  /** @throws Ended unless the layer is right on this device */
  async verify(session: LaunchedSession, { id, layer: { choices } }: WarmUpJob): Promise<void> {
    const variant = `${LAYER_FAMILY}/${dtypeOf(choices)}`;
    const outcome = await this.#ask(session, { kind: "verify", id, variant, choices });
    if (outcome.kind !== "verified") throw new Ended({ kind: "left-out", because: "the page did not answer with a verification" });
    const { verification } = outcome;
    if (verification.kind !== "passed") {
      throw new Ended({ kind: "left-out", because: `${variant} is not to be timed: ${verification.because}` });
    }
  }

  async #ask(session: LaunchedSession, job: PageJob): Promise<Extract<Outcome, { kind: "measured" | "verified" }>> {
    const left = this.#deadline - seconds();
    if (left <= 0) this.#endForTime();
    const outcome = await session.run(job, left);
    if (outcome.kind === "measured" || outcome.kind === "verified") return outcome;
    throw new Ended(outcome);
  }

  async #open(profile: TemporaryFolder): Promise<LaunchedSession> {
    try {
      return await this.#launch(profile, this.#deadline - seconds());
    } catch (error) {
      if (error instanceof InputError && seconds() >= this.#deadline) this.#endForTime();
      // A browser that does not start a second time is no reason to end what the first one measures.
      if (error instanceof InputError) throw new Ended({ kind: "left-out", because: error.message });
      throw error;
    }
  }

  #endForTime(): never {
    throw new Ended({ kind: "hung", because: `its time of ${Number(this.#limit.toFixed(1))} s was over` });
  }
}

const seconds = (): Seconds => performance.now() / 1000;
