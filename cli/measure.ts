import { relative } from "node:path";
import { runBench, type BenchOutcome } from "../harness/driver/bench-run.ts";
import type { FoundBrowser } from "../harness/driver/find-browser.ts";
import { adapterName } from "../harness/driver/guard.ts";
import { launchHost, machineFacts } from "../harness/driver/host.ts";
import { openDevice, reopenDevice, type DeviceRequest, type OpenDevice } from "../harness/driver/open-device.ts";
import { serveSite } from "../harness/driver/serve.ts";
import { nativeView, type NativeView } from "../harness/driver/system-gpu.ts";
import { InputError } from "../src/errors.ts";
import type { AgendaOptions, Stage } from "../src/profile/agenda.ts";
import { PROFILE_SCHEMA, type Condition, type Profile } from "../src/profile/schema.ts";
import { limit } from "../src/format.ts";
import type { Seconds } from "../src/units.ts";
import { Interrupted } from "./interrupt.ts";
import { continueJournal, newestJournalOrNull, startJournal, type JournalFile, type JournalKey } from "./journal.ts";
import type { ProgressLine } from "./progress.ts";
import { ballastVersion } from "./project.ts";

/** What is to be measured, and how. */
export interface MeasureRequest {
  readonly browser: FoundBrowser;
  /** Folder of the measuring page. */
  readonly site: string;
  /** Folder of journals and runs. */
  readonly runs: string;
  readonly condition: Condition;
  readonly gpu: string | null;
  readonly isSoftwareForced: boolean;
  readonly isQuick: boolean;
  /** null: the default for the kind of adapter. */
  readonly budget: Seconds | null;
  readonly isResuming: boolean;
  /** The command that continues this run, as a person types it. */
  readonly resumeCommand: string;
  readonly stages: (options: AgendaOptions) => readonly Stage[];
}

/** A profile, and the journal that is to be removed once the profile is safe. */
export interface Measured {
  readonly profile: Profile;
  readonly journal: JournalFile;
}

/** Default budgets. A quick run checks the way through; its curves are coarse. */
const BUDGET: Readonly<Record<"gpu" | "software", Readonly<Record<"whole" | "quick", Seconds>>>> = {
  gpu: { whole: 600, quick: 60 },
  software: { whole: 180, quick: 60 },
};
/** Part of the budget that is for measuring; the rest is for starting, calibrating, simulating and writing the report. */
const MEASURING_SHARE = 0.85;

/** Longest time for one measurement before the page counts as hung: software compiles a large shader in seconds, and shares its cores. */
const JOB_LIMIT: Readonly<Record<"gpu" | "software", Seconds>> = { gpu: 60, software: 60 };

const now = (): Seconds => performance.now() / 1000;

const firstLine = ({ verdict, adapter }: OpenDevice): string =>
  verdict.isGpu
    ? `Measuring ${verdict.device} (${[adapterName(adapter), adapter.backend].filter((part) => part !== "").join(", ")}).`
    : `This is not a GPU: ${verdict.device} computes on the CPU. What follows checks the pipeline and says nothing of any GPU.`;

const profileOf = (
  request: MeasureRequest,
  device: OpenDevice,
  native: NativeView,
  budget: Seconds,
  journal: JournalFile,
  outcome: BenchOutcome,
): Profile => {
  const { line, session, adapter, verdict } = device;
  return {
    schema: PROFILE_SCHEMA,
    device: verdict.device,
    is_gpu: verdict.isGpu,
    condition: request.condition,
    runtime: "chrome",
    ballast_version: ballastVersion,
    started_at: journal.startedAt,
    budget_s: budget,
    is_quick: request.isQuick,
    environment: {
      ...machineFacts(),
      browser: session.version,
      launch_flags: [...session.flags],
      weakening_flags: [...line.weakening],
      toggles: [...line.toggles],
      adapter,
      native:
        verdict.native === null
          ? null
          : {
              tool: verdict.native.tool,
              name: verdict.native.name,
              driver: verdict.native.driver,
              memory_bytes: verdict.native.memoryBytes,
            },
      other_gpu_processes: [...native.processes],
    },
    verifications: [...outcome.verifications],
    measurements: [...outcome.measurements],
    left_out: [...outcome.leftOut],
    notes: [...verdict.notes, ...outcome.notes],
  };
};

const openJournal = (request: MeasureRequest, key: JournalKey, say: (text: string) => void): JournalFile => {
  const { runs, condition, isResuming } = request;
  const stopped = newestJournalOrNull(runs, condition);
  if (!isResuming) {
    if (stopped !== null)
      say(`A stopped run is kept in ${relative(process.cwd(), stopped)}; --resume would continue it. This is a new one.`);
    return startJournal(runs, key, new Date().toISOString());
  }
  if (stopped === null) {
    throw new InputError("--resume", `no stopped run of condition "${condition}" is in ${runs}`, "Leave --resume out to start one.");
  }
  const journal = continueJournal(stopped, key);
  say(`Continuing the run of ${journal.startedAt}: ${journal.finished.size} measurements are there.`);
  return journal;
};

/**
 * Measures one device: opens it, runs the agenda under the budget, and gives the profile. The browser, its profile folder and the
 * page's server are gone when this returns or throws.
 *
 * @throws InputError where there is no such device, or what the user gave does not fit
 * @throws Interrupted with the sentence that says how to continue
 */
export const measure = async (request: MeasureRequest, progress: ProgressLine, signal: AbortSignal): Promise<Measured> => {
  const native = nativeView(process.platform);
  const site = await serveSite(request.site);
  let session: OpenDevice["session"] | undefined;
  let journal: JournalFile | undefined;
  try {
    const { browser, condition, gpu, isSoftwareForced } = request;
    const asked: DeviceRequest = {
      browser,
      url: site.url,
      host: launchHost(),
      condition,
      gpu,
      isSoftwareForced,
      natives: native.gpus,
      signal,
    };
    const device = await openDevice(asked);
    session = device.session;
    const { adapter, verdict } = device;
    progress.say(firstLine(device));
    for (const note of verdict.notes) progress.say(`Note: ${note}`);
    if (verdict.isGpu && native.processes.length > 0) {
      progress.say(`Note: other programs use the GPU, and will disturb what is measured: ${native.processes.join("; ")}`);
    }

    const kind = verdict.isGpu ? "gpu" : "software";
    const budget = request.budget ?? BUDGET[kind][request.isQuick ? "quick" : "whole"];
    const key = { ballast: ballastVersion, condition, quick: request.isQuick, adapter: adapterName(adapter), browser: session.version };
    journal = openJournal(request, key, progress.say);
    const outcome = await runBench({
      device: {
        run: (job, limit) => (session ?? device.session).run(job, limit),
        reopen: async () => {
          await session?.close();
          session = await reopenDevice(asked, device);
        },
      },
      journal,
      now,
      budget: budget * MEASURING_SHARE,
      jobLimit: JOB_LIMIT[kind],
      stages: request.stages({ adapter, isGpu: verdict.isGpu, isQuick: request.isQuick, browserStart: device.session.startTime }),
      onProgress: ({ id, done, known, spent, left }) =>
        progress.show(spent / (spent + left), `measuring ${done + 1} of ${known}, at most ${limit(Math.ceil(left))} left: ${id}`),
      onNote: progress.say,
    });
    return { profile: profileOf(request, device, native, budget, journal, outcome), journal };
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new Interrupted(
      journal === undefined
        ? "Stopped before anything was measured."
        : `Stopped. What was measured is kept; \`${request.resumeCommand}\` continues.`,
    );
  } finally {
    progress.end();
    journal?.close();
    await session?.close();
    await site.close();
  }
};
