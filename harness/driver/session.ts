import type { Browser, CDPSession, Page } from "puppeteer";
import { InputError } from "../../src/errors.ts";
import type { Description, Job, JobResult, MeasuringPage } from "../../src/profile/jobs.ts";
import type { Seconds } from "../../src/units.ts";
import type { FoundBrowser } from "./find-browser.ts";
import { lastWords } from "./last-words.ts";
import type { LaunchLine } from "./launch-flags.ts";
import { makeProfileFolder } from "./profile-folder.ts";
import { aborted, timer } from "./waiting.ts";

/** What came of a job: the page's own result, or the way in which the page did not give one. */
export type Outcome =
  | JobResult
  /** No answer within the time limit. */
  | { readonly kind: "hung"; readonly because: string }
  /** The page or the browser ended. */
  | { readonly kind: "crashed"; readonly because: string };

/** The browser's own view of a GPU, independent of what WebGPU tells a page. */
export interface SystemGpu {
  readonly vendorId: number;
  readonly deviceId: number;
  readonly vendor: string;
  readonly device: string;
  readonly driver: string;
}

/** One started browser with the measuring page open. After `hung` or `crashed` only `close` is of use. */
export interface Session {
  readonly pid: number;
  /** Product and version, as the browser states it. */
  readonly version: string;
  /** The whole command line as started, without the paths of the temporary profile. */
  readonly flags: readonly string[];
  /** From launching the browser to the page being ready. */
  readonly startTime: Seconds;
  /** None where the browser does not say. */
  systemGpus(): Promise<readonly SystemGpu[]>;
  describe(): Promise<Description>;
  run(job: Job, limit: Seconds): Promise<Outcome>;
  /** Ends every process of the browser and removes its profile; may be called again. */
  close(): Promise<void>;
}

export interface SessionOptions {
  readonly browser: FoundBrowser;
  readonly line: LaunchLine;
  readonly url: string;
  readonly signal?: AbortSignal | undefined;
  /** How long the browser may take to start, and the page to become ready. */
  readonly startLimit?: Seconds;
}

const START_LIMIT: Seconds = 60;
const DESCRIBE_LIMIT: Seconds = 60;
const CLOSE_LIMIT: Seconds = 5;

interface WithBallast {
  readonly ballast: MeasuringPage | undefined;
}

const message = (error: unknown): string => (error instanceof Error ? error.message : String(error)).trim();

/** Ends the browser's whole process group: a hung page does not answer a polite request. */
const kill = (browser: Browser): void => {
  const process_ = browser.process();
  if (process_?.pid === undefined) return;
  try {
    if (process.platform === "win32") process_.kill("SIGKILL");
    else process.kill(-process_.pid, "SIGKILL");
  } catch {
    // It had ended by itself.
  }
};

const hasExited = (browser: Browser): Promise<void> =>
  new Promise((resolve) => {
    const process_ = browser.process();
    if (process_ === null || process_.exitCode !== null || process_.signalCode !== null) resolve();
    else process_.once("exit", () => resolve());
  });

const startBrowser = async ({ browser, line, startLimit = START_LIMIT }: SessionOptions, profile: string): Promise<Browser> => {
  const { default: puppeteer } = await import("puppeteer");
  try {
    return await puppeteer.launch({
      executablePath: browser.path,
      headless: true,
      pipe: true,
      userDataDir: profile,
      args: [...line.flags],
      ignoreDefaultArgs: ["--disable-dev-shm-usage"],
      env: { ...process.env, ...line.environment },
      handleSIGINT: false,
      handleSIGTERM: false,
      handleSIGHUP: false,
      timeout: startLimit * 1000,
      // The limit of a job is ours to watch: puppeteer's own would end a long measurement.
      protocolTimeout: 0,
      acceptInsecureCerts: false,
      defaultViewport: null,
    });
  } catch (error) {
    throw new InputError(
      browser.path,
      `the browser did not start: ${lastWords(browser.path, line.flags, profile) ?? message(error)}`,
      "Run `npm run doctor`, or name another browser with --browser PATH.",
    );
  }
};

/**
 * Starts a browser with an empty profile and opens the measuring page.
 *
 * @throws InputError where the browser does not start or the page does not become ready in it
 * @throws the signal's reason where it is aborted; nothing is left behind then either
 */
export const openSession = async (options: SessionOptions): Promise<Session> => {
  const { browser: found, line, url, signal, startLimit = START_LIMIT } = options;
  signal?.throwIfAborted();
  const profile = makeProfileFolder();
  const started = performance.now();
  let browser: Browser;
  try {
    browser = await startBrowser(options, profile.path);
  } catch (error) {
    profile.remove();
    throw error;
  }

  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closing ??= (async () => {
      const late = timer(CLOSE_LIMIT);
      await Promise.race([browser.close().catch(() => {}), late.done]);
      late.cancel();
      kill(browser);
      await hasExited(browser);
      profile.remove();
    })();
    return closing;
  };

  let ended: string | undefined;
  const endings: ((because: string) => void)[] = [];
  const end = (because: string) => {
    ended ??= because;
    for (const tell of endings.splice(0)) tell(because);
  };

  /** The page's answer, or why there is none; only an abort rejects. */
  const ask = async <T>(
    question: () => Promise<T>,
    limit: Seconds,
  ): Promise<{ readonly answer: T } | { readonly failure: Extract<Outcome, { because: string }> }> => {
    if (ended !== undefined) return { failure: { kind: "crashed", because: ended } };
    const late = timer(limit);
    const stop = aborted(signal);
    const crash = new Promise<string>((resolve) => endings.push(resolve));
    try {
      return await Promise.race([
        question().then(
          (answer) => ({ answer }),
          async (error: unknown) => {
            // A crash rejects the call as well, in either order: wait a moment for the event that names it.
            const moment = timer(1);
            const because = ended ?? (await Promise.race([crash, moment.done]));
            moment.cancel();
            return because === "late"
              ? { failure: { kind: "left-out", because: message(error) } as const }
              : { failure: { kind: "crashed", because } as const };
          },
        ),
        crash.then((because) => ({ failure: { kind: "crashed", because } as const })),
        late.done.then(() => ({ failure: { kind: "hung", because: `no answer from the page in ${limit} s` } as const })),
        stop.done,
      ]);
    } finally {
      late.cancel();
      stop.cancel();
    }
  };

  const openPage = async (): Promise<Page> => {
    const page = (await browser.pages())[0] ?? (await browser.newPage());
    page.once("error", () => end("the page crashed"));
    const failed = new Promise<never>((_, reject) => page.once("pageerror", reject));
    failed.catch(() => {}); // once the page is ready, a later error is its job's
    const ready = async () => {
      await page.goto(url, { timeout: 0 });
      await page.waitForFunction("window.ballast !== undefined", { timeout: 0 });
    };
    const opened = await ask(() => Promise.race([ready(), failed]), startLimit);
    if ("failure" in opened) {
      throw new InputError(
        found.path,
        `the measuring page did not become ready: ${opened.failure.because}`,
        "Update the browser (Chrome, Chromium or Edge), or name another with --browser PATH.",
      );
    }
    page.on("framenavigated", (frame) => frame === page.mainFrame() && end("the page was loaded anew"));
    return page;
  };

  browser.once("disconnected", () => end("the browser crashed"));
  try {
    const page = await openPage();
    const startTime = (performance.now() - started) / 1000;
    return {
      pid: browser.process()?.pid ?? 0,
      version: await browser.version(),
      flags: [
        ...Object.entries(line.environment).map(([name, value]) => `${name}=${value}`),
        ...new Set((browser.process()?.spawnargs ?? []).filter((flag) => flag.startsWith("--") && !flag.startsWith("--user-data-dir"))),
      ],
      startTime,
      systemGpus: async () => {
        const asked = await ask(async () => systemGpus(await browser.target().createCDPSession()), DESCRIBE_LIMIT);
        return "answer" in asked ? asked.answer : [];
      },
      describe: async () => {
        const asked = await ask(() => page.evaluate(() => (globalThis as unknown as WithBallast).ballast!.describe()), DESCRIBE_LIMIT);
        if ("answer" in asked) return asked.answer;
        throw new InputError(
          found.path,
          `the browser could not say which GPU it has: ${asked.failure.because}`,
          "Run `npm run doctor`, or name another browser with --browser PATH.",
        );
      },
      run: async (job, limit) => {
        const asked = await ask(() => page.evaluate((job) => (globalThis as unknown as WithBallast).ballast!.run(job), job), limit);
        if ("answer" in asked) return asked.answer;
        const { kind, because } = asked.failure;
        return kind === "left-out" ? { kind, because: `the measuring page failed: ${because}` } : asked.failure;
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
};

const systemGpus = async (connection: CDPSession): Promise<readonly SystemGpu[]> => {
  const { gpu } = await connection.send("SystemInfo.getInfo");
  await connection.detach();
  return gpu.devices.map((device) => ({
    vendorId: device.vendorId,
    deviceId: device.deviceId,
    vendor: device.vendorString,
    device: device.deviceString,
    driver: [device.driverVendor, device.driverVersion].filter((part) => part !== "").join(" "),
  }));
};
