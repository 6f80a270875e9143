import type { Request } from "../traffic/request.ts";

export const requestStates = ["deferred", "queued", "running", "finished", "rejected", "timed_out", "cut_off", "lost"] as const;
export type RequestState = (typeof requestStates)[number];

/** What is known of every request of a run, one typed array a fact, by request id. */
export class RequestTable {
  readonly promptTokens: Int32Array;
  /** Tokens the request will produce: read to see whether it has finished, never to schedule it. */
  readonly outputTokens: Int32Array;
  readonly produced: Int32Array;
  /** Tokens whose keys and values are in the cache. */
  readonly computed: Int32Array;
  readonly blocks: Int32Array;
  readonly preemptions: Int32Array;
  /** Index into `requestStates`. */
  readonly state: Uint8Array;
  /** NaN until it comes. */
  readonly firstTokenAt: Float64Array;
  readonly lastTokenAt: Float64Array;

  constructor(requests: readonly Request[]) {
    const count = requests.length;
    this.promptTokens = Int32Array.from(requests, (request) => request.promptTokens);
    this.outputTokens = Int32Array.from(requests, (request) => request.outputTokens);
    this.produced = new Int32Array(count);
    this.computed = new Int32Array(count);
    this.blocks = new Int32Array(count);
    this.preemptions = new Int32Array(count);
    this.state = new Uint8Array(count).fill(QUEUED);
    this.firstTokenAt = new Float64Array(count).fill(NaN);
    this.lastTokenAt = new Float64Array(count).fill(NaN);
  }
}

export const QUEUED = requestStates.indexOf("queued");
export const RUNNING = requestStates.indexOf("running");
export const FINISHED = requestStates.indexOf("finished");
export const REJECTED = requestStates.indexOf("rejected");
