import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { reportCommand } from "../../cli/commands/report.ts";
import { findPeersOrNull, keepPeers, writePeers } from "../../cli/kept-peers.ts";
import { type PeerTable, peersFile, UNREACHED } from "../../src/report/peers-schema.ts";
import { readVersioned } from "../../src/versioned.ts";
import { peerTable, wonAndLost } from "../report/peers-samples.ts";
import { softwareProfile } from "../report/samples.ts";
import { freshFolder } from "./folder.ts";
import { terminal } from "./terminal.ts";

const folder = freshFolder();
const profile = softwareProfile();

/** The fresh folder with `runs` in it, a table in each of some runs, and perhaps one kept. */
const placed = (inRuns: readonly Partial<PeerTable>[], kept?: Partial<PeerTable>) => {
  const places = { runs: join(folder.path, "runs"), results: join(folder.path, "results") };
  mkdirSync(places.runs);
  const paths = inRuns.map((fields) => join(writePeers(places.runs, peerTable(wonAndLost, fields)), "peers.json"));
  const keptPath = kept === undefined ? "" : keepPeers(places.results, peerTable(wonAndLost, kept)).path;
  return { places, paths, keptPath };
};

const find = (places: ReturnType<typeof placed>["places"]) => {
  const said: string[] = [];
  const found = findPeersOrNull(profile, places, (text) => said.push(folder.text(text)));
  return { path: found?.path ?? null, said };
};

describe("a peer table on disk", () => {
  it("comes back as it was written, in a folder of its own", () => {
    const { paths } = placed([{}]);
    expect(folder.text(paths[0]!)).toMatch(/^<folder>\/runs\/2026-11-20-peers-web-[0-9a-f]{8}\/peers\.json$/);
    expect(readVersioned(peersFile, readFileSync(paths[0]!, "utf8"), "peers.json")).toEqual(peerTable(wonAndLost));
  });

  it("is kept by device and condition, the newest in place of the one before", () => {
    const { places, keptPath } = placed([], {});
    expect(folder.text(keptPath)).toBe("<folder>/results/swiftshader-software/web/peers.json");
    expect(keepPeers(places.results, peerTable([]))).toEqual({ path: keptPath, isKept: true });
    expect(JSON.parse(readFileSync(keptPath, "utf8"))).toMatchObject({ races: [] });
  });

  it("that was cut short does not take the place of a whole one, and gives way to it", () => {
    const cut = peerTable([], { left_out: [{ id: "decode 1 at 128", because: UNREACHED.budget }] });
    const { places } = placed([]);
    expect(keepPeers(places.results, cut).isKept).toBe(true);
    expect(keepPeers(places.results, peerTable(wonAndLost)).isKept).toBe(true);
    const { path, isKept } = keepPeers(places.results, cut);
    expect(isKept).toBe(false);
    expect(readVersioned(peersFile, readFileSync(path, "utf8"), path)).toEqual(peerTable(wonAndLost));
  });
});

describe("the peer table beside a profile", () => {
  it("is the newest one, kept or not", () => {
    const { places, paths } = placed([{ ended_at: "2026-11-22T10:00:00.000Z" }, { ended_at: "2026-11-21T10:00:00.000Z" }], {
      ended_at: "2026-11-20T10:00:00.000Z",
    });
    expect(find(places)).toEqual({ path: paths[0], said: [] });
  });

  it("is a whole one before a newer one that was cut short", () => {
    const cut = { ended_at: "2026-11-24T10:00:00.000Z", left_out: [{ id: "decode 1 at 128", because: UNREACHED.stopped }] };
    const { places, paths } = placed([cut, {}]);
    expect(find(places).path).toBe(paths[1]);
  });

  it("is the kept one where it is newer", () => {
    const { places, keptPath } = placed([{}], { ended_at: "2026-11-24T10:00:00.000Z" });
    expect(find(places).path).toBe(keptPath);
  });

  it.each<[string, Partial<PeerTable>]>([
    ["another device", { device: "Example GPU" }],
    ["another condition", { condition: "native-like" }],
    ["named shapes alone", { selection: "some" }],
  ])("is none of %s", (_, fields) => expect(find(placed([fields]).places)).toEqual({ path: null, said: [] }));

  it("is none where neither folder is there", () => {
    expect(find({ runs: join(folder.path, "no"), results: join(folder.path, "none") })).toEqual({ path: null, said: [] });
  });

  it("passes over one that cannot be read, and says so", () => {
    const { places, paths } = placed([{}]);
    mkdirSync(join(places.runs, "broken"));
    writeFileSync(join(places.runs, "broken", "peers.json"), JSON.stringify({ ...peerTable([]), rounds: 0 }));
    expect(find(places)).toEqual({
      path: paths[0],
      said: ["Passed over: <folder>/runs/broken/peers.json: rounds: expected number to be >=1, got 0. Race again: npm run bench:peers\n"],
    });
  });

  it("stands on the page of `ballast report` and in its text; stderr says where it is from", async () => {
    const { places, paths } = placed([{}]);
    writeFileSync(join(folder.path, "profile.json"), JSON.stringify(profile));
    const report = async (...args: string[]) => {
      const { io, written } = terminal({ cwd: folder.path, env: { BALLAST_RUNS: places.runs } });
      await reportCommand(io).exitOverride().parseAsync(args, { from: "user" });
      return written;
    };
    const { err } = await report("profile.json");
    expect(err).toMatch(/^Beside other libraries: .* days? ago, with the same browser, driver and kernels\n$/);
    expect(err).toContain(paths[0]);
    expect(readFileSync(join(folder.path, "report.html"), "utf8")).toContain('<h2 id="peers">');
    expect((await report("profile.json", "--text")).out).toContain("SLOWER than jax-js");
  });

  it("that is given by path is the one on the page", async () => {
    const { places, paths } = placed([{}]);
    const { io, written } = terminal({ cwd: folder.path, env: { BALLAST_RUNS: places.runs } });
    await reportCommand(io).exitOverride().parseAsync([paths[0]!, "--out", "page.html"], { from: "user" });
    expect(written.err).toBe("");
    expect(readFileSync(join(folder.path, "page.html"), "utf8")).toContain('<h2 id="peers">');
  });
});
