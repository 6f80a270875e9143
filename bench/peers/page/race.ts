import { variantById } from "../../../kernels/index.ts";
import type { DeviceWatch } from "../../../harness/measure/device-watch.ts";
import { shuffled } from "../../../harness/measure/sampling/interleave.ts";
import type { Seconds } from "../../../src/units.ts";
import type { Contestant, PeerJob, Race, WayTried } from "../contract.ts";
import { isRight, variantAt } from "./ballast.ts";
import type { Tuner } from "./best-variant.ts";
import { callsFor, type Contender, estimate, timedCalls, type Way } from "./contender.ts";
import { type Deviation, type Judge, judgeFor } from "./judge.ts";
import type { Library } from "./library.ts";
import { inputsOf, type Problem, problemOf } from "./problem.ts";

/** A sample lasts at least so long: the queue is waited for in steps of 2 ms. */
const SAMPLE: Seconds = 0.15;
/** A contestant whose rounds would take longer than this is given with what it took once. */
const MOST_PER_CONTESTANT: Seconds = 60;
/** What a right result may differ by, as a share of what f32 allows: a library may round once more than our kernels, as when it scales queries beforehand. */
const MOST_OF_BOUND = 2;

/** What the page has of a peer: the library, or why it did not start. */
export type Started = { readonly name: string; readonly library: Library } | { readonly name: string; readonly because: string };

/** A contestant at the start: with the way it takes part with, if any. */
interface Entrant {
  readonly name: string;
  readonly tried: readonly WayTried[];
  readonly racer: { readonly way: string; readonly contender: Contender; readonly calls: number; readonly error: Deviation } | null;
  readonly because: string | null;
}

interface Ready {
  readonly way: string;
  readonly contender: Contender;
  readonly seconds: Seconds;
  readonly error: Deviation;
}

export interface RaceTrack {
  readonly device: GPUDevice;
  readonly watch: Pick<DeviceWatch, "settle">;
  readonly tuner: Tuner;
}

const describe = ({ of_magnitudes, of_bound }: Deviation): string =>
  `wrong: off by ${of_magnitudes.toExponential(1)} of Σ|a·b|, ${of_bound.toPrecision(2)} times what f32 allows`;

/** One way, checked and timed once; refused with the reason. */
const tryWay = async ({ device, watch }: RaceTrack, way: Way, judge: Judge): Promise<Ready | Pick<WayTried, "error" | "because">> => {
  let prepared: Contender | undefined;
  const attempt = async (): Promise<Ready | Pick<WayTried, "error" | "because">> => {
    try {
      prepared = await way.prepare();
      const error = judge.deviation(await prepared.output());
      if (!(error.of_bound <= MOST_OF_BOUND)) return { error, because: describe(error) };
      return { way: way.name, contender: prepared, seconds: await estimate(device.queue, prepared), error };
    } catch (error) {
      // A library throws what it likes: its refusal is a result, not a fault of the page.
      return { error: null, because: error instanceof Error ? error.message : String(error) };
    }
  };
  const settled = await watch.settle(attempt);
  if (settled.kind === "refused" && settled.result.kind === "device-lost") throw new Error(settled.result.because);
  const outcome = settled.kind === "refused" ? { error: null, because: settled.result.because } : settled.value;
  if (!("contender" in outcome)) await prepared?.destroy();
  return outcome;
};

/** The fastest of the ways that are right; the others are freed as soon as they are beaten. */
export const fastestWay = async (
  track: RaceTrack,
  ways: readonly Way[],
  judge: Judge,
): Promise<{ best: Ready | null; tried: WayTried[] }> => {
  const tried: WayTried[] = [];
  let best: Ready | null = null;
  for (const way of ways) {
    const outcome = await tryWay(track, way, judge);
    if (!("contender" in outcome)) {
      tried.push({ way: way.name, seconds: null, ...outcome });
      continue;
    }
    tried.push({ way: way.name, seconds: outcome.seconds, error: outcome.error, because: null });
    const beaten: Ready | null = best !== null && best.seconds <= outcome.seconds ? outcome : best;
    if (beaten !== outcome) best = outcome;
    await beaten?.contender.destroy();
  }
  return { best, tried };
};

const enter = async (track: RaceTrack, name: string, ways: readonly Way[], judge: Judge, rounds: number): Promise<Entrant> => {
  const { best, tried } = await fastestWay(track, ways, judge);
  if (best === null) {
    return { name, tried, racer: null, because: tried.find(({ because }) => because !== null)?.because ?? "it has no way to compute this" };
  }
  const { way, contender, seconds, error } = best;
  if (rounds * Math.max(seconds, SAMPLE) > MOST_PER_CONTESTANT) {
    await contender.destroy();
    return { name, tried, racer: null, because: `one call takes ${seconds.toFixed(1)} s: too long for ${rounds} rounds` };
  }
  return { name, tried, racer: { way, contender, calls: callsFor(seconds, SAMPLE), error }, because: null };
};

/** Rounds in which every racer takes one sample, in an order drawn anew each time. */
const rounds = async (queue: GPUQueue, entrants: readonly Entrant[], count: number): Promise<Map<Entrant, Seconds[]>> => {
  const samples = new Map<Entrant, Seconds[]>(entrants.map((entrant) => [entrant, []]));
  for (let round = 0; round < count; round++) {
    for (const entrant of shuffled(entrants, Math.random)) {
      if (entrant.racer === null) continue;
      samples.get(entrant)!.push(await timedCalls(queue, entrant.racer.contender, entrant.racer.calls));
    }
  }
  return samples;
};

const result = ({ name, racer, because, tried }: Entrant, samples: readonly Seconds[]): Contestant => ({
  name,
  way: racer?.way ?? null,
  samples_s: [...samples],
  calls_per_sample: racer?.calls ?? null,
  error: racer?.error ?? null,
  because,
  tried: [...tried],
});

/**
 * One shape: Ballast by default, Ballast tuned and each peer with the fastest of its ways, all right by the f64 reference, in
 * interleaved rounds. What chose the variants and the ways is not among the samples.
 */
export const race = async (track: RaceTrack, job: PeerJob, peers: readonly Started[]): Promise<Race> => {
  const { device, tuner } = track;
  const { family, shape, defaultVariant } = job;
  const tuned = await tuner.best(family, job.tunedAt, defaultVariant);
  const inputs = inputsOf(defaultVariant, shape);
  const judge = judgeFor(family, defaultVariant, shape, inputs);
  const problem: Problem = problemOf(family, shape, inputs);

  const entrants: Entrant[] = [];
  try {
    for (const id of new Set([defaultVariant, tuned])) {
      const name = id === tuned ? "ballast (tuned)" : "ballast (default)";
      const ways = (await isRight(device, id)) ? [variantAt(device, id, shape)] : [];
      entrants.push(await enter(track, name, ways, judge, job.rounds));
    }
    for (const peer of peers) {
      if ("because" in peer) entrants.push({ name: peer.name, tried: [], racer: null, because: peer.because });
      else entrants.push(await enter(track, peer.name, peer.library.ways(problem), judge, job.rounds));
    }
    const samples = await rounds(device.queue, entrants, job.rounds);
    const contestants = entrants.map((entrant) => result(entrant, samples.get(entrant) ?? []));
    // Where the default is the best there is, one set of samples is both rows.
    const both =
      defaultVariant === tuned
        ? contestants.flatMap((each) => (each.name === "ballast (tuned)" ? [{ ...each, name: "ballast (default)" }, each] : [each]))
        : contestants;
    return {
      id: job.id,
      family,
      shape,
      tuned_at: job.tunedAt,
      operations: variantById(defaultVariant).run(shape).operations,
      compared: judge.compared,
      contestants: both,
    };
  } finally {
    for (const { racer } of entrants) await racer?.contender.destroy();
  }
};
