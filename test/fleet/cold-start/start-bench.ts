import { ColdStarts } from "../../../src/fleet/cold-start/cold-starts.ts";
import { COLD, type StartUpConfig } from "../../../src/fleet/cold-start/start-up.ts";
import type { ColdStartPhase } from "../../../src/replica/cold-start/phase.ts";
import { LifeCycle } from "../../../src/replica/life-cycle.ts";
import { Meters } from "../../../src/replica/meters.ts";
import { EventQueue } from "../../../src/sim/event-queue.ts";

const second = 1e9;
const ranks = { phase: 0, transfer: 1, call: 2 };

/** Cold starts without a fleet around them: replicas are started, woken and taken away by hand, at times in seconds. */
export const startBench = (phases: readonly ColdStartPhase[], startUp: StartUpConfig = COLD, seed = 1) => {
  const events = new EventQueue();
  const meters = new Meters(second);
  const starts = new ColdStarts(phases, startUp, seed, events, ranks, meters);
  const lives = new Map<number, LifeCycle>();
  const calls: (() => void)[] = [];
  const through = new Map<number, number>();
  const at = (time: number, call: () => void): void => {
    events.push(time * second, ranks.call, calls.length);
    calls.push(call);
  };
  const endPhase = (id: number): void => {
    const life = lives.get(id);
    if (life === undefined || starts.endPhase({ id, life }, events.now)) return;
    life.phaseEndsAt = Infinity;
    through.set(id, events.now / second);
  };
  return {
    meters,
    begin: (id: number, time: number, until?: number) =>
      at(time, () => {
        lives.set(id, new LifeCycle(false, events.now, meters));
        starts.begin({ id, life: lives.get(id)! }, events.now, until);
      }),
    wake: (id: number, time: number) => at(time, () => starts.wake({ id, life: lives.get(id)! }, events.now)),
    leave: (id: number, time: number) =>
      at(time, () => {
        starts.leave({ id, life: lives.get(id)! }, events.now);
        lives.get(id)!.enter("gone", events.now);
        lives.delete(id);
      }),
    changeSources: (by: 1 | -1, time: number) => at(time, () => starts.changeSources(by, events.now)),
    /** Runs to the end. Gives when each replica was through, in seconds. */
    run: (): Record<number, number> => {
      while (events.length > 0) {
        events.pop();
        const { sequence, rank, now } = events;
        if (rank === ranks.call) calls[sequence]!();
        else if (rank === ranks.transfer) starts.finishTransfers(sequence, now).forEach(endPhase);
        else if (lives.get(sequence)?.phaseEndsAt === now) endPhase(sequence);
      }
      starts.settle(events.now);
      return Object.fromEntries(through);
    },
  };
};
