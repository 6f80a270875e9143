import type { JobResult, MeasuringPage } from "../../src/profile/jobs.ts";
import type { Seconds } from "../../src/units.ts";
import type { GroupEnd, Outcome, Session } from "./session.ts";
import { aborted, timer } from "./waiting.ts";

/** What came of a question: its answer, or why there is none. */
export type Answer<T> = { readonly answer: T } | { readonly failure: Extract<Outcome, { because: string }> };

/** Questions to a program that may hang or end at any moment. */
export interface Conversation {
  /** The other side is gone: questions under way and later ones have this for an answer. The first reason stays. */
  end(because: string): void;
  /** Asks, and waits so long; the question may ask for more time by `restart`. Only an abort rejects. */
  ask<T>(question: (restart: (limit: Seconds) => void) => Promise<T>, limit: Seconds): Promise<Answer<T>>;
}

/** A group of jobs ends with the turn that is under way when its time is over. */
const LAST_TURN: Seconds = 5;
/** How long the event that names a crash may come after the failures it causes. */
const NEWS_DELAY: Seconds = 1;

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error)).trim();

/** @param other what hangs: "the page" */
export const conversationWith = (other: string, signal: AbortSignal | undefined): Conversation => {
  let ended: string | undefined;
  const endings: ((because: string) => void)[] = [];
  return {
    end: (because) => {
      ended ??= because;
      for (const tell of endings.splice(0)) tell(because);
    },
    ask: async (question, limit) => {
      if (ended !== undefined) return { failure: { kind: "crashed", because: ended } };
      const late = timer(limit);
      const stop = aborted(signal);
      const crash = new Promise<string>((resolve) => endings.push(resolve));
      try {
        return await Promise.race([
          question(late.restart).then(
            (answer) => ({ answer }),
            async (error: unknown) => {
              // A crash rejects the call as well, in either order.
              const moment = timer(NEWS_DELAY);
              const because = ended ?? (await Promise.race([crash, moment.done]));
              moment.cancel();
              return because === "late"
                ? { failure: { kind: "left-out", because: messageOf(error) } as const }
                : { failure: { kind: "crashed", because } as const };
            },
          ),
          crash.then((because) => ({ failure: { kind: "crashed", because } as const })),
          late.done.then(() => ({
            failure: { kind: "hung", because: `no answer from ${other} in ${Number(limit.toFixed(1))} s` } as const,
          })),
          stop.done,
        ]);
      } finally {
        late.cancel();
        stop.cancel();
      }
    },
  };
};

/** Measuring over a conversation: every way in which the page gives no result becomes an outcome. */
export const measuringOver = ({ ask }: Conversation, page: Omit<MeasuringPage, "describe">): Pick<Session, "run" | "runTogether"> => ({
  run: async (job, limit) => {
    const asked = await ask(() => page.run(job), limit);
    if ("answer" in asked) return asked.answer;
    const { kind, because } = asked.failure;
    return kind === "left-out" ? { kind, because: `the measuring page failed: ${because}` } : asked.failure;
  },
  runTogether: async (jobs, { within, silence }, onResult) => {
    const heard = new Set<number>();
    const deadline = performance.now() / 1000 + within + LAST_TURN;
    const quiet = () => Math.min(silence, deadline - performance.now() / 1000);
    let lost: GroupEnd | undefined;
    /** What `onResult` threw: it is called from the page's messages, where nobody would catch it. */
    let fault: { readonly error: unknown } | undefined;
    const keep = (index: number, result: JobResult | null) => {
      const job = jobs[index];
      if (result === null || job === undefined || heard.has(index) || fault !== undefined) return;
      heard.add(index);
      if (result.kind === "device-lost") lost ??= result;
      else {
        try {
          onResult(job, result);
        } catch (error) {
          fault = { error };
        }
      }
    };
    let isOver = false;
    const asked = await ask(
      (restart) =>
        page.runTogether(jobs, within, (index, result) => {
          if (isOver) return;
          restart(quiet());
          keep(index, result);
        }),
      quiet(),
    );
    isOver = true;
    const isEnded = "failure" in asked && asked.failure.kind !== "left-out";
    if ("answer" in asked) for (const [index, result] of asked.answer.entries()) keep(index, result);
    else if (!isEnded) {
      for (const index of jobs.keys()) keep(index, { kind: "left-out", because: `the measuring page failed: ${asked.failure.because}` });
    }
    if (fault !== undefined) throw fault.error;
    if ("failure" in asked && asked.failure.kind !== "left-out") return asked.failure;
    return lost ?? { kind: "done" };
  },
});
