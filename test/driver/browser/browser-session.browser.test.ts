import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { serveSite, type Site } from "../../../harness/driver/site/serve.ts";
import { openSession } from "../../../harness/driver/browser/browser-session.ts";
import { launchHost } from "../../../harness/driver/host.ts";
import { launchLine } from "../../../harness/driver/browser/launch-flags.ts";
import type { GroupEnd, Session } from "../../../harness/driver/session.ts";
import type { JobResult, TimedJob } from "../../../src/profile/jobs.ts";
import { freshFolder } from "../../cli/folder.ts";
import { job, sessionContract } from "../session-contract.ts";
import { browser, gpuProcess, leftBehind, pages, script, softwareLine } from "../the-browser.ts";

const folder = freshFolder();
const timed = (id: string): TimedJob => ({ kind: "kernel", id, variant: "copy/vec4", shape: { length: 4 }, cache: "hot" });

let site: Site;
let session: Session | undefined;
beforeAll(async () => {
  site = await serveSite(pages.faults);
});
afterAll(() => site.close());
afterEach(async () => {
  await session?.close();
  session = undefined;
  expect(leftBehind()).toEqual({ folders: [], processes: [] });
});

const open = async (signal?: AbortSignal) => (session = await openSession({ browser, line: softwareLine, url: site.url, signal }));

describe("a session", () => {
  it("opens the page cross-origin isolated, on the software adapter, with its version and command line", async () => {
    const { version, flags, startTime, describe, run } = await open();
    expect(version).toMatch(/^\w+\/\d+/);
    expect(flags).toEqual(expect.arrayContaining([...softwareLine.flags]));
    expect(flags.some((flag) => flag.includes("ballast-browser"))).toBe(false);
    expect(startTime).toBeGreaterThan(0);
    expect(await run(job("isolated"), 10)).toEqual({ kind: "left-out", because: "crossOriginIsolated is true" });
    expect(await describe()).toMatchObject({ kind: "adapter", adapter: { is_fallback: true } });
  });

  it.each([
    ["leaves /dev/shm alone where it is small", 2 ** 26, true],
    ["uses it where it is ample", 2 ** 34, false],
  ])("%s", async (_, sharedMemoryBytes, isLeftAlone) => {
    const line = launchLine("software", "web", { ...launchHost(), sharedMemoryBytes });
    session = await openSession({ browser, line, url: site.url });
    expect(session.flags.includes("--disable-dev-shm-usage")).toBe(isLeftAlone);
  });

  sessionContract(open, { other: "the page", mistake: "a mistake in the page", killed: "the browser crashed" });

  it.each<[string, string, GroupEnd]>([
    ["goes well", "b", { kind: "done" }],
    ["hangs", "hang", { kind: "hung", because: "no answer from the page in 0.5 s" }],
    ["never ends", "never", { kind: "hung", because: "no answer from the page in 0.5 s" }],
    ["loses the device", "lose", { kind: "device-lost", because: "device lost: destroyed" }],
    ["loads the page anew", "reload", { kind: "crashed", because: "the page was loaded anew" }],
  ])("tells each result of a group at once: a job that %s costs no other's", async (_, id, end) => {
    const { runTogether } = await open();
    const told: string[] = [];
    const jobs = ["a", id].map(timed);
    expect(await runTogether(jobs, { within: 20, silence: 0.5 }, (done, result) => told.push(`${done.id}: ${result.kind}`))).toEqual(end);
    expect(told).toEqual(["a: left-out", ...(end.kind === "done" ? ["b: left-out"] : [])]);
  });

  it("leaves the jobs of a group out where the page makes a mistake, but for those it had told of", async () => {
    const { runTogether } = await open();
    const told = new Map<string, JobResult>();
    const end = await runTogether(["a", "throw"].map(timed), { within: 20, silence: 5 }, ({ id }, result) => told.set(id, result));
    expect(end).toEqual({ kind: "done" });
    expect(Object.fromEntries(told)).toEqual({
      a: { kind: "left-out", because: "echo a" },
      throw: { kind: "left-out", because: "the measuring page failed: a mistake in the page" },
    });
  });
});

describe("a session on the real page", () => {
  /** Still runs when its GPU process is killed, however busy the machine is. */
  const long = (id: string) =>
    ({ kind: "kernel", id, variant: "matmul/registers-4x4-4x16-f32", shape: { m: 1024, n: 1024, k: 1024 }, cache: "hot" }) as const;

  it("reports a lost device when the GPU process is killed while a kernel runs", async () => {
    const real = await serveSite(pages.real);
    session = await openSession({ browser, line: softwareLine, url: real.url });
    const running = session.run(long("long"), 60);
    await new Promise((resolve) => setTimeout(resolve, 300));
    process.kill(gpuProcess(), "SIGKILL");
    expect(await running).toMatchObject({ kind: "device-lost", because: expect.stringMatching(/lost/) });
    await real.close();
  });

  it("reports it of a group as well, and keeps what the group had finished", async () => {
    const real = await serveSite(pages.real);
    session = await openSession({ browser, line: softwareLine, url: real.url });
    const jobs = [{ ...timed("finished"), shape: { length: 2 ** 31 } }, long("under way")];
    const told: string[] = [];
    let isFirst = () => {};
    const first = new Promise<void>((resolve) => (isFirst = resolve));
    const running = session.runTogether(jobs, { within: 60, silence: 60 }, ({ id }) => {
      told.push(id);
      isFirst();
    });
    await first;
    process.kill(gpuProcess(), "SIGKILL");
    expect(await running).toMatchObject({ kind: "device-lost", because: expect.stringMatching(/lost/) });
    expect(told).toEqual(["finished"]);
    await real.close();
  });
});

const refusal = async (found: Parameters<typeof openSession>[0]["browser"], url = site.url): Promise<string> => {
  const opened = await openSession({ browser: found, line: softwareLine, url, startLimit: 2 }).catch((error: Error) => error);
  if (opened instanceof Error) return folder.text(opened.message).replace(browser.path, "<browser>");
  await opened.close();
  return "it opened";
};

describe("a session that cannot open", () => {
  it("says in the browser's own words why it did not start", async () => {
    const broken = script(
      folder.path,
      'echo "chrome: error while loading shared libraries: libnss3.so: cannot open shared object file" >&2; exit 127',
    );
    expect(await refusal(broken)).toMatchInlineSnapshot(
      `"<folder>/browser: the browser did not start: chrome: error while loading shared libraries: libnss3.so: cannot open shared object file. Run \`npm run doctor\`, or name another browser with --browser PATH."`,
    );
  });

  it("names what the page could not do in this browser", async () => {
    const broken = await serveSite(pages.broken);
    expect(await refusal(browser, broken.url)).toMatchInlineSnapshot(
      `"<browser>: the measuring page did not become ready: GPUAdapter.info is not there. Update the browser (Chrome, Chromium or Edge), or name another with --browser PATH."`,
    );
    await broken.close();
  });
});
