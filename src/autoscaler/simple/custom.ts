import { InputError } from "../../errors.ts";
import type { Seconds } from "../../units.ts";
import type { Autoscaler, Observation } from "../autoscaler.ts";

/**
 * An autoscaler that a user writes: a module that exports `decide`, and `period_s` where it is not 15. One that remembers what it has
 * seen exports `create` instead, which gives such an object anew for every run.
 */
export interface AutoscalerModule {
  /** Seconds between two decisions. */
  readonly period_s?: Seconds;
  /** The replicas wanted from now on; with what led to it, if they are to be told apart in the run. */
  readonly decide: (observation: Observation) => number | { readonly replicas: number; readonly because: string };
}

/**
 * Runs a user's own autoscaler.
 *
 * The same seed gives the same run as long as `decide` depends on what it has observed in this run and on nothing else: no clock, no
 * chance, nothing kept from other runs.
 *
 * @param place the module's name, for messages
 * @throws InputError where it is no such module; a decision throws it where what `decide` returns is no whole number of replicas
 */
export const createCustom = (module: unknown, place: string): Autoscaler => {
  const { decide, period_s: period = 15 } = asModule(module, place);
  return {
    period,
    decide(observation) {
      const answer = decide(observation);
      const { replicas, because } =
        typeof answer === "object" && answer !== null ? answer : { replicas: answer, because: `${place} says so` };
      if (!Number.isInteger(replicas) || replicas < 0 || typeof because !== "string") {
        throw new InputError(
          `${place}: decide`,
          `expected a whole number of replicas, or { replicas, because }, got ${JSON.stringify(answer)} at ${observation.now} s`,
          "Return the replicas wanted from then on; return observation.current to leave them.",
        );
      }
      return replicas === observation.current ? null : { replicas, because };
    },
  };
};

type Exports = Partial<AutoscalerModule> & { readonly create?: unknown };

const objectOf = (value: unknown): Exports => (typeof value === "object" && value !== null ? value : {});

const asModule = (given: unknown, place: string): AutoscalerModule => {
  const { create } = objectOf(given);
  const module: unknown = typeof create === "function" ? (create as () => unknown)() : given;
  const { decide, period_s: period } = objectOf(module);
  if (typeof decide !== "function") {
    throw new InputError(
      place,
      `expected a module that exports decide(observation), or create() that gives one, got ${decide === undefined ? "neither" : `decide of type ${typeof decide}`}`,
      "decide takes { now, current, replicas, requestsQueued, requestsArrived } and returns the replicas wanted.",
    );
  }
  if (period !== undefined && !(typeof period === "number" && period > 0 && period < Infinity)) {
    throw new InputError(`${place}: period_s`, `expected seconds above 0, got ${JSON.stringify(period)}`, "Leave it out for 15 s.");
  }
  return module as AutoscalerModule;
};
