import { describe, expect, it } from "vitest";
import type { Entry } from "../../../bench/peers/contract.ts";
import type { Course } from "../../../bench/peers/course.ts";
import type { PeersOptions } from "../../../bench/peers/options.ts";
import { runPeers } from "../../../bench/peers/run.ts";
import { DEFAULT, peerTableSchema, PEERS, TUNED } from "../../../src/report/peers-schema.ts";
import { freshFolder } from "../../cli/folder.ts";
import { race, timed } from "../../report/peers-samples.ts";
import { softwareProfile } from "../../report/samples.ts";

const folder = freshFolder();
const { adapter } = softwareProfile().environment;

const options = (fields: Partial<PeersOptions> = {}): PeersOptions => ({
  all: false,
  only: "decode 16",
  peers: PEERS,
  rounds: 6,
  condition: "web",
  budget: Infinity,
  isResuming: false,
  keep: false,
  runs: folder.path,
  resumeCommand: "",
  ...fields,
});

/** What it said, and does nothing else. */
const silent = () => {
  const said: string[] = [];
  return { said, progress: { show: () => undefined, say: (text: string) => void said.push(text), end: () => undefined } };
};

const VARIANT = "attention-decode/direct-f32";
const won = (id: string): Entry => ({
  race: race(id, [timed(DEFAULT, VARIANT, [2, 2]), timed(TUNED, VARIANT, [2, 2]), timed("tfjs", "way", [4, 4])]),
  libraries: [{ name: "tfjs", device: "the page's device" }],
});

/** A course on which every shape is won at once, but for what `at` does instead at some; it notes what it raced and whether it was closed. */
const course = (at: Readonly<Record<string, () => Promise<Entry>>> = {}) => {
  const raced: string[] = [];
  const state = { isClosed: false };
  const open = async (): Promise<Course> => ({
    adapter,
    verdict: { isGpu: false, device: "SwiftShader (software)", native: null, notes: [] },
    browser: "Chrome/156",
    race: async ({ name }) => {
      raced.push(name);
      return (await at[name]?.()) ?? won(name);
    },
    close: async () => {
      state.isClosed = true;
    },
  });
  return { open, raced, state };
};

const DECODES = [128, 512, 1024, 4096].map((context) => `decode 16 at ${context}`);
const never = () => new AbortController().signal;

describe("a race of the peer table", () => {
  it("goes through the shapes asked for, and what a call costs first", async () => {
    const { open, raced, state } = course();
    const { table, notReached, isStopped } = await runPeers(options(), silent().progress, never(), open);
    expect(raced).toEqual(["1×4×4", ...DECODES]);
    expect(peerTableSchema.parse(table)).toEqual(table);
    expect(table).toMatchObject({ selection: "some", kernels: { [VARIANT]: expect.any(Number) as number }, overhead: { id: "1×4×4" } });
    expect(table.races.map(({ id }) => id)).toEqual(DECODES);
    expect([notReached, isStopped, state.isClosed]).toEqual([[], false, true]);
  });

  it("stopped in a shape has those before it, names the rest, and goes on from there", async () => {
    const controller = new AbortController();
    const stopped = course({
      "decode 16 at 512": () => {
        controller.abort(new Error("stop"));
        return Promise.reject(new Error("stop"));
      },
    });
    const first = await runPeers(options(), silent().progress, controller.signal, stopped.open);
    expect(first.table.races.map(({ id }) => id)).toEqual(DECODES.slice(0, 1));
    expect([first.notReached, first.isStopped, stopped.state.isClosed]).toEqual([DECODES.slice(1), true, true]);
    expect(first.table.left_out).toEqual(DECODES.slice(1).map((id) => ({ id, because: "the run was stopped before" })));

    const { said, progress } = silent();
    const rest = course();
    const second = await runPeers(options({ only: null, isResuming: true }), progress, never(), rest.open);
    expect(said).toEqual([expect.stringMatching(/^Going on with the run of .*: 2 of 5 shapes are there\.$/)]);
    expect(rest.raced).toEqual(DECODES.slice(1));
    expect(second.table.races.map(({ id }) => id)).toEqual(DECODES);
    expect(second.table.started_at).toBe(first.table.started_at);
    expect(second.notReached).toEqual([]);
  });

  it("with its budget spent starts no shape, and a new run says that there is one to go on with", async () => {
    const { open, raced } = course();
    const { table, notReached, isStopped } = await runPeers(options({ budget: Number.MIN_VALUE }), silent().progress, never(), open);
    expect([raced, notReached, isStopped]).toEqual([[], ["1×4×4", ...DECODES], false]);
    expect(table.left_out).toContainEqual({ id: "decode 16 at 128", because: "the time budget had ended" });
    const { said, progress } = silent();
    await runPeers(options(), progress, never(), course().open);
    expect(said).toEqual([
      expect.stringMatching(/^A stopped run is kept in .*-web\.jsonl; --resume would go on with it\. This is a new one\.$/),
    ]);
  });

  it("says of a shape that was given up why, and does not try it again", async () => {
    const lost = { left_out: { id: "decode 16 at 128", because: "no answer from the page in 900 s" } };
    const { open } = course({ "decode 16 at 128": () => Promise.resolve(lost) });
    const { table, notReached } = await runPeers(options(), silent().progress, never(), open);
    expect([table.left_out, notReached]).toEqual([[lost.left_out], []]);
  });

  it("closes the device where a shape fails for another reason than a stop", async () => {
    const { open, state } = course({ "decode 16 at 128": () => Promise.reject(new Error("no such thing")) });
    await expect(runPeers(options(), silent().progress, never(), open)).rejects.toThrow("no such thing");
    expect(state.isClosed).toBe(true);
  });

  it("wants something to race, or to go on with", async () => {
    const run = (fields: Partial<PeersOptions>) => runPeers(options(fields), silent().progress, never(), course().open);
    await expect(run({ only: "nothing" })).rejects.toThrow(
      "--only: expected a part of a shape's name or family, got nothing. Try 64x2048 or decode.",
    );
    await expect(run({ isResuming: true })).rejects.toThrow('--resume: no stopped run of condition "web" is in');
  });

  it.each([
    [{ only: null, all: true }, "all"],
    [{ only: null }, "quick"],
    [{ only: null, all: true, peers: ["tfjs"] as const }, "some"],
  ])("%j is a table of %s shapes", async (fields, selection) => {
    const { table } = await runPeers(options(fields), silent().progress, never(), course().open);
    expect(table.selection).toBe(selection);
  });
});
