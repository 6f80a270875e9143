import { expect, it } from "vitest";
import type { Session } from "../../harness/driver/session.ts";
import type { PageJob } from "../../src/profile/jobs.ts";

/** A job whose id tells a page of faults what to do. */
export const job = (id: string): PageJob => ({ kind: "clock", id });

/** What differs between the runtimes: their own words for what went wrong. */
export interface SessionWords {
  /** Whose answer is awaited: "the page". */
  readonly other: string;
  /** The mistake that the faulty program makes on demand. */
  readonly mistake: string;
  readonly killed: string;
}

/**
 * What every runtime's session does with a program that goes wrong on demand: the job's id says how.
 *
 * @param open opens a session on it; whoever calls closes it, and looks that nothing was left behind
 */
export const sessionContract = (open: (signal?: AbortSignal) => Promise<Session>, { other, mistake, killed }: SessionWords): void => {
  it("turns a mistake of the harness into a reason, passes on the loss of a device, and goes on", async () => {
    const { run } = await open();
    expect(await run(job("throw"), 10)).toEqual({ kind: "left-out", because: `the measuring page failed: ${mistake}` });
    expect(await run(job("lose"), 10)).toEqual({ kind: "device-lost", because: "device lost: destroyed" });
    expect(await run(job("next"), 10)).toEqual({ kind: "left-out", because: "echo next" });
  });

  it.each([
    ["never answers", "never"],
    ["runs for ever, and hears nothing", "hang"],
  ])("gives up one that %s, and ends it", async (_, id) => {
    const { run } = await open();
    expect(await run(job(id), 0.5)).toEqual({ kind: "hung", because: `no answer from ${other} in 0.5 s` });
  });

  it("notices that it was killed while a job is under way, and says so of every later job", async () => {
    const { run, pid } = await open();
    const running = run(job("never"), 60);
    process.kill(pid, "SIGKILL");
    expect(await running).toEqual({ kind: "crashed", because: killed });
    expect(await run(job("next"), 60)).toEqual({ kind: "crashed", because: killed });
  });

  it("stops at once when it is aborted", async () => {
    const controller = new AbortController();
    const { run } = await open(controller.signal);
    const running = run(job("never"), 60);
    controller.abort(new Error("the user stopped it"));
    await expect(running).rejects.toThrow("the user stopped it");
  });

  it("survives two calls to close", async () => {
    const { close } = await open();
    await Promise.all([close(), close()]);
  });
};
