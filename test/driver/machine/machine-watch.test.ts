import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import { projectRoot } from "../../../cli/project.ts";
import { isAlive } from "../../../harness/driver/is-alive.ts";
import { type MachineWatch, watchNvidia } from "../../../harness/driver/machine/machine-watch.ts";
import { throttledBy } from "../../../src/profile/throttle.ts";
import { type SmiProgram, smiProgram } from "./smi-program.ts";

const FIRST = new Set(["GPU-5f3a"]);
const BOTH = new Set(["GPU-5f3a", "GPU-0002"]);

const until = async (isSo: () => boolean) => {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 10));
};

describe.skipIf(process.platform === "win32")("nvidia-smi beside a run", () => {
  const made: { program: SmiProgram; watch?: MachineWatch }[] = [];
  afterEach(() => {
    for (const { program, watch } of made.splice(0)) {
      watch?.close();
      program.remove();
    }
  });

  /** A program that writes down its own id first. */
  const write = (loop: string) => {
    const program = smiProgram(`echo $$ > "$(dirname "$0")/pid"\n${loop}`);
    return { program, pid: () => Number(readFileSync(join(program.folder, "pid"), "utf8")) };
  };

  const start = (loop: string) => {
    const { program, pid } = write(loop);
    const failures: string[] = [];
    const watch = watchNvidia({
      program: program.path,
      onFailure: (because) => failures.push(because.replaceAll(program.folder, "<bin>")),
    });
    if (watch === null) return expect.unreachable("expected a watch");
    made.push({ program, watch });
    return { watch, failures, pid };
  };

  it("samples until it is closed, and then its process is gone", async () => {
    const { watch, failures, pid } = start("while :; do line 0x0000000000000000; sleep $PERIOD; done");
    await watch.ready(10);
    await until(() => watch.samples(FIRST).length >= 3);
    const times = watch.samples(FIRST).map(({ at_s }) => at_s);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(watch.samples(FIRST)[0]).toMatchObject({ sm_mhz: 1980, power_w: 400, reasons: [] });
    expect(watch.maxSmMhz("GPU-5f3a")).toBe(1980);
    const id = pid();
    expect(isAlive(id)).toBe(true);
    watch.close();
    await until(() => !isAlive(id));
    expect(failures).toEqual([]);
  });

  it("sees a throttle come and go", async () => {
    const { watch } = start("for r in 0x0 0x0 0x40 0x40 0x0; do line $r; sleep $PERIOD; done; while :; do line 0x4; sleep $PERIOD; done");
    await until(() => watch.samples(FIRST).length >= 7);
    const seen = watch.samples(FIRST).slice(0, 7);
    expect(seen.map((sample) => throttledBy(sample).join())).toEqual(["", "", "hw-thermal", "hw-thermal", "", "", ""]);
  });

  it("passes over garbage and half lines", async () => {
    const { watch, failures } = start(
      `echo "WARNING: infoROM is corrupted at gpu 0000:01:00.0"; printf 'GPU-5f3a, 19\\n'; line 0x0; echo
       while :; do line "[N/A]"; sleep $PERIOD; done`,
    );
    await until(() => watch.samples(FIRST).length >= 2);
    const seen = watch.samples(FIRST).slice(0, 2);
    expect(seen.map(({ reasons }) => reasons)).toEqual([[], null]);
    expect(failures).toEqual([]);
  });

  it("keeps what it has and says why where the program dies in mid-run", async () => {
    const { watch, failures } = start(`line 0x0; line 0x0; echo "Unable to determine the device handle: GPU is lost"; exit 15`);
    await until(() => failures.length > 0);
    expect(watch.samples(FIRST)).toHaveLength(2);
    expect(failures.map((text) => text.replace(/[\d.]+ m?s(?= after)/, "0.1 s"))).toEqual([
      "<bin>/nvidia-smi ended 0.1 s after it was started, with code 15 (Unable to determine the device handle: GPU is lost): from then on, clocks, power and throttling are not known",
    ]);
  });

  it("says so where the program is killed", async () => {
    const { watch, failures, pid } = start("while :; do line 0x0; sleep $PERIOD; done");
    await watch.ready(10);
    process.kill(pid(), "SIGKILL");
    await until(() => failures.length > 0);
    expect(failures[0]).toMatch(/with SIGKILL: from then on/);
  });

  it("is not there where the program is not, or tells no fields", () => {
    const onFailure = () => expect.unreachable();
    expect(watchNvidia({ program: "/nowhere/nvidia-smi", onFailure })).toBeNull();
    expect(watchNvidia({ onFailure, read: () => "NVIDIA-SMI has failed" })).toBeNull();
  });

  it("waits no longer than it may for a first sample", async () => {
    const { watch } = start("exec sleep 60");
    await watch.ready(0.05);
    expect(watch.samples(FIRST)).toEqual([]);
  });

  it("takes the busiest of GPUs of one kind for the measured one", async () => {
    const { watch } = start("while :; do BUSY=2 line 0x1; BUSY=95 line 0x4 GPU-0002; sleep $PERIOD; done");
    await until(() => watch.samples(BOTH).length >= 3 && watch.busiest(BOTH) === "GPU-0002");
    expect(watch.samples(BOTH)[0]?.reasons).toEqual(["sw-power-cap"]);
    expect(watch.busiest(new Set())).toBeNull();
    expect(watch.samples(new Set())).toEqual([]);
  });

  it("leaves no process where the one that watches is killed outright", async () => {
    const { program, pid } = write("while :; do line 0x0; sleep $PERIOD; done");
    made.push({ program });
    const built = pathToFileURL(join(projectRoot, "dist/harness/driver/machine/machine-watch.js")).href;
    const text = `const { watchNvidia } = await import(${JSON.stringify(built)});
      const watch = watchNvidia({ program: ${JSON.stringify(program.path)}, onFailure: () => {} });
      await watch.ready(10);
      process.stdout.write("ready");`;
    const watcher = spawn(process.execPath, ["--input-type=module", "--eval", text], { stdio: ["ignore", "pipe", "inherit"] });
    await once(watcher.stdout, "data");
    const id = pid();
    expect(isAlive(id)).toBe(true);
    watcher.kill("SIGKILL");
    await until(() => !isAlive(id));
  });
});
