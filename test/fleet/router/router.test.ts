import { describe, expect, it } from "vitest";
import { LeastKvPolicy } from "../../../src/fleet/router/least-kv.ts";
import { LeastOutstandingPolicy } from "../../../src/fleet/router/least-outstanding.ts";
import { Router } from "../../../src/fleet/router/router.ts";
import type { Server } from "../../../src/fleet/router/target.ts";
import { createStreams } from "../../../src/sim/streams.ts";
import { requestOf } from "./targets.ts";

/** A server whose KV use grows by a tenth a second, steps that end at an instant included from then on. */
const serverOf = (id: number, outstanding = 0, startsAt = 0) => ({
  id,
  outstanding,
  scheduler: { waiting: { length: 0 } },
  kvUseAt: (now: number, isBeforeSteps: boolean) => Math.max(0, Math.ceil(now - startsAt + (isBeforeSteps ? 0 : 1)) / 10),
});

const routerOf = (limit: number, interval: number, ...servers: Server[]): Router => {
  const router = new Router(new LeastOutstandingPolicy(), limit, interval);
  for (const server of servers) router.add(server);
  return router;
};

describe("a router with a scrape interval of 10", () => {
  it("sees loads as they were at the last scrape, and does not count what it has sent since", () => {
    const servers = [serverOf(0), serverOf(1)];
    const router = routerOf(Infinity, 10, ...servers);
    const give = (now: number): number => {
      const id = router.choose(requestOf(0), now, true);
      servers[id]!.outstanding += 1;
      router.changed(servers[id]!);
      return id;
    };
    expect([0, 3, 9, 9].map(give)).toEqual([0, 0, 0, 0]);
    expect([10, 19, 20, 29].map(give)).toEqual([1, 1, 1, 1]);
    expect([30, 31].map(give)).toEqual([0, 0]);
    expect(servers.map(({ outstanding }) => outstanding)).toEqual([6, 4]);
  });

  it("knows at once that a replica is full, since it counts what it sends", () => {
    const servers = [serverOf(0), serverOf(1)];
    const router = routerOf(2, 10, ...servers);
    const chosen = Array.from({ length: 5 }, () => {
      const id = router.choose(requestOf(0), 1, true);
      if (id >= 0) {
        servers[id]!.outstanding += 1;
        router.changed(servers[id]!);
      }
      return id;
    });
    expect(chosen).toEqual([0, 0, 1, 1, -1]);
  });

  it.each([
    ["the first step after the scrape", (router: Router) => router.beforeStep(12)],
    ["the first request after it", (router: Router) => router.choose(requestOf(0), 12, true)],
    ["a step at the same instant", (router: Router) => router.beforeStep(10)],
  ])("looks at the servers before anything changes: at %s", (_, happens) => {
    const servers = [serverOf(0, 1), serverOf(1, 2)];
    const router = routerOf(Infinity, 10, ...servers);
    happens(router);
    servers[0]!.outstanding = 7;
    router.changed(servers[0]!);
    expect(router.choose(requestOf(0), 19, true)).toBe(0);
    expect(router.choose(requestOf(0), 20, true)).toBe(1);
  });

  it("sees KV use as it was when the scrape was due, before the steps that ended at that instant", () => {
    const seen: [number, boolean][] = [];
    const server = { ...serverOf(0), kvUseAt: (now: number, isBeforeSteps: boolean) => (seen.push([now, isBeforeSteps]), 0) };
    const router = new Router(new LeastKvPolicy(createStreams(1).named("router")), Infinity, 10);
    router.add(server);
    for (const now of [0, 5, 10, 38, 39, 40]) router.choose(requestOf(0), now, false);
    expect(seen).toEqual([
      [0, true],
      [10, true],
      [30, true],
      [40, true],
    ]);
  });

  it("takes a replica that has just become ready for an idle one", () => {
    const servers = [serverOf(0, 1), serverOf(1, 0)];
    const router = routerOf(Infinity, 10, servers[0]!);
    router.beforeStep(10);
    router.add(servers[1]!);
    servers[1]!.outstanding = 5;
    expect([router.choose(requestOf(0), 19, true), router.choose(requestOf(0), 20, true)]).toEqual([1, 0]);
  });
});

it("a router without a scrape interval sees loads as they are", () => {
  const servers = [serverOf(0), serverOf(1)];
  const router = routerOf(Infinity, 0, ...servers);
  servers[0]!.outstanding = 1;
  router.changed(servers[0]!);
  expect(router.choose(requestOf(0), 0, true)).toBe(1);
});

it("a replica that never was ready can be given up", () => {
  const router = new Router(new LeastKvPolicy(createStreams(1).named("router")), Infinity);
  router.add(serverOf(0));
  router.remove(7);
  expect(router.choose(requestOf(0), 0, true)).toBe(0);
  router.remove(0);
  expect(router.choose(requestOf(0), 0, true)).toBe(-1);
});
