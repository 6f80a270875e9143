import { describe, expect, it } from "vitest";
import { copyState } from "../../src/sim/copy-state.ts";

class Counter {
  private readonly seen = new Map<string, number[]>();
  next: Counter | null = null;
  readonly counts = Float64Array.of(1, 2);
  constructor(readonly settings: { readonly step: number }) {}

  add(name: string): number {
    const list = this.seen.get(name) ?? [];
    this.seen.set(name, list);
    list.push(this.settings.step);
    return list.length;
  }
}

describe("a copied state", () => {
  it("goes its own way, however deep, and so does the original", () => {
    const original = new Counter({ step: 2 });
    original.add("a");
    const copy = copyState(original);
    expect([copy.add("a"), copy.add("a"), original.add("a")]).toEqual([2, 3, 2]);
    copy.counts[0] = 7;
    expect(Array.from(original.counts)).toEqual([1, 2]);
    expect(copy).toBeInstanceOf(Counter);
  });

  it("keeps what is one thing one thing, circles included", () => {
    const original = new Counter({ step: 1 });
    original.next = original;
    const copy = copyState([original, original, new Set([original])] as const);
    expect(copy[0]).toBe(copy[1]);
    expect(copy[0].next).toBe(copy[0]);
    expect([...copy[2]][0]).toBe(copy[0]);
    expect(copy[0]).not.toBe(original);
  });

  it("shares plain objects, which are values", () => {
    const original = new Counter({ step: 1 });
    expect(copyState(original).settings).toBe(original.settings);
  });
});
