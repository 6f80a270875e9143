import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { InputError } from "../../src/errors.ts";
import type { Description, JobResult } from "../../src/profile/jobs.ts";
import type { Seconds } from "../../src/units.ts";
import { conversationWith, measuringOver } from "../driver/conversation.ts";
import type { LaunchLine } from "../driver/browser/launch-flags.ts";
import type { StartOptions } from "../driver/runtime.ts";
import type { Session } from "../driver/session.ts";
import { timer } from "../driver/waiting.ts";
import type { DawnHere } from "./dawn-package.ts";
import type { DawnStart, Question, Told } from "./messages.ts";

export interface DawnSessionOptions extends StartOptions {
  readonly dawn: DawnHere;
  /** The built program that holds Dawn (`child/main.ts`). */
  readonly program: string;
  readonly line: LaunchLine;
}

const START_LIMIT: Seconds = 60;
const DESCRIBE_LIMIT: Seconds = 60;
const CLOSE_LIMIT: Seconds = 2;
const KEPT_WORDS = 4000;

type WithoutNumber<Q> = Q extends Question ? Omit<Q, "number"> : never;

/** The line of a program's last words that says why it ended; null where it said nothing. */
export const tellingLineOrNull = (words: string): string | null => {
  const lines = words
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("at ") && !line.startsWith("Node.js v"));
  return lines.find((line) => /^\w*Error\b|cannot open|terminate called|FATAL|Assertion/u.test(line)) ?? lines.at(-1) ?? null;
};

const start = ({ dawn, program, line }: DawnSessionOptions): ChildProcess => {
  const given: DawnStart = { package: dawn.url, options: line.flags };
  return fork(program, [JSON.stringify(given)], {
    // In a process group of its own, so that a Ctrl-C in the terminal reaches the driver alone, which then ends it.
    detached: true,
    execArgv: [],
    serialization: "advanced",
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    env: { ...process.env, ...line.environment },
  });
};

/** Ends a Dawn process: politely, then not, since one that hangs in a driver hears nothing. */
const end = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const gone = once(child, "exit");
  const late = timer(CLOSE_LIMIT);
  if (child.connected) child.disconnect();
  await Promise.race([gone, late.done]);
  late.cancel();
  child.kill("SIGKILL");
  await gone;
};

/**
 * Starts a process with Dawn in it.
 *
 * @throws InputError where it ends before it is ready
 * @throws the signal's reason where it is aborted; nothing is left behind then either
 */
export const openDawnSession = async (options: DawnSessionOptions): Promise<Session> => {
  const { dawn, line, signal, startLimit = START_LIMIT } = options;
  signal?.throwIfAborted();
  const started = performance.now();
  const child = start(options);
  const conversation = conversationWith("Dawn", signal);

  let words = "";
  const hear = (text: Buffer) => (words = (words + text.toString()).slice(-KEPT_WORDS));
  child.stdout?.on("data", hear);
  child.stderr?.on("data", hear);
  child.once("error", (error) => conversation.end(`Dawn's process failed: ${error.message}`));
  child.once("close", (code, signal) => {
    const how = signal === null ? `with exit code ${code}` : `by ${signal}`;
    const why = tellingLineOrNull(words);
    conversation.end(`Dawn's process ended ${how}${why === null ? "" : ` (${why})`}`);
  });

  let onReady = () => {};
  const ready = new Promise<void>((resolve) => (onReady = resolve));
  const waiting = new Map<number, { answer(value: unknown): void; fail(error: Error): void }>();
  let onProgress: (index: number, result: JobResult | null) => void = () => {};
  let questions = 0;
  child.on("message", (told: Told) => {
    switch (told.kind) {
      case "ready":
        return onReady();
      case "progress":
        return told.number === questions ? onProgress(told.index, told.result) : undefined;
      case "answer":
        return waiting.get(told.number)?.answer(told.answer);
      case "failure":
        return waiting.get(told.number)?.fail(new Error(told.because));
      default:
        return told satisfies never;
    }
  });

  const call = <T>(question: WithoutNumber<Question>): Promise<T> => {
    const number = ++questions;
    return new Promise<T>((resolve, reject) => {
      waiting.set(number, { answer: (value) => resolve(value as T), fail: reject });
      child.send({ ...question, number }, (error) => error !== null && reject(error));
    }).finally(() => waiting.delete(number));
  };

  const close = () => end(child);
  try {
    const begun = await conversation.ask(() => ready, startLimit);
    if ("failure" in begun) {
      throw new InputError(
        "Dawn in Node",
        `it did not start: ${begun.failure.because}`,
        "Install the package again (npm install --no-save webgpu), or measure in a browser with --runtime chrome.",
      );
    }
  } catch (error) {
    await close();
    throw error;
  }
  return {
    pid: child.pid ?? 0,
    version: `Dawn in Node ${process.versions.node} (npm webgpu ${dawn.version})`,
    flags: [...Object.entries(line.environment).map(([name, value]) => `${name}=${value}`), ...line.flags],
    startTime: (performance.now() - started) / 1000,
    systemGpus: async () => [],
    describe: async () => {
      const asked = await conversation.ask(() => call<Description>({ call: "describe" }), DESCRIBE_LIMIT);
      if ("answer" in asked) return asked.answer;
      throw new InputError(
        "Dawn in Node",
        `it could not say which GPU it has: ${asked.failure.because}`,
        "Run `npm run doctor -- --runtime dawn`, or measure in a browser with --runtime chrome.",
      );
    },
    ...measuringOver(conversation, {
      run: (job) => call<JobResult>({ call: "run", job }),
      runTogether: (jobs, within, tell) => {
        onProgress = tell ?? (() => {});
        return call<(JobResult | null)[]>({ call: "runTogether", jobs, within });
      },
    }),
    close,
  };
};
