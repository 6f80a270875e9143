import type { RequestTable } from "../../replica/request-table.ts";
import type { Streams } from "../../sim/streams.ts";
import { toNanoseconds } from "../../units.ts";
import type { Nanoseconds } from "../../units.ts";
import type { Load } from "./load.ts";
import type { SmootherSettings } from "./settings.ts";

/** Which requests can be held back, and whether the fleet has room for them. */
export class Smoother {
  readonly maxDelay: Nanoseconds;

  constructor(
    private readonly settings: SmootherSettings,
    private readonly table: RequestTable,
    private readonly load: Load,
    private readonly streams: Streams,
  ) {
    this.maxDelay = toNanoseconds(settings.max_delay_s);
  }

  /** By its priority, or drawn: the same for every attempt at a request. */
  isDeferrable(slot: number): boolean {
    const { priority_above: above = Infinity, share = 0 } = this.settings;
    if (this.table.priority[slot]! > above || share === 1) return true;
    return share > 0 && this.streams.named(`deferrable/request-${this.table.origin[slot]}/${this.table.turn[slot]}`).uniform() < share;
  }

  get hasRoom(): boolean {
    return this.load.isBelow(this.settings.target_outstanding);
  }
}
