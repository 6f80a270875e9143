import { describe, expect, it } from "vitest";
import { parsePeersOptions } from "../../../bench/peers/options.ts";
import { messageOf } from "../../message-of.ts";

const parse = (...args: string[]) => parsePeersOptions(args, { cwd: "/here", env: { BALLAST_RUNS: "/runs" } });
describe("the options of bench:peers", () => {
  it("take every peer, six rounds and all the time there is by default", () => {
    expect(parse()).toEqual({
      all: false,
      only: null,
      peers: ["jax-js", "tfjs", "onnxruntime"],
      rounds: 6,
      condition: "web",
      budget: Infinity,
      isResuming: false,
      keep: false,
      runs: "/runs",
      resumeSuffix: "",
    });
  });

  it("name what --resume needs again, and nothing that the journal holds", () => {
    const given = parse("--only", "64x", "--rounds", "8", "--condition", "native-like", "--keep", "--runs", "my runs");
    expect(given).toMatchObject({ runs: "/here/my runs", resumeSuffix: ' --condition native-like --keep --runs "my runs"' });
    expect(parse("--resume", "--condition", "native-like", "--keep", "--runs", "my runs").resumeSuffix).toBe(given.resumeSuffix);
  });

  it.each([
    [["--peers", "tfjs,numpy"], "--peers: expected some of jax-js, tfjs, onnxruntime, got numpy. Separate them by commas."],
    [["--rounds", "5"], "--rounds: expected a whole number of at least 6, got 5. Fewer give no interval."],
    [["--budget", "0"], "--budget: expected seconds above 0, got 0. Leave it out to race every shape."],
    [["--condition", "fast"], "--condition: expected web or native-like, got fast. Leave it out for the browser's own defaults."],
    [["--resume", "--only", "64x"], "--only: is given with --resume, which goes on with what the run was started with. Leave it out."],
  ])("%j is refused", (args, message) => expect(messageOf(() => parse(...args))).toBe(`InputError: ${message}`));
});
