import type { Nanoseconds } from "../../units.ts";
import type { RoutedRequest, RoutingPolicy } from "./policy.ts";
import { LiveTarget, ScrapedTarget } from "./target.ts";
import type { Server } from "./target.ts";

/**
 * The gateway in front of the replicas: it knows which of them take requests and what there is to know of them, and asks its policy.
 *
 * With a scrape interval the policy sees every replica as it was at the last whole multiple of the interval, before the steps that ended
 * at that instant. What was sent since then is not counted, nor what has come back: the endpoint picker of the Gateway API Inference
 * Extension scores by scraped metrics alone. Without one it sees them as they are, as a proxy does that counts its own open requests.
 *
 * Scrapes are not events. A server changes only by a step, or by being given a request or losing one, so the first of these after a scrape is due looks
 * at all servers as they were when it was due.
 */
export class Router {
  private readonly policy: RoutingPolicy;
  private readonly limit: number;
  private readonly interval: Nanoseconds;
  private nextScrapeAt: Nanoseconds = 0;
  private readonly targets = new Map<number, LiveTarget | ScrapedTarget>();

  /**
   * @param limit a replica that holds so many requests is given none
   * @param interval between scrapes; 0: none
   */
  constructor(policy: RoutingPolicy, limit: number, interval: Nanoseconds = 0) {
    this.policy = policy;
    this.limit = limit;
    this.interval = interval;
    if (interval === 0) this.nextScrapeAt = Infinity;
  }

  /** A replica, which holds no request, takes some from now on. */
  add(server: Server): void {
    const target = this.interval > 0 ? new ScrapedTarget(server, this.limit) : new LiveTarget(server, this.limit);
    this.targets.set(server.id, target);
    this.policy.add(target);
  }

  /** A replica takes no more, if it ever did. */
  remove(id: number): void {
    if (this.targets.delete(id)) this.policy.remove(id);
  }

  /** A replica was given a request, or has finished some. */
  changed(server: Server): void {
    this.policy.changed(this.targets.get(server.id)!);
  }

  /** A replica's step is about to end, or a request to be taken away from it. */
  beforeStep(now: Nanoseconds): void {
    if (now >= this.nextScrapeAt) this.scrape(now);
  }

  /**
   * The id of the replica that a request is given to, or −1 if none takes it.
   *
   * @param isBeforeSteps whether the steps that end at this instant are still to end
   */
  choose(request: RoutedRequest, now: Nanoseconds, isBeforeSteps: boolean): number {
    if (now >= this.nextScrapeAt) this.scrape(now);
    return this.policy.choose(request, now, isBeforeSteps);
  }

  private scrape(now: Nanoseconds): void {
    const at = now - (now % this.interval);
    for (const target of this.targets.values()) {
      (target as ScrapedTarget).scrape(at);
      this.policy.changed(target);
    }
    this.nextScrapeAt = at + this.interval;
  }
}
