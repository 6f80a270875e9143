import type { Objectives } from "../../scenario/objectives.ts";
import type { Prices } from "../../scenario/prices.ts";
import type { FleetSetup } from "../../scenario/resolve.ts";
import type { Request } from "../../traffic/request.ts";

/** What a plan searches over: everything fixed but the policy, and one set of requests for each seed. */
export interface Question {
  readonly setup: FleetSetup;
  readonly objectives: Objectives;
  /** What GPUs cost; absent: nobody has said. */
  readonly prices?: Prices | undefined;
  /** What happens to the fleet besides its traffic; absent: nothing but what the setup says. */
  readonly hardship?: Hardship;
  /** Seeds of the replications, all that may be drawn; a search begins with a few of them. A trace is played with one. */
  readonly seeds: readonly number[];
  /** The same requests for the same seed, whatever the policy: candidates are compared on common random numbers. */
  readonly requestsOf: (seed: number) => readonly Request[];
  /** Other ways in which the traffic may have come; none by default. */
  readonly alternatives?: readonly Alternative[];
  /** Told what is about to be simulated, in words. */
  readonly onProgress: (what: string) => void;
}

/** Another way in which the same counted requests may have come. */
export interface Alternative {
  /** What is varied: "bursts inside the 60 s between two samples". */
  readonly of: string;
  /** How far: "gaps of coefficient of variation 4". */
  readonly name: string;
  readonly requestsOf: (seed: number) => readonly Request[];
}

/** What happens to the fleet of a question besides its traffic. */
export interface Hardship {
  /** As a clause: "1 replica gone from the beginning". */
  readonly name: string;
  /** The fleet to which it happens, on these requests. */
  readonly applyTo: (setup: FleetSetup, requests: readonly Request[]) => FleetSetup;
}
