import { expect, it } from "vitest";
import { checkColdStart } from "../../../src/fleet/cold-start/check.ts";
import type { StartUpConfig, WarmPoolConfig } from "../../../src/fleet/cold-start/start-up.ts";
import type { ColdStartPhase } from "../../../src/replica/cold-start/phase.ts";
import { messageOf } from "../../message-of.ts";

const named = { name: "a", state: "loading" } as const;
const timed: ColdStartPhase = { ...named, duration: 1 };
const pool: WarmPoolConfig = { size: 1, prepared: 1, kind: "asleep", wake: 1, paidShare: 1 };
const checked = (phases: readonly ColdStartPhase[], startUp?: Partial<StartUpConfig>): string =>
  messageOf(() => checkColdStart(phases, { keepNode: 0, warmPool: null, ...startUp }));
const transfer = (changes: object): ColdStartPhase => ({ ...named, transfer: { bytes: 1e9, bandwidth: 1e9, ...changes } });

it("a start-up that can be is accepted", () => {
  expect([
    checked([]),
    checked([timed, transfer({ bytes: 0, sharedBandwidth: Infinity, cached: 1 })], { keepNode: 9, warmPool: { ...pool, prepared: 2 } }),
    checked([{ ...timed, stockOut: { probability: 0.99, retry: 0 } }]),
  ]).toEqual(["accepted", "accepted", "accepted"]);
});

it("one that cannot be is refused with the phase or the setting, the rule and the value", () => {
  expect([
    checked([{ ...named, duration: { kind: "uniform", min_s: 2, max_s: 1 } }]),
    checked([{ ...timed, onKnownNode: -1 }]),
    checked([{ ...timed, stockOut: { probability: 1, retry: 1 } }]),
    checked([{ ...timed, stockOut: { probability: 0.1, retry: -1 } }]),
    checked([transfer({ bandwidth: 0 })]),
    checked([transfer({ sharedBandwidth: 0.5 })]),
    checked([transfer({ peerBandwidth: Infinity })]),
    checked([transfer({ bytes: -1 })]),
    checked([transfer({ cached: 1.1 })]),
    checked([{ ...named, probe: { period: 0, initialDelay: 0 } }]),
    checked([{ ...named, probe: { period: 1, initialDelay: -1 } }]),
    checked([timed], { keepNode: -1 }),
    checked([timed], { warmPool: { ...pool, size: 0 } }),
    checked([timed], { warmPool: { ...pool, prepared: 2 } }),
    checked([], { warmPool: pool }),
    checked([timed], { warmPool: { ...pool, wake: Infinity } }),
    checked([timed], { warmPool: { ...pool, paidShare: 2 } }),
  ]).toMatchInlineSnapshot(`
    [
      "InputError: cold_start, phase "a": expected a time of 0 s or more, got {"kind":"uniform","min_s":2,"max_s":1}. Give its seconds.",
      "InputError: cold_start, phase "a": expected a time of 0 s or more, got -1. Give its seconds.",
      "InputError: cold_start, phase "a": expected a chance of a stock-out from 0 to below 1, got 1. At 1 no node would ever come.",
      "InputError: cold_start, phase "a": expected a time of 0 s or more, got -1. Give its seconds.",
      "InputError: cold_start, phase "a": expected a bandwidth of 1 byte per second or more, got 0. Nothing would ever arrive over it.",
      "InputError: cold_start, phase "a": expected a bandwidth of 1 byte per second or more, got 0.5. Nothing would ever arrive over it.",
      "InputError: cold_start, phase "a": expected a bandwidth of 1 byte per second or more, got Infinity. Nothing would ever arrive over it.",
      "InputError: cold_start, phase "a": expected a size of 0 bytes or more, got -1. Give its bytes.",
      "InputError: cold_start, phase "a": expected a share from 0 to 1, got 1.1. 0.5 is one half.",
      "InputError: cold_start, phase "a": expected a period of 1 ns or more, got 0. Kubernetes' default is 10 s.",
      "InputError: cold_start, phase "a": expected a time of 0 s or more, got -1. Give its seconds.",
      "InputError: cold_start.keep_node_s: expected a time of 0 s or more, got -1. Give its seconds.",
      "InputError: cold_start.warm_pool.size: expected a whole number of 1 or more, got 0. Leave warm_pool out for none.",
      "InputError: cold_start.warm_pool, prepared: expected from 1 to all 1 phases of the cold start, got 2. A pool needs a cold start to spare.",
      "InputError: cold_start.warm_pool, prepared: expected from 1 to all 0 phases of the cold start, got 1. A pool needs a cold start to spare.",
      "InputError: cold_start.warm_pool.wake_s: expected a time of 0 s or more, got Infinity. Give its seconds.",
      "InputError: cold_start.warm_pool.paid_share: expected a share from 0 to 1, got 2. 0.5 is one half.",
    ]
  `);
});
