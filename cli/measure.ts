import { relative } from "node:path";
import { runBench, type BenchOutcome } from "../harness/driver/bench-run.ts";
import { isLaunchJob, runLaunchJob } from "../harness/driver/cold-start.ts";
import { adapterName } from "../harness/driver/guard.ts";
import { machineFacts } from "../harness/driver/host.ts";
import { openBeside, openDevice, reopenDevice, type DeviceRequest, type OpenDevice } from "../harness/driver/open-device.ts";
import { observeMachine } from "../harness/driver/machine/machine-state.ts";
import { nativeReference } from "../harness/driver/machine/native-reference.ts";
import type { Runtime } from "../harness/driver/runtime.ts";
import { nativeView, type NativeView } from "../harness/driver/machine/system-gpu.ts";
import { InputError } from "../src/errors.ts";
import type { AgendaOptions } from "../src/profile/agenda.ts";
import type { Stage } from "../src/profile/jobs.ts";
import type { MachineState } from "../src/profile/machine-state.ts";
import type { NativeReference } from "../src/profile/native-reference.ts";
import { PROFILE_SCHEMA, type Condition, type Profile } from "../src/profile/schema.ts";
import { runtimeCaveatOrNull } from "../src/report/runtime.ts";
import { limit, quantity } from "../src/format.ts";
import type { Opening } from "../src/profile/opening.ts";
import { type EarlierProfile, reusableTunings } from "../src/profile/reuse-tuning.ts";
import type { Seconds } from "../src/units.ts";
import { Interrupted } from "./interrupt.ts";
import { continueJournal, newestJournalOrNull, noStoppedRun, startJournal, type JournalFile } from "./journal.ts";
import type { ProgressLine } from "./progress.ts";
import { ballastVersion, nativeScript } from "./project.ts";

/** What is to be measured, and how. */
export interface MeasureRequest {
  readonly runtime: Runtime;
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
  /** Whose choices of variants may be taken over; none where all are to be made anew. */
  readonly earlier: readonly EarlierProfile[];
}

/** A profile, and the journal that is to be removed once the profile is safe. */
export interface Measured {
  readonly profile: Profile;
  readonly journal: JournalFile;
}

/** Default budgets. A quick run checks the way through; its curves are coarse. */
const BUDGET: Readonly<Record<"gpu" | "software", Readonly<Record<"whole" | "quick", Seconds>>>> = {
  gpu: { whole: 600, quick: 60 },
  software: { whole: 300, quick: 60 },
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

/** What is known once the device is open. */
const openingOf = (request: MeasureRequest, { line, session, adapter, verdict }: OpenDevice, native: NativeView): Opening => ({
  schema: PROFILE_SCHEMA,
  device: verdict.device,
  is_gpu: verdict.isGpu,
  condition: request.condition,
  runtime: request.runtime.kind,
  ballast_version: ballastVersion,
  started_at: new Date().toISOString(),
  budget_s: request.budget ?? BUDGET[verdict.isGpu ? "gpu" : "software"][request.isQuick ? "quick" : "whole"],
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
  notes: [...verdict.notes],
});

/** A profile of what was found of a device. */
export const profileOf = (
  { notes, ...opening }: Opening,
  found: BenchOutcome,
  machine: MachineState,
  reference: NativeReference | null,
): Profile => ({
  ...opening,
  machine,
  native_reference: reference,
  verifications: [...found.verifications],
  measurements: [...found.measurements],
  left_out: [...found.leftOut],
  notes: [...notes, ...found.notes],
});

/** What measuring the GPU without a browser takes on a server's GPU, and the longest it may take; it comes out of the budget's rest. */
const NATIVE_TIME: Seconds = 30;
const NATIVE_LIMIT: Seconds = 90;

interface Telling {
  readonly note: (text: string) => void;
  readonly say: (text: string) => void;
  readonly signal: AbortSignal;
}

/** What the GPU of this id does without a browser; null where that is not measured. */
const withoutBrowser = async (
  { isQuick }: MeasureRequest,
  uuid: string | null,
  within: Seconds,
  { note, say, signal }: Telling,
): Promise<NativeReference | null> => {
  if (isQuick || uuid === null) return null;
  if (within < NATIVE_TIME) {
    note(`The GPU was not measured without a browser: that takes ${limit(NATIVE_TIME)}, and the budget left ${limit(within)} for it.`);
    return null;
  }
  say("Measuring the same GPU without a browser.");
  const outcome = await nativeReference({ script: nativeScript, uuid, limit: Math.min(NATIVE_LIMIT, within), signal });
  if ("reference" in outcome) return outcome.reference;
  note(`The GPU was not measured without a browser: ${outcome.because}.`);
  return null;
};

const openJournal = (request: MeasureRequest, opening: Opening, say: (text: string) => void): JournalFile => {
  const { runs, isResuming, isQuick, earlier } = request;
  const stopped = newestJournalOrNull(runs, opening);
  if (!isResuming) {
    if (stopped !== null)
      say(
        `A stopped run is kept in ${relative(process.cwd(), stopped)}; --resume would continue it, --finish makes its profile. This is a new one.`,
      );
    return startJournal(runs, opening, isQuick ? [] : reusableTunings(earlier, opening));
  }
  if (stopped === null) throw new InputError("--resume", noStoppedRun(runs, opening), "Leave --resume out to start one.");
  const journal = continueJournal(stopped, opening);
  say(`Continuing the run of ${journal.startedAt}: ${journal.finished.size} measurements are there.`);
  return journal;
};

/**
 * Measures one device: opens it, runs the agenda under the budget, and gives the profile. The browser and its
 * profile folder, or Dawn's process, are gone when this returns or throws.
 *
 * @throws InputError where there is no such device, or what the user gave does not fit
 * @throws Interrupted with the sentence that says how to continue
 */
export const measure = async (request: MeasureRequest, progress: ProgressLine, signal: AbortSignal): Promise<Measured> => {
  const native = nativeView(process.platform);
  let journal: JournalFile | undefined;
  const machineNotes: string[] = [];
  const mention = (text: string) => {
    machineNotes.push(text);
    progress.say(`Note: ${text}`);
  };
  const note = (text: string) => {
    mention(text);
    journal?.note(text);
  };
  // A tool fails at any time, when a full disk under the journal could not be reported.
  const observer = observeMachine({ native, platform: process.platform, onNote: note, onFailure: mention, signal });
  let session: OpenDevice["session"] | undefined;
  try {
    const { runtime, gpu, isSoftwareForced } = request;
    const asked: DeviceRequest = {
      runtime,
      platform: process.platform,
      gpu,
      isSoftwareForced,
      natives: native.gpus,
      signal,
    };
    await observer.idleEnds();
    const device = await openDevice(asked);
    session = device.session;
    const { adapter, verdict } = device;
    progress.say(firstLine(device));
    const caveat = runtimeCaveatOrNull({ runtime: runtime.kind });
    if (caveat !== null) progress.say(caveat);
    for (const text of verdict.notes) progress.say(`Note: ${text}`);
    if (verdict.isGpu && native.processes.length > 0) {
      progress.say(`Note: other programs use the GPU, and will disturb what is measured: ${native.processes.join("; ")}`);
    }

    const opening = openingOf(request, device, native);
    const { budget_s: budget } = opening;
    journal = openJournal(request, opening, progress.say);
    const { known } = journal;
    if (journal.finished.size > 0 && verdict.isGpu) note("Clocks, power and temperature are those of the part that was resumed.");
    if (known.length > 0) {
      progress.say(
        `The fastest kernels at ${quantity(known.length, "shape")} are known from an earlier run here (--retune races them again).`,
      );
    }
    const current = () => session ?? device.session;
    const measurer = observer.measuring(verdict, adapter, {
      run: (job, within) =>
        isLaunchJob(job)
          ? runLaunchJob(job, (profile, startLimit) => openBeside(asked, device, profile, startLimit), within)
          : current().run(job, within),
      runTogether: (jobs, limits, onResult) => current().runTogether(jobs, limits, onResult),
    });
    const outcome = await runBench({
      device: {
        ...measurer,
        reopen: async () => {
          await session?.close();
          session = await reopenDevice(asked, device);
        },
      },
      journal,
      now,
      budget: budget * MEASURING_SHARE,
      jobLimit: JOB_LIMIT[verdict.isGpu ? "gpu" : "software"],
      known,
      signal,
      stages: request.stages({ adapter, isGpu: verdict.isGpu, isQuick: request.isQuick }),
      onProgress: ({ id, done, known, spent, left }) =>
        progress.show(spent / (spent + left), `measuring ${done + 1} of ${known}, at most ${limit(Math.ceil(left))} left: ${id}`),
      onNote: progress.say,
    });
    const machine = observer.state();
    observer.close();
    await session.close(); // the GPU is measured without a browser next
    const reference = await withoutBrowser(request, observer.uuid(), budget * (1 - MEASURING_SHARE), { note, say: progress.say, signal });
    const found = { ...outcome, notes: [...new Set([...outcome.notes, ...machineNotes])] };
    const profile = profileOf({ ...opening, started_at: journal.startedAt }, found, machine, reference);
    return { profile, journal };
  } catch (error) {
    if (!signal.aborted) throw error;
    journal?.machine(observer.state()); // for --finish
    throw new Interrupted(
      journal === undefined
        ? "Stopped before anything was measured."
        : `Stopped. What was measured is kept; \`${request.resumeCommand}\` continues.`,
    );
  } finally {
    progress.end();
    observer.close();
    journal?.close();
    await session?.close();
  }
};
