import type { Starting } from "./cold-starts.ts";

/** Members of a warm pool: those that stand by, and those that are still being prepared. */
export class WarmPool<Member extends Starting> {
  private readonly members = new Map<number, Member>();
  /** Those that stand by, longest first. */
  private readonly ready: number[] = [];

  /** @param size members wanted */
  constructor(private readonly size: number) {}

  /** Members that are to be prepared for the pool to be full. */
  get missing(): number {
    return this.size - this.members.size;
  }

  /** A member that stands by, or is being prepared; undefined if it is neither. */
  get(id: number): Member | undefined {
    return this.members.get(id);
  }

  all(): IterableIterator<Member> {
    return this.members.values();
  }

  /** A member is being prepared. */
  add(member: Member): void {
    this.members.set(member.id, member);
  }

  /** A member stands by from now on. */
  standBy(id: number): void {
    this.ready.push(id);
  }

  /** Takes all members out. */
  removeAll(): Member[] {
    const all = [...this.members.values()];
    this.members.clear();
    this.ready.length = 0;
    return all;
  }

  /** Takes out the member that has stood by longest; null if none does. */
  takeOrNull(): Member | null {
    const id = this.ready.shift();
    if (id === undefined) return null;
    const member = this.members.get(id)!;
    this.members.delete(id);
    return member;
  }
}
