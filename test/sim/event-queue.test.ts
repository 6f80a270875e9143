import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EventQueue } from "../../src/sim/event-queue.ts";
import { runs } from "../runs.ts";

type Event = readonly [at: number, rank: number, sequence: number];

const drain = (queue: EventQueue): Event[] => {
  const events: Event[] = [];
  while (queue.pop()) events.push([queue.now, queue.rank, queue.sequence]);
  return events;
};

const queueOf = (events: readonly Event[]): EventQueue => {
  const queue = new EventQueue();
  for (const event of events) queue.push(...event);
  return queue;
};

describe("the order of events", () => {
  it.each<[string, Event, Event]>([
    ["time comes first", [1, 9, 9], [2, 0, 0]],
    ["at one time the smaller rank", [5, 1, 9], [5, 2, 0]],
    ["of one rank the smaller sequence", [5, 1, 3], [5, 1, 4]],
    ["one nanosecond in a hundred days decides", [8.64e15 - 1, 9, 9], [8.64e15, 0, 0]],
    ["sequences of a billion entities do not reach into the next rank", [5, 0, 2 ** 40 - 1], [5, 1, 0]],
  ])("%s", (_, first, second) => {
    expect(drain(queueOf([first, second]))).toEqual([first, second]);
    expect(drain(queueOf([second, first]))).toEqual([first, second]);
  });

  it("is total: events come out sorted, however they went in, many ties among them", () => {
    const event = fc.tuple(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 3 }));
    fc.assert(
      fc.property(fc.array(event, { maxLength: 300, size: "max" }), (events) => {
        const sorted = events.toSorted((a, b) => a[0] - b[0] || a[1] - b[1] || a[2] - b[2]);
        expect(drain(queueOf(events))).toEqual(sorted);
      }),
      runs(100),
    );
  });

  it("holds while events are scheduled between others", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 100, size: "max" }), (delays) => {
        const queue = queueOf([[0, 0, 0]]);
        const times: number[] = [];
        let next = 0;
        while (queue.pop()) {
          times.push(queue.now);
          for (let i = 0; i < 2 && next < delays.length; i += 1, next += 1) queue.push(queue.now + (delays[next] ?? 0), 0, next);
        }
        expect(times).toHaveLength(delays.length + 1);
        expect(times).toEqual(times.toSorted((a, b) => a - b));
      }),
      runs(100),
    );
  });

  it("does not go back in time", () => {
    const queue = queueOf([[10, 0, 0]]);
    queue.pop();
    expect(() => queue.push(9, 0, 0)).toThrowErrorMatchingInlineSnapshot(`[RangeError: an event at 9 ns was scheduled at 10 ns]`);
    queue.push(10, 0, 0);
    expect(queue.length).toBe(1);
  });
});
