import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { isLaunchJob, runLaunchJob, type Launch } from "../../harness/driver/cold-start.ts";
import type { Outcome } from "../../harness/driver/session.ts";
import { driverCacheIn } from "../../harness/driver/browser/shader-caches.ts";
import { InputError } from "../../src/errors.ts";
import { startingChoices } from "../../src/profile/choose.ts";
import type { CompileJob, PageJob, WarmUpJob } from "../../src/profile/jobs.ts";
import type { Start } from "../../src/profile/measurements/warm-up.ts";

const layer = { choices: startingChoices("f32", false, []), shape: {} };
const warmUp: WarmUpJob = { kind: "warm-up", id: "warm-up", layer, launches: 3, restarts: 1, devices: 1, pipelines: 1, nothing: 1 };
const compile: CompileJob = { kind: "compile", id: "compile", layer, pending: [1, 4], copies: 1 };

const settled = {
  shader_modules_s: [1],
  pipelines_s: [1],
  first_dispatch_s: 1,
  dispatches_s: [1],
  gpu_s: null,
  steady_after: 0,
} as const;

const started = ({ start }: Extract<PageJob, { kind: "start" }>): Start => {
  const settling = { ...settled, shader_modules_s: [1], pipelines_s: [1], dispatches_s: [1] };
  switch (start.fresh) {
    case "process":
      return { ...start, adapter_s: 1, device_s: 1, ...settling };
    case "device":
      return { fresh: "device", pipelines: "process-warm", adapter_s: 1, device_s: 1, ...settling };
    case "pipelines":
      return { fresh: "pipelines", pipelines: "cold", ...settling };
    case "nothing":
      return { fresh: "nothing", pipelines: "hot", ...settling };
    default:
      return start satisfies never;
  }
};

/** A page that does all it is asked. */
const answer = (job: PageJob): Outcome => {
  switch (job.kind) {
    case "start":
      return { kind: "measured", measurement: { kind: "warm-up", id: job.id, starts: [started(job)], missing: null } };
    case "compile-state": {
      const runs = job.pending.map((pending) => ({ pipelines: job.state, pending, each_s: [1], total_s: 1 }));
      return { kind: "measured", measurement: { kind: "compile", id: job.id, kernels: 1, runs, missing: null } };
    }
    case "verify":
      return { kind: "verified", verification: { kind: "passed", variant: job.variant, shapes: 1, worst_share_of_bound: 0 } };
    default:
      return { kind: "left-out", because: `nobody asked for ${job.kind}` };
  }
};

interface Faults {
  /** Instead of the answer to the job of this number, counted over all sessions. */
  readonly at?: number;
  readonly outcome?: Outcome;
  /** Instead of the launch of this number. */
  readonly launchAt?: number;
  readonly error?: Error;
  /** Sessions leave no compiled shader behind. */
  readonly keepsNothing?: boolean;
}

/** Launches without a browser, and what became of them. */
const launches = ({ at, outcome, launchAt, error, keepsNothing = false }: Faults = {}) => {
  const jobs: PageJob[] = [];
  const folders: string[] = [];
  let open = 0;
  const launch: Launch = async (profile) => {
    folders.push(profile.path);
    if (folders.length === launchAt) throw error ?? new Error("no error given");
    open++;
    return {
      startTime: 0.5,
      run: async (job) => {
        jobs.push(job);
        return jobs.length === at && outcome !== undefined ? outcome : answer(job);
      },
      close: async () => {
        open--;
        if (!keepsNothing) writeFileSync(join(driverCacheIn(profile), "shader"), "compiled");
      },
    };
  };
  return { launch, jobs, folders, left: () => ({ open, folders: folders.filter((folder) => existsSync(folder)) }) };
};

const NOTHING_LEFT = { open: 0, folders: [] };

const starts = (outcome: Outcome): string[] =>
  outcome.kind === "measured" && outcome.measurement.kind === "warm-up"
    ? outcome.measurement.starts.map(({ fresh, pipelines }) => `${fresh} ${pipelines}`)
    : [];
const missing = (outcome: Outcome): string | null =>
  outcome.kind === "measured" && "missing" in outcome.measurement ? outcome.measurement.missing : `no measurement: ${outcome.kind}`;

const ALL = ["process cold", "nothing hot", "pipelines cold", "device process-warm", "process disk-warm", "process cold", "process cold"];

describe("starts in fresh processes", () => {
  it("are those of the job, each cold one on a profile of its own, each restart on the one before's", async () => {
    const { launch, jobs, folders, left } = launches();
    const outcome = await runLaunchJob(warmUp, launch, 60);
    expect(starts(outcome)).toEqual(ALL);
    expect(missing(outcome)).toBeNull();
    expect(folders[1]).toBe(folders[0]);
    expect(new Set(folders).size).toBe(3);
    const nonces = jobs.flatMap((job) => (job.kind === "start" ? [job.nonce] : []));
    const [cold, hot, fresh, device, diskWarm] = nonces;
    expect([hot, device, diskWarm]).toEqual([cold, cold, cold]);
    expect(fresh).not.toBe(cold);
    expect(new Set(nonces).size).toBe(4);
    expect(left()).toEqual(NOTHING_LEFT);
  });

  it("say what a process found on the disk: nothing at first, after a restart what the one before left", async () => {
    const outcome = await runLaunchJob(warmUp, launches().launch, 60);
    const found = outcome.kind === "measured" && outcome.measurement.kind === "warm-up" ? outcome.measurement.starts : [];
    expect(
      found.flatMap((start) => (start.fresh === "process" ? [[start.pipelines, start.launch, start.driver_cache_bytes]] : [])),
    ).toEqual([
      ["cold", 0, 0],
      ["disk-warm", 0, "compiled".length],
      ["cold", 1, 0],
      ["cold", 2, 0],
    ]);
  });

  it("have no warm disk where a process leaves nothing on it, and say so", async () => {
    const { launch, folders } = launches({ keepsNothing: true });
    const outcome = await runLaunchJob(warmUp, launch, 60);
    expect(starts(outcome)).toEqual(ALL.filter((name) => name !== "process disk-warm"));
    expect(missing(outcome)).toMatchInlineSnapshot(`"no restart on a warm disk: the process before left no compiled shader there"`);
    expect(folders).toHaveLength(3);
  });

  it("are left out together where the layer is wrong, or where nobody could say whether it is right", async () => {
    const verification = { kind: "failed", variant: "decoder-layer/f32", because: "got 2, reference 1" } as const;
    const wrong = launches({ at: 2, outcome: { kind: "verified", verification } });
    expect(await runLaunchJob(warmUp, wrong.launch, 60)).toEqual({
      kind: "left-out",
      because: "decoder-layer/f32 is not to be timed: got 2, reference 1",
    });
    const hung = launches({ at: 2, outcome: { kind: "hung", because: "no answer" } });
    expect(await runLaunchJob(warmUp, hung.launch, 60)).toEqual({ kind: "hung", because: "no answer" });
    expect([wrong.left(), hung.left()]).toEqual([NOTHING_LEFT, NOTHING_LEFT]);
  });

  it.each<[string, Faults, string[], string]>([
    [
      "a crash in the third start",
      { at: 4, outcome: { kind: "crashed", because: "the browser crashed" } },
      ALL.slice(0, 2),
      "the browser crashed",
    ],
    [
      "a refusal of a later launch",
      { launchAt: 3, error: new InputError("gpu", "it is gone", "Look.") },
      ALL.slice(0, 5),
      "gpu: it is gone. Look.",
    ],
  ])("keep what was measured before %s", async (_, faults, kept, because) => {
    const { launch, left } = launches(faults);
    const outcome = await runLaunchJob(warmUp, launch, 60);
    expect(starts(outcome)).toEqual(kept);
    expect(missing(outcome)).toBe(because);
    expect(left()).toEqual(NOTHING_LEFT);
  });

  it.each<[string, Faults, Outcome]>([
    ["crashes in its first start", { at: 1, outcome: { kind: "crashed", because: "gone" } }, { kind: "crashed", because: "gone" }],
    ["does not start", { launchAt: 1, error: new InputError("gpu", "none", "Look.") }, { kind: "left-out", because: "gpu: none. Look." }],
  ])("are not measured where the first process %s", async (_, faults, expected) => {
    const { launch, left } = launches(faults);
    expect(await runLaunchJob(warmUp, launch, 60)).toEqual(expected);
    expect(left()).toEqual(NOTHING_LEFT);
  });

  it("of a further process are made without verifying the layer again", async () => {
    const { launch, jobs, left } = launches();
    expect(starts(await runLaunchJob({ ...warmUp, process: 1 }, launch, 60))).toEqual(ALL);
    expect(jobs.filter(({ kind }) => kind === "verify")).toEqual([]);
    const gone = launches({ at: 1, outcome: { kind: "crashed", because: "gone" } });
    expect(await runLaunchJob({ ...warmUp, process: 1 }, gone.launch, 60)).toEqual({ kind: "crashed", because: "gone" });
    expect(left()).toEqual(NOTHING_LEFT);
  });

  it("stop where the time is over, with nothing launched", async () => {
    const { launch, folders } = launches();
    expect(await runLaunchJob(warmUp, launch, 0)).toEqual({ kind: "hung", because: "its time of 0 s was over" });
    expect(folders).toEqual([]);
  });

  it("pass an abort on, and a fault of the program, with nothing left behind", async () => {
    const reason = new Error("interrupted");
    const { launch, left } = launches({ launchAt: 2, error: reason });
    await expect(runLaunchJob(warmUp, launch, 60)).rejects.toBe(reason);
    expect(left()).toEqual(NOTHING_LEFT);
  });
});

describe("compiling in every state", () => {
  it("is cold, hot and process-warm in one process and disk-warm in another, with the same texts", async () => {
    const { launch, jobs, folders, left } = launches();
    const outcome = await runLaunchJob(compile, launch, 60);
    const states = jobs.flatMap((job) => (job.kind === "compile-state" ? [job.state] : []));
    expect(states).toEqual(["cold", "hot", "process-warm", "disk-warm"]);
    expect(new Set(jobs.map((job) => ("nonce" in job ? job.nonce : null))).size).toBe(1);
    expect(folders).toHaveLength(2);
    expect(missing(outcome)).toBeNull();
    expect(left()).toEqual(NOTHING_LEFT);
  });

  it("keeps the states before a fault", async () => {
    const outcome = await runLaunchJob(compile, launches({ at: 3, outcome: { kind: "hung", because: "no answer" } }).launch, 60);
    expect(outcome).toMatchObject({ kind: "measured", measurement: { missing: "no answer" } });
    if (outcome.kind !== "measured" || outcome.measurement.kind !== "compile") throw new Error("expected a measurement");
    expect(outcome.measurement.runs.map(({ pipelines, pending }) => `${pipelines} ${pending}`)).toEqual([
      "cold 1",
      "cold 4",
      "hot 1",
      "hot 4",
    ]);
  });
});

it("only starts and compiling need processes of their own", () => {
  expect([warmUp, compile, { kind: "clock" }, { kind: "start" }].map(isLaunchJob)).toEqual([true, true, false, false]);
});

it("a browser cache whose index is of another kind is not taken for an empty one", async () => {
  const { launch } = launches({ keepsNothing: true });
  const outcome = await runLaunchJob(
    { ...warmUp, launches: 1 },
    async (profile, limit) => {
      const folder = join(profile.path, "Default", "DawnWebGPUCache");
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, "index"), "another format");
      return launch(profile, limit);
    },
    60,
  );
  expect(starts(outcome)).toContain("process disk-warm");
});
