import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { homedir, hostname } from "node:os";
import { dirname, join, relative } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { folderName, keepProfile, keptProfiles, readProfileFile } from "../../cli/kept-profiles.ts";
import { writeRun } from "../../cli/run-folder.ts";
import { gpuProfile, softwareProfile } from "../report/samples.ts";
import { messageOf } from "../message-of.ts";
import { freshFolder } from "./folder.ts";

const folder = freshFolder();

describe("a kept profile", () => {
  it("lies under its device and condition, by date and hash, gzipped with its raw samples", () => {
    const profile = gpuProfile();
    const path = keepProfile(folder.path, profile);
    expect(relative(folder.path, dirname(path))).toBe(join(folderName(profile.device), profile.condition));
    expect(relative(dirname(path), path)).toMatch(new RegExp(`^${profile.started_at.slice(0, 10)}-[0-9a-f]{8}\\.json\\.gz$`));
    expect(readProfileFile(path).measurements).toEqual(profile.measurements);
  });

  it("that Dawn in Node measured lies beside those of a browser, never among them", () => {
    const path = keepProfile(folder.path, gpuProfile({ runtime: "dawn" }));
    expect(relative(folder.path, dirname(path))).toBe(join(folderName(gpuProfile().device), `${gpuProfile().condition}-dawn`));
  });

  it("bears no name of this machine and no path", () => {
    const { environment } = gpuProfile();
    const revealing = gpuProfile({
      environment: { ...environment, other_gpu_processes: [`${homedir()}/train.py (process 7)`], launch_flags: [`--log=${homedir()}/x`] },
      notes: [`measured on ${hostname()}`],
    });
    const text = gunzipSync(readFileSync(keepProfile(folder.path, revealing))).toString();
    expect(text).not.toContain(homedir());
    expect(text).not.toMatch(new RegExp(`\\b${hostname()}\\b`));
  });

  it("is kept once, however often, and every one is found again", () => {
    keepProfile(folder.path, gpuProfile());
    keepProfile(folder.path, gpuProfile());
    keepProfile(folder.path, softwareProfile());
    expect(
      keptProfiles(folder.path)
        .map(({ profile }) => profile.device)
        .toSorted(),
    ).toEqual([gpuProfile().device, softwareProfile().device].toSorted());
  });

  it("that is damaged is named", () => {
    const path = join(folder.path, "gpu", "web", "x.json.gz");
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, "not gzip");
    expect(folder.text(messageOf(() => keptProfiles(folder.path)))).toMatchInlineSnapshot(
      `"InputError: <folder>/gpu/web/x.json.gz: expected gzipped JSON, got a damaged file. Restore it (git checkout), or remove it."`,
    );
  });

  it("that is not there is named", () => {
    expect(folder.text(messageOf(() => readProfileFile(join(folder.path, "absent.json"))))).toMatchInlineSnapshot(
      `"InputError: <folder>/absent.json: expected a profile, found no file. Measure one: npm run bench"`,
    );
  });

  it("is not looked for where nothing was ever kept", () => {
    expect(keptProfiles(join(folder.path, "results"))).toEqual([]);
  });
});

describe("a device's folder", () => {
  it.each([
    ["NVIDIA H200", "nvidia-h200"],
    ["SwiftShader (software)", "swiftshader-software"],
    ["Intel(R) Iris(R) Xe Graphics", "intel-r-iris-r-xe-graphics"],
    ["../../etc", "etc"],
  ])("of %s is %s", (device, expected) => {
    expect(folderName(device)).toBe(expected);
  });
});

describe("a run", () => {
  it("is named by date, condition and hash, and never overwrites another", () => {
    const profile = gpuProfile();
    const run = writeRun(folder.path, profile);
    expect(relative(folder.path, run)).toMatch(/^\d{4}-\d\d-\d\d-(web|native-like)-[0-9a-f]{8}$/);
    expect(writeRun(folder.path, profile)).toBe(run); // the very same
    writeFileSync(join(run, "profile.json"), "another");
    expect(messageOf(() => writeRun(folder.path, profile))).toContain("EEXIST");
    expect(readFileSync(join(run, "profile.json"), "utf8")).toBe("another");
    expect(readdirSync(run)).toEqual(["profile.json"]);
    writeRun(folder.path, { ...profile, notes: ["another"] });
    expect(readdirSync(folder.path)).toHaveLength(2);
  });
});
