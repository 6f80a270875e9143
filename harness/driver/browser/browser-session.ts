import type { Browser, CDPSession, Page } from "puppeteer";
import { InputError } from "../../../src/errors.ts";
import type { JobResult, MeasuringPage } from "../../../src/profile/jobs.ts";
import type { Seconds } from "../../../src/units.ts";
import { conversationWith, measuringOver, messageOf } from "../conversation.ts";
import type { FoundBrowser } from "./find-browser.ts";
import { lastWords } from "./last-words.ts";
import type { LaunchLine } from "./launch-flags.ts";
import { makeProfileFolder } from "./profile-folder.ts";
import type { TemporaryFolder } from "../site/temporary-folder.ts";
import type { Session, SystemGpu } from "../session.ts";
import { timer } from "../waiting.ts";

export interface SessionOptions {
  readonly browser: FoundBrowser;
  readonly line: LaunchLine;
  readonly url: string;
  /** A profile that outlives the session, with what is in it; whoever made it removes it. Without one the session has an empty one of its own. */
  readonly profile?: TemporaryFolder | undefined;
  readonly signal?: AbortSignal | undefined;
  /** How long the browser may take to start, and the page to become ready. */
  readonly startLimit?: Seconds;
}

const START_LIMIT: Seconds = 60;
const DESCRIBE_LIMIT: Seconds = 60;
const CLOSE_LIMIT: Seconds = 5;

interface WithBallast {
  readonly ballast: MeasuringPage | undefined;
  /** Brings what a group tells to this side at once. */
  readonly ballastTell: (index: number, result: JobResult | null) => Promise<void>;
}

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
      // puppeteer always has this flag; what it is told to ignore, it drops from our own flags as well.
      ignoreDefaultArgs: ["--disable-dev-shm-usage"].filter((flag) => !line.flags.includes(flag)),
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
      `the browser did not start: ${lastWords(browser.path, line, profile) ?? messageOf(error)}`,
      "Run `npm run doctor`, or name another browser with --browser PATH.",
    );
  }
};

/**
 * Starts a browser, with an empty profile unless one is given, and opens the measuring page.
 *
 * @throws InputError where the browser does not start or the page does not become ready in it
 * @throws the signal's reason where it is aborted; nothing is left behind then either
 */
export const openSession = async (options: SessionOptions): Promise<Session> => {
  const { browser: found, line, url, signal, startLimit = START_LIMIT } = options;
  signal?.throwIfAborted();
  const profile = options.profile ?? makeProfileFolder();
  const removeProfile = () => options.profile === undefined && profile.remove();
  const started = performance.now();
  let browser: Browser;
  try {
    browser = await startBrowser(options, profile.path);
  } catch (error) {
    removeProfile();
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
      removeProfile();
    })();
    return closing;
  };

  const conversation = conversationWith("the page", signal);
  const { ask, end } = conversation;

  let hear: (index: number, result: JobResult | null) => void = () => {};
  const openPage = async (): Promise<Page> => {
    const page = (await browser.pages())[0] ?? (await browser.newPage());
    await page.exposeFunction("ballastTell", (index: number, result: JobResult | null) => hear(index, result));
    page.once("error", () => end("the page crashed"));
    const failed = new Promise<never>((_, reject) => page.once("pageerror", reject));
    failed.catch(() => {}); // once the page is ready, a later error is its job's
    const ready = async () => {
      await page.goto(url, { timeout: 0 });
      await page.waitForFunction("window.ballast !== undefined", { timeout: 0 });
    };
    const opened = await ask(() => Promise.race([ready(), failed]), Math.max(0, startLimit - (performance.now() - started) / 1000));
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
      ...measuringOver(conversation, {
        run: (job) => page.evaluate((job) => (globalThis as unknown as WithBallast).ballast!.run(job), job),
        runTogether: (jobs, within, tell) => {
          hear = tell ?? (() => {});
          return page.evaluate(
            (together, time) => {
              const { ballast, ballastTell } = globalThis as unknown as WithBallast;
              return ballast!.runTogether(together, time, (index, result) => void ballastTell(index, result));
            },
            jobs,
            within,
          );
        },
      }),
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
