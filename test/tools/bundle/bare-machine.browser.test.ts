import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Examination } from "../../../cli/commands/doctor.ts";
import { readProfileFile } from "../../../cli/kept-profiles.ts";
import { projectRoot } from "../../../cli/project.ts";

const isThere = (program: string) => spawnSync("sh", ["-c", `command -v ${program}`]).status === 0;

/** Why this cannot be tried here; null where it can. */
const obstacle = (): string | null => {
  if (process.env["BALLAST_LONG"] !== "1") return "takes minutes: npm run test:long";
  if (process.platform !== "linux" || process.arch !== "x64") return "needs Linux on x86-64";
  if (process.getuid?.() !== 0) return "needs root, to make a machine of its own";
  const missing = ["debootstrap", "unshare", "ip", "apt-get", "xz", "readelf"].filter((program) => !isThere(program));
  return missing.length === 0 ? null : `needs ${missing.join(", ")}`;
};
const because = obstacle();

const run = (program: string, args: readonly string[]) => {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: "utf8", cwd: projectRoot, maxBuffer: 2 ** 27 });
  return { status, stdout, stderr };
};

/** Debian's smallest system, which has 64 MiB of /dev/shm. */
const bare = (root: string, ...command: string[]) => run("tools/bundle/bare-machine.sh", [root, ...command]);

describe.skipIf(because !== null)(`a machine with nothing on it (${because ?? "in a chroot"})`, () => {
  const folder = because === null ? mkdtempSync(join(tmpdir(), "ballast-bare-")) : "";
  const root = join(folder, "root");
  const carried = join(root, "carried");

  beforeAll(() => {
    const suite = /^VERSION_CODENAME=(\w+)/m.exec(readFileSync("/etc/os-release", "utf8"))?.[1] ?? "stable";
    expect(run("debootstrap", ["--variant=minbase", suite, root])).toMatchObject({ status: 0 });
    const made = run(process.execPath, ["tools/bundle/bundle.mjs", "--fast", "--part-size", "60MiB", "--out", join(folder, "parts")]);
    expect(made).toMatchObject({ status: 0 });
    mkdirSync(carried);
    cpSync(join(folder, "parts"), carried, { recursive: true });
  }, 1_800_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("has no browser, no Node, no Python and no xz", () => {
    for (const program of ["chromium", "node", "python3", "xz"]) expect(existsSync(join(root, "usr/bin", program))).toBe(false);
  });

  it("unpacks the parts and finds the browser's adapter", () => {
    const first = readdirSync(carried).find((name) => name.includes(".1-of-"))!;
    expect(bare(root, "sh", `/carried/${first}`, "/b")).toMatchObject({
      status: 0,
      stdout: "Unpacked into /b. Next: /b/run.sh doctor, or /b/visit.sh --gpu NAME\n",
    });
    const { status, stdout } = bare(root, "/b/run.sh", "doctor", "--json");
    const { device, launch_flags } = JSON.parse(stdout) as Examination;
    expect(status).toBe(0);
    expect(device?.name).toBe("SwiftShader (software)");
    expect(launch_flags).toContain("--disable-dev-shm-usage"); // 64 MiB is too small for uploads
  });

  it("ends a visit at once where the GPU asked for is not reached, and says what is", () => {
    const { status, stdout } = bare(root, "/b/visit.sh", "--gpu", "H200", "--out", "/nothing");
    expect(status).toBe(1);
    expect(stdout).toMatch(/^doctor +\d+ s {2}ended with code 1$/mu);
    expect(stdout).toContain('expected a GPU whose name contains "H200"');
    expect(readdirSync(join(root, "nothing")).sort()).toEqual(["stages.txt", "visit.log"]);
  });

  it("brings home what each stage of a visit measured, however short it was", () => {
    const { status, stdout } = bare(root, "/b/visit.sh", "--software", "--minutes", "4", "--out", "/visited");
    expect([0, 1]).toContain(status); // 1: a stage had too little time for an answer
    expect(stdout.match(/^(doctor|web|native-like|peers)\b/gmu)).toEqual(["doctor", "web", "native-like", "peers"]);
    const home = join(folder, "home-visited");
    mkdirSync(home);
    expect(run("tar", ["-xzf", join(root, "visited/ballast-runs.tar.gz"), "-C", home]).status).toBe(0);
    const kept = readdirSync(join(home, "results/swiftshader-software"), { recursive: true }).map(String);
    expect(kept).toEqual(expect.arrayContaining(["web", "native-like", expect.stringMatching(/^web\/.*\.json\.gz$/u)]));
    const { races } = JSON.parse(readFileSync(join(home, "results/swiftshader-software/web/peers.json"), "utf8")) as { races: unknown[] };
    expect(races.length).toBeGreaterThan(0);
  });

  it.each(["web", "native-like"])("measures in condition %s, and the profile can be read at home", (condition) => {
    const { status, stderr } = bare(
      root,
      "/b/run.sh",
      "bench",
      "--quick",
      "--software",
      "--keep",
      "--condition",
      condition,
      "--runs",
      `/measured/${condition}`,
    );
    expect(stderr).toContain("Bring back: /measured/ballast-runs.tar.gz");
    expect({ status, stderr }).toMatchObject({ status: 0 });
    const home = join(folder, `home-${condition}`);
    mkdirSync(home);
    expect(run("tar", ["-xzf", join(root, "measured/ballast-runs.tar.gz"), "-C", home]).status).toBe(0);
    expect(readdirSync(join(home, "results/swiftshader-software"))).toContain(condition);
    const [name = ""] = readdirSync(join(home, condition));
    const profile = readProfileFile(join(home, condition, name, "profile.json"));
    expect(profile).toMatchObject({ condition, is_gpu: false, runtime: "chrome" });
    expect(profile.measurements.length).toBeGreaterThan(10);
  });
});
