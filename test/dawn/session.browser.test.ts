import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { openDawnSession, tellingLineOrNull } from "../../harness/dawn/session.ts";
import { isAlive } from "../../harness/driver/is-alive.ts";
import type { LaunchLine } from "../../harness/driver/browser/launch-flags.ts";
import type { Session } from "../../harness/driver/session.ts";
import type { PageJob } from "../../src/profile/jobs.ts";
import { job, sessionContract } from "../driver/session-contract.ts";
import { softwareDawn, whyNoDawn } from "./dawn.ts";

const program = join(import.meta.dirname, "fixtures", "faults.mjs");
const losing = join(import.meta.dirname, "fixtures", "losing.mjs");
const line: LaunchLine = { flags: ["backend=vulkan"], toggles: [], environment: { BALLAST_TEST: "1" }, weakening: [] };
const dawn = { url: "file:///nowhere/webgpu.js", version: "0.0.0" };

let session: Session | undefined;
afterEach(async () => {
  const { pid, close } = session ?? {};
  session = undefined;
  await close?.();
  if (pid !== undefined) expect(isAlive(pid)).toBe(false);
});

const open = async (signal?: AbortSignal) => (session = await openDawnSession({ dawn, program, line, signal }));

/** Takes longer than the device is left alive. */
const LONG: PageJob = {
  kind: "kernel",
  id: "long",
  variant: "matmul/registers-4x4-4x16-f32",
  shape: { m: 1024, n: 1024, k: 1024 },
  cache: "hot",
};

describe("a session with Dawn in Node", () => {
  it("says what it runs and what it was started with", async () => {
    const { version, flags, startTime } = await open();
    expect(version).toBe(`Dawn in Node ${process.versions.node} (npm webgpu 0.0.0)`);
    expect(flags).toEqual(["BALLAST_TEST=1", "backend=vulkan"]);
    expect(startTime).toBeGreaterThan(0);
  });

  sessionContract(open, { other: "Dawn", mistake: "a mistake in the harness", killed: "Dawn's process ended by SIGKILL" });

  it("names a crash in Dawn by its last words", async () => {
    const { run } = await open();
    expect(await run(job("abort"), 10)).toEqual({
      kind: "crashed",
      because: "Dawn's process ended by SIGABRT (terminate called after throwing an instance of 'std::bad_alloc')",
    });
  });

  it("says why the program did not start", async () => {
    const refused = await openDawnSession({ dawn, program: "/nowhere/main.js", line }).catch((error: Error) => error.message);
    expect(refused).toMatchInlineSnapshot(
      `"Dawn in Node: it did not start: Dawn's process ended with exit code 1 (Error: Cannot find module '/nowhere/main.js'). Install the package again (npm install --no-save webgpu), or measure in a browser with --runtime chrome."`,
    );
  });
});

it.each([
  [
    "Error: libvulkan.so.1: cannot open shared object file\n    at load (node:x)\n\nNode.js v20.20.2\n",
    "Error: libvulkan.so.1: cannot open shared object file",
  ],
  ["a warning\nthe last line\n", "the last line"],
  ["\n", null],
])("finds the telling line of %j", (words, line) => expect(tellingLineOrNull(words)).toBe(line));

const reason = await whyNoDawn();

describe.skipIf(reason !== null)(`Dawn itself on the software adapter${reason === null ? "" : ` (${reason})`}`, () => {
  const openReal = async (real?: string) => {
    const runtime = softwareDawn(real);
    return (session = await runtime.open(await runtime.line("software", null), {}));
  };

  it("calls the GPU by its name, as a browser does", async () => {
    const { describe } = await openReal();
    expect(await describe()).toMatchObject({
      kind: "adapter",
      adapter: {
        description: expect.stringMatching(/SwiftShader Device|llvmpipe/),
        backend: "vulkan",
        driver: expect.stringMatching(/\w/),
      },
    });
  });

  it("verifies a variant and measures two kernels interleaved, the same as the page does", async () => {
    const { run, runTogether } = await openReal();
    expect(await run({ kind: "verify", id: "verify", variant: "matmul/registers-4x4-4x16-f32" }, 60)).toMatchObject({
      kind: "verified",
      verification: { kind: "passed" },
    });
    const jobs = (["hot", "cold"] as const).map((cache) => ({
      kind: "kernel" as const,
      id: cache,
      variant: "matmul/registers-4x4-4x16-f32",
      shape: { m: 64, n: 64, k: 64 },
      cache,
    }));
    const heard = new Map<string, string>();
    expect(await runTogether(jobs, { within: 20, silence: 20 }, ({ id }, result) => heard.set(id, result.kind))).toEqual({ kind: "done" });
    expect(Object.fromEntries(heard)).toEqual({ hot: "measured", cold: "measured" });
  });

  it("reports a device that is destroyed in the middle of a measurement", async () => {
    const { run } = await openReal(losing);
    expect(await run(LONG, 60)).toMatchObject({
      kind: "device-lost",
      because: expect.stringMatching(/^the GPU device was lost: /),
    });
  });
});
