import { CommanderError } from "commander";
import { describe, expect, it } from "vitest";
import { peersCommand, type PeersOptions } from "../../../bench/peers/options.ts";

/** The options that a command line comes to, or commander's words against it. */
const parse = async (...args: string[]): Promise<PeersOptions | string> => {
  let found: PeersOptions | string = "not run";
  const command = peersCommand({ cwd: "/here", env: { BALLAST_RUNS: "/runs" } }, async (options) => {
    found = options;
  });
  command.exitOverride().configureOutput({ writeErr: () => undefined });
  try {
    await command.parseAsync(args, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.message;
  }
  return found;
};

describe("the options of bench:peers", () => {
  it("take every peer, six rounds and all the time there is by default", async () => {
    expect(await parse()).toEqual({
      all: false,
      only: null,
      peers: ["jax-js", "tfjs", "onnxruntime"],
      rounds: 6,
      condition: "web",
      budget: Infinity,
      isResuming: false,
      keep: false,
      runs: "/runs",
      resumeCommand: "npm run bench:peers -- --resume",
    });
  });

  it("name what --resume needs again, and nothing that the journal holds", async () => {
    const where = ["--condition", "native-like", "--keep", "--runs", "my runs"];
    const resumeCommand = 'npm run bench:peers -- --resume --condition native-like --keep --runs "my runs"';
    expect(await parse("--only", "64x", "--rounds", "8", "--peers", "tfjs,jax-js", ...where)).toMatchObject({
      only: "64x",
      rounds: 8,
      peers: ["tfjs", "jax-js"],
      runs: "/here/my runs",
      resumeCommand,
    });
    expect(await parse("--resume", ...where)).toMatchObject({ isResuming: true, resumeCommand });
  });

  it.each([
    [["--peers", "tfjs,numpy"], "Expected some of jax-js, tfjs, onnxruntime, separated by commas."],
    [["--rounds", "5"], "Expected a whole number of at least 6: fewer give no interval."],
    [["--budget", "0"], "Expected a number above 0."],
    [["--condition", "fast"], "Allowed choices are web, native-like."],
    [["--resume", "--only", "64x"], "option '--resume' cannot be used with option '--only <text>'"],
    [["--resume", "--all"], "option '--resume' cannot be used with option '--all'"],
    [["--resume", "--rounds", "6"], "option '--resume' cannot be used with option '--rounds'"],
    [["--resume", "--peers", "tfjs"], "option '--resume' cannot be used with option '--peers'"],
  ])("%j is refused", async (args, message) => expect(await parse(...args)).toContain(message));
});
