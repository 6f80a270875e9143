import type { FleetConfig, RequestRecord } from "../fleet/config.ts";
import type { Run } from "../fleet/run.ts";
import type { Request } from "../traffic/request.ts";
import type { Demand } from "./demand.ts";
import type { Drawn, Lab } from "./lab.ts";

/** A claim, the scenarios that it is tested in, and what decides it. One file in `claims/` each. */
export interface Experiment {
  /** As the command line has it: `cold-start`. */
  readonly name: string;
  /** The claim, in one sentence that could be false. */
  readonly claim: string;
  /** What is simulated, in a few sentences. */
  readonly scenario: string;
  /** What is drawn where no trace is played: single requests, or conversations whose prompts repeat what was said. `chat` by default. */
  readonly traffic?: Drawn;
  /** What is read off every run, in the order of the table. */
  readonly measures: readonly Measure[];
  /** Circumstances in which the claim is judged one by one; at least one. A quick look takes the first. */
  readonly regimes: readonly Regime[];
  /** What the claim comes to, in every regime; the claim holds where all of them do. */
  readonly comparisons: readonly Comparison[];
  readonly references?: readonly Reference[];
  /** What the experiment leaves out, or takes for granted. */
  readonly caveats: readonly string[];
}

/** One circumstance: its demand, and the variants that meet it on the same requests. */
export interface Regime {
  readonly name: string;
  readonly demand: Demand;
  /** The same names in every regime of an experiment. */
  readonly arms: readonly Arm[];
}

/** What an arm sets of a fleet; the rest is the device's and Ballast's defaults. */
export type Variant = Pick<FleetConfig, "policy"> &
  Partial<Pick<FleetConfig, "coldStart" | "startUp" | "router" | "replica" | "concurrencyLimit" | "admission" | "clients">> & {
    /** Gives every request a priority, by which the gateway may queue it; lower goes first. */
    readonly priorityOf?: (request: Request) => number;
  };

/** One variant. Arms of a regime see the same requests for the same seed, and replicas of the same number the same cold-start draws. */
export interface Arm {
  readonly name: string;
  /** What it does, in words. */
  readonly about: string;
  /** Another demand than the regime's: its comparison with others is then of means, not of the same requests. */
  readonly demand?: Demand;
  /** @param earlier outcomes of the arms before it, on the same seed: for fleets of equal cost */
  variant(lab: Lab, earlier: ReadonlyMap<string, Outcome>): Variant;
}

/** What one arm gave on one seed. */
export interface Outcome {
  readonly lab: Lab;
  readonly demand: Demand;
  readonly variant: Variant;
  readonly run: Run;
  /** In the order in which requests left. */
  readonly records: readonly RequestRecord[];
}

/** How a number is written. */
export type Unit = "s" | "share" | "ratio" | "count" | "gpu-hours" | "number";

/** A number that is read off a run; null where the run has none. */
export interface Measure {
  /** `ttft_p99_s`. */
  readonly key: string;
  /** A heading of a table: "TTFT p99". */
  readonly name: string;
  /** What it means exactly, for a reader of the page. */
  readonly about: string;
  readonly unit: Unit;
  of(outcome: Outcome): number | null;
}

/** A test: a number with its interval over the seeds, held against a threshold. */
export interface Comparison {
  /** What the number is, in words: "TTFT p99, cold over ready at once". */
  readonly name: string;
  /** A key of the experiment's measures. */
  readonly measure: string;
  /** The arm whose measure it is. */
  readonly arm: string;
  /** The arm it is held against, seed by seed; absent: the measure itself is held against the threshold. */
  readonly against?: string;
  /** The other arm's measure; absent: the same. */
  readonly againstMeasure?: string;
  /**
   * ratio: the geometric mean of the paired ratios, for times; ratio-of-means: for shares, which may be 0 in some seeds; difference: the mean of
   * the paired differences; value: the mean.
   */
  readonly as: "ratio" | "ratio-of-means" | "difference" | "value";
  /** The claim says that the number is at least this. */
  readonly atLeast?: number;
  /** The claim says that the number is at most this. */
  readonly atMost?: number;
  /** Regimes in which it is asked; absent: in all. */
  readonly regimes?: readonly string[];
  /** false: the number is shown, and decides nothing. */
  readonly decides?: false;
}

/** A published figure, with ours beside it. */
export interface Reference {
  readonly source: string;
  /** What was measured there, and how that differs from here. */
  readonly what: string;
  readonly unit: Unit;
  readonly theirs: number;
  /** The mean of a measure of one arm, or the number of a comparison. */
  readonly ours: { readonly regime: string } & ({ readonly arm: string; readonly measure: string } | { readonly comparison: string });
}
