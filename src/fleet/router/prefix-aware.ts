import { RequestBlocks } from "../../replica/request-blocks.ts";
import type { Stream } from "../../sim/streams.ts";
import type { Nanoseconds, Tokens } from "../../units.ts";
import type { RoutedRequest, RoutingPolicy, Target } from "./policy.ts";
import { PrefixIndex } from "./prefix-index.ts";
import { TieBreak } from "./tie-break.ts";

export interface PrefixAwareOptions {
  readonly prefixWeight: number;
  readonly queueWeight: number;
  readonly kvWeight: number;
  /** Tokens in a block of the index. */
  readonly blockSize: Tokens;
  /** What of a prompt lies behind so many blocks is not looked at. */
  readonly maxBlocks: number;
  /** Blocks that are remembered of each replica. */
  readonly capacity: number;
}

/**
 * The replica with the best sum of weighted scores, each from 0 to 1; one of equals is drawn.
 *
 * - prefix: how much of the prompt's beginning was sent there before, in full blocks. The gateway cannot see into the servers' caches, so
 *   it remembers what it sent where.
 * - queue: 1 where the fewest requests wait, 0 where the most do, linear between; 1 for all where equally many do.
 * - KV: the share of KV blocks that no request holds.
 *
 * As the endpoint picker of the Gateway API Inference Extension with its scorers for prefix cache, queue and KV cache utilization, except
 * that blocks are of tokens instead of characters, and that a prompt's end is forgotten before its beginning.
 *
 * @see https://gateway-api-inference-extension.sigs.k8s.io/guides/epp-configuration/prefix-aware/
 */
export class PrefixAwarePolicy implements RoutingPolicy {
  private readonly targets: Target[] = [];
  private readonly sent = new Map<number, PrefixIndex>();
  private readonly best: TieBreak;
  private readonly options: PrefixAwareOptions;
  private readonly prompt = new RequestBlocks();

  constructor(options: PrefixAwareOptions, stream: Stream) {
    this.options = options;
    this.best = new TieBreak(stream);
  }

  add(target: Target): void {
    this.targets.push(target);
    this.sent.set(target.id, new PrefixIndex(this.options.capacity));
  }

  remove(id: number): void {
    this.targets.splice(
      this.targets.findIndex((target) => target.id === id),
      1,
    );
    this.sent.delete(id);
  }

  changed(): void {
    // Every choice looks at all.
  }

  choose({ id, work }: RoutedRequest, now: Nanoseconds, isBeforeSteps: boolean): number {
    const { prefixWeight, queueWeight, kvWeight, blockSize, maxBlocks } = this.options;
    const { prompt, best } = this;
    const blocks = Math.min(maxBlocks, Math.floor(work.promptTokens / blockSize));
    prompt.begin(work, id);
    prompt.hashUpTo(blocks, blockSize);
    let fewest = Infinity;
    let most = 0;
    for (const { isFull, waiting } of this.targets) {
      if (isFull) continue;
      if (waiting < fewest) fewest = waiting;
      if (waiting > most) most = waiting;
    }
    best.begin();
    for (const target of this.targets) {
      if (target.isFull) continue;
      const prefix = blocks === 0 ? 0 : this.sent.get(target.id)!.match(prompt.hashes, blocks) / blocks;
      const queue = most > fewest ? (most - target.waiting) / (most - fewest) : 1;
      const kv = 1 - target.kvUseAt(now, isBeforeSteps);
      best.offer(target.id, prefixWeight * prefix + queueWeight * queue + kvWeight * kv);
    }
    if (best.id >= 0) this.sent.get(best.id)!.remember(prompt.hashes, blocks);
    return best.id;
  }
}
