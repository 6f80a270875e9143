import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseFailOnError } from "../../cli/commands/check-profile.ts";
import { main } from "../../cli/main.ts";
import { builtInModel } from "../../src/model/built-in.ts";
import { layerSizes } from "../../src/model/shapes.ts";
import { measurementsOf, profileOf, truth } from "../calibration/synthetic.ts";
import { messageOf } from "../message-of.ts";
import { freshFolder } from "./folder.ts";
import { terminal } from "./terminal.ts";

const folder = freshFolder();
const bench = async (...args: string[]) => {
  const screen = terminal({ cwd: folder.path });
  return { code: await main(["bench", ...args], screen.io), ...screen.written };
};

describe("ballast bench --check, before a browser is started", () => {
  it.each([
    [["--seed", "3"], "--seed: belongs to --check PROFILE, which was not given. Leave it out, or name a profile."],
    [["--fail-on", "error=5%"], "--fail-on: belongs to --check PROFILE, which was not given. Leave it out, or name a profile."],
    [["--check", "nowhere.json"], "nowhere.json: expected a profile's file"],
    [["--check", "x", "--quick"], "option '--check <profile>' cannot be used with option '--quick'"],
    [["--check", "x", "--condition", "web"], "option '--check <profile>' cannot be used with option '--condition <condition>'"],
  ])("refuses %j", async (args, message) => {
    const { code, err } = await bench(...args);
    expect(code).toBe(1);
    expect(err).toContain(message);
  });

  it("refuses a profile of another runtime, and one that a prediction cannot stand on", async () => {
    const measurements = measurementsOf(truth, [layerSizes(builtInModel("tiny-llama"))]);
    const write = (name: string, profile: ReturnType<typeof profileOf>) => writeFileSync(join(folder.path, name), JSON.stringify(profile));
    write("dawn.json", profileOf(measurements, { is_gpu: false, runtime: "dawn" }));
    write("empty.json", profileOf([], { is_gpu: false }));
    expect((await bench("--check", "dawn.json")).err).toContain(
      "--runtime: expected the profile's, dawn, got chrome. Give --runtime dawn.",
    );
    expect((await bench("--check", "empty.json")).err).toContain("expected a measurement of linear layers in f32, got none");
  });
});

describe("--fail-on of a check", () => {
  it.each([
    ["error=20%", 0.2],
    [" error = 7.5 % ", 0.075],
    ["error=0%", 0],
  ])("%j is a limit of %d on the median error", (text, limit) => {
    expect(parseFailOnError(text)).toBeCloseTo(limit, 12);
  });

  it.each(["error=20", "slower=5%", "error=-1%", "", "error=x%"])("%j is refused", (text) => {
    expect(messageOf(() => parseFailOnError(text))).toBe(
      `InputError: --fail-on: expected error=<percent>%, got ${JSON.stringify(text)}. Write it so: error=20%.`,
    );
  });
});
