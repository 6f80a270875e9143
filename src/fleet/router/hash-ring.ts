/** Spreads every bit of a 32-bit word over all of it (MurmurHash3's finalizer). */
const mix = (word: number): number => {
  let h = word ^ (word >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
};

/** A place on the ring, from 0 to 2³² − 1, for a whole number of 0 to 2⁵³; `kind` tells numbers of different things apart. */
export const placeOf = (kind: number, value: number): number =>
  mix(mix(mix(kind ^ 0x9e3779b9) ^ Math.floor(value / 4294967296)) ^ (value >>> 0));

const MEMBER = 0;

/** Members at many places each on a ring of 2³² (Karger et al. 1997): one that leaves hands its parts of the ring to the next ones. */
export class HashRing {
  private readonly virtualNodes: number;
  /** Places in ascending order, and whose they are. */
  private places = new Uint32Array(0);
  private members = new Int32Array(0);

  constructor(virtualNodes: number) {
    this.virtualNodes = virtualNodes;
  }

  get length(): number {
    return this.places.length;
  }

  /** Whose the place at an index is. */
  memberAt(index: number): number {
    return this.members[index]!;
  }

  /** The index of the first place at or behind a place, around the ring; there must be one. */
  indexFrom(place: number): number {
    let low = 0;
    let high = this.places.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.places[middle]! < place) low = middle + 1;
      else high = middle;
    }
    return low === this.places.length ? 0 : low;
  }

  add(member: number): void {
    const added = Uint32Array.from({ length: this.virtualNodes }, (_, i) => mix(placeOf(MEMBER, member) + i)).sort();
    const places = new Uint32Array(this.length + added.length);
    const members = new Int32Array(places.length);
    let old = 0;
    let fresh = 0;
    for (let i = 0; i < places.length; i += 1) {
      // Where two members have one place, the smaller number is first, whoever came first.
      const isOld =
        fresh === added.length ||
        (old < this.length && (this.places[old]! < added[fresh]! || (this.places[old] === added[fresh] && this.members[old]! < member)));
      places[i] = isOld ? this.places[old]! : added[fresh]!;
      members[i] = isOld ? this.members[old]! : member;
      if (isOld) old += 1;
      else fresh += 1;
    }
    this.places = places;
    this.members = members;
  }

  remove(member: number): void {
    this.places = this.places.filter((_, i) => this.members[i] !== member);
    this.members = this.members.filter((other) => other !== member);
  }
}
