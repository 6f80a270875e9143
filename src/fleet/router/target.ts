import type { Nanoseconds } from "../../units.ts";
import type { Target } from "./policy.ts";

/** What a server exports. */
export interface Server {
  /** Its number in order of creation. */
  readonly id: number;
  /** Requests it holds, waiting and running. */
  readonly outstanding: number;
  readonly scheduler: { readonly waiting: { readonly length: number } };
  /** Share of its KV blocks that requests hold. */
  kvUseAt(now: Nanoseconds, isBeforeSteps: boolean): number;
}

/** What a router knows of a server whenever it looks: whether it may be given more. */
abstract class ServerTarget {
  protected readonly server: Server;
  private readonly limit: number;

  constructor(server: Server, limit: number) {
    this.server = server;
    this.limit = limit;
  }

  get id(): number {
    return this.server.id;
  }

  get isFull(): boolean {
    return this.server.outstanding >= this.limit;
  }
}

/** A server as it is at this instant. */
export class LiveTarget extends ServerTarget implements Target {
  get outstanding(): number {
    return this.server.outstanding;
  }

  get waiting(): number {
    return this.server.scheduler.waiting.length;
  }

  kvUseAt(now: Nanoseconds, isBeforeSteps: boolean): number {
    return this.server.kvUseAt(now, isBeforeSteps);
  }
}

/** A server as it was when it was scraped last; with no load before the first time, since it has just become ready. */
export class ScrapedTarget extends ServerTarget implements Target {
  outstanding = 0;
  waiting = 0;
  private kvUse = 0;

  kvUseAt(): number {
    return this.kvUse;
  }

  /** Looks at the server as it was at an instant since which nothing has happened but steps of a fast-path stretch. */
  scrape(at: Nanoseconds): void {
    this.outstanding = this.server.outstanding;
    this.waiting = this.server.scheduler.waiting.length;
    this.kvUse = this.server.kvUseAt(at, true);
  }
}
