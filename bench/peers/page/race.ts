import { variantById } from "../../../kernels/index.ts";
import type { DeviceWatch, Settled } from "../../../harness/measure/device-watch.ts";
import { shuffled } from "../../../harness/measure/sampling/interleave.ts";
import { now } from "../../../harness/measure/sampling/wall-clock.ts";
import { median } from "simple-statistics";
import type { Seconds } from "../../../src/units.ts";
import { type Contestant, DEFAULT, type Race, TUNED, type WayTried } from "../../../src/report/peers-schema.ts";
import type { PeerJob } from "../contract.ts";
import { isRight, variantAt } from "./ballast.ts";
import type { Tuner } from "./best-variant.ts";
import { callsLasting, type Contender, estimate, timedCalls, type Way } from "./contender.ts";
import { type Deviation, type Judge, judgeFor } from "./judge.ts";
import type { Library } from "./library.ts";
import { inputsOf, type Problem, problemOf } from "./problem.ts";

/** A sample lasts at least so long: the queue is waited for in steps of 2 ms. */
const SAMPLE: Seconds = 0.15;
/** A contestant whose rounds would take longer than this is given with what it took once. */
const MOST_PER_CONTESTANT: Seconds = 60;
/** What a right result may differ by, as a share of what f32 allows: a library may round once more than our kernels, as when it scales queries beforehand. */
const MOST_OF_BOUND = 2;
/** Ways that take so many times as long as the fastest, at a first glance, are still in the rounds: a glance is noisy. */
const WITHIN = 1.2;

/** What the page has of a peer: the library, or why it did not start. */
export type Started = { readonly name: string; readonly library: Library } | { readonly name: string; readonly because: string };

/** A way that is right, with what one call took at a first glance. */
export interface Ready {
  readonly way: string;
  readonly contender: Contender;
  readonly seconds: Seconds;
  readonly error: Deviation;
}

/** A way that takes part in the rounds. */
interface Racer extends Ready {
  readonly calls: number;
}

/** A contestant at the start: with the ways it takes part with, if any. */
interface Entrant {
  readonly name: string;
  readonly tried: readonly WayTried[];
  readonly racers: readonly Racer[];
  readonly because: string | null;
}

export interface RaceTrack {
  readonly device: GPUDevice;
  readonly watch: Pick<DeviceWatch, "settle">;
  readonly tuner: Tuner;
}

type Refusal = Extract<Settled<never>, { kind: "refused" }>["result"];

/** The device did not do a race, or is lost. */
export class RaceRefused extends Error {
  readonly result: Refusal;

  constructor(result: Refusal) {
    super(result.because);
    this.result = result;
  }
}

/** Work that the whole race needs. @throws RaceRefused where the device did not do it */
const settled = async <T>({ watch }: RaceTrack, work: () => Promise<T>): Promise<T> => {
  const outcome = await watch.settle(work);
  if (outcome.kind === "refused") throw new RaceRefused(outcome.result);
  return outcome.value;
};

const faultOrNull = ({ of_magnitudes, of_bound }: Deviation, { likely }: Judge): string | null => {
  const off = `wrong: off by ${of_magnitudes.toExponential(1)} of Σ|a·b|`;
  if (!(of_bound <= MOST_OF_BOUND)) return `${off}, ${of_bound.toPrecision(2)} times what f32 allows`;
  return of_magnitudes <= likely ? null : `${off}, and f32 is hardly ever off by ${likely.toExponential(1)}`;
};

/** One way, checked and timed once; refused with the reason. */
const tryWay = async ({ device, watch }: RaceTrack, way: Way, judge: Judge): Promise<Ready | Pick<WayTried, "error" | "because">> => {
  let prepared: Contender | undefined;
  const attempt = async (): Promise<Ready | Pick<WayTried, "error" | "because">> => {
    try {
      prepared = await way.prepare();
      const began = now();
      const output = await prepared.output();
      const first = now() - began;
      const error = judge.deviation(output);
      const fault = faultOrNull(error, judge);
      if (fault !== null) return { error, because: fault };
      return { way: way.name, contender: prepared, seconds: await estimate(device.queue, prepared, first), error };
    } catch (error) {
      // A library throws what it likes: its refusal is a result, not a fault of the page.
      return { error: null, because: error instanceof Error ? error.message : String(error) };
    }
  };
  const outcome = await watch.settle(attempt);
  if (outcome.kind === "refused" && outcome.result.kind === "device-lost") throw new RaceRefused(outcome.result);
  const tried = outcome.kind === "refused" ? { error: null, because: outcome.result.because } : outcome.value;
  if (!("contender" in tried)) await prepared?.destroy();
  return tried;
};

/** Those that may be the fastest, fastest first. */
export const contending = <T extends { readonly seconds: Seconds }>(ready: readonly T[]): T[] => {
  const sorted = ready.toSorted((a, b) => a.seconds - b.seconds);
  return sorted.filter(({ seconds }) => seconds <= WITHIN * sorted[0]!.seconds);
};

/** The ways that are right and may be the fastest; the others are freed as soon as they are beaten. */
export const contendingWays = async (
  track: RaceTrack,
  ways: readonly Way[],
  judge: Judge,
): Promise<{ ready: readonly Ready[]; tried: WayTried[] }> => {
  const tried: WayTried[] = [];
  let ready: readonly Ready[] = [];
  for (const way of ways) {
    const outcome = await tryWay(track, way, judge);
    if (!("contender" in outcome)) {
      tried.push({ way: way.name, seconds: null, ...outcome });
      continue;
    }
    tried.push({ way: way.name, seconds: outcome.seconds, error: outcome.error, because: null });
    const all = [...ready, outcome];
    ready = contending(all);
    for (const each of all) if (!ready.includes(each)) await each.contender.destroy();
  }
  return { ready, tried };
};

const enter = async (track: RaceTrack, name: string, ways: readonly Way[], judge: Judge, rounds: number): Promise<Entrant> => {
  const { ready, tried } = await contendingWays(track, ways, judge);
  const [fastest] = ready;
  if (fastest === undefined) {
    return { name, tried, racers: [], because: tried.find(({ because }) => because !== null)?.because ?? "it has no way to compute this" };
  }
  const most = Math.floor(MOST_PER_CONTESTANT / (rounds * Math.max(fastest.seconds, SAMPLE)));
  for (const { contender } of ready.slice(most)) await contender.destroy();
  if (most === 0) {
    return { name, tried, racers: [], because: `one call takes ${fastest.seconds.toFixed(1)} s: too long for ${rounds} rounds` };
  }
  const racers: Racer[] = [];
  for (const each of ready.slice(0, most)) {
    const calls = await settled(track, () => callsLasting(track.device.queue, each.contender, each.seconds, SAMPLE));
    racers.push({ ...each, calls });
  }
  return { name, tried, racers, because: null };
};

/** Rounds in which every racer takes one sample, in an order drawn anew each time. */
const rounds = async (queue: GPUQueue, racers: readonly Racer[], count: number): Promise<Map<Racer, Seconds[]>> => {
  const samples = new Map<Racer, Seconds[]>(racers.map((racer) => [racer, []]));
  for (let round = 0; round < count; round++) {
    for (const racer of shuffled(racers, Math.random)) {
      samples.get(racer)!.push(await timedCalls(queue, racer.contender, racer.calls));
    }
  }
  return samples;
};

/** An entrant by the way with the least median: of several as fast as each other it has the luckiest, which Ballast, with one way, has not. */
const result = ({ name, racers, because, tried }: Entrant, samples: ReadonlyMap<Racer, readonly Seconds[]>): Contestant => {
  const timed = racers.map((racer) => ({ racer, taken: samples.get(racer) ?? [] }));
  const [best] = timed.toSorted((a, b) => median([...a.taken]) - median([...b.taken]));
  return {
    name,
    way: best?.racer.way ?? null,
    samples_s: [...(best?.taken ?? [])],
    calls_per_sample: best?.racer.calls ?? null,
    error: best?.racer.error ?? null,
    because,
    tried: [...tried],
  };
};

/**
 * One shape: Ballast by default, Ballast tuned and each peer with the fastest of its ways, all right by the f64 reference, in
 * interleaved rounds. What chose the variants is not among the samples; what chose a peer's way is, in the peer's favour.
 *
 * @throws RaceRefused where the device is lost, or did not do what was timed
 */
export const race = async (track: RaceTrack, job: PeerJob, peers: readonly Started[]): Promise<Race> => {
  const { device, tuner } = track;
  const { family, shape, defaultVariant } = job;
  const tuned = await tuner.best(job);
  const inputs = inputsOf(defaultVariant, shape);
  const judge = judgeFor(family, defaultVariant, shape, inputs);
  const problem: Problem = problemOf(family, shape, inputs);

  const entrants: Entrant[] = [];
  try {
    for (const id of new Set([defaultVariant, tuned])) {
      const name = id === tuned ? TUNED : DEFAULT;
      const ways = (await isRight(device, id)) ? [variantAt(device, id, shape)] : [];
      entrants.push(await enter(track, name, ways, judge, job.rounds));
    }
    for (const peer of peers) {
      if ("because" in peer) entrants.push({ name: peer.name, tried: [], racers: [], because: peer.because });
      else entrants.push(await enter(track, peer.name, peer.library.ways(problem), judge, job.rounds));
    }
    const racers = entrants.flatMap((entrant) => entrant.racers);
    const samples = await settled(track, () => rounds(device.queue, racers, job.rounds));
    const contestants = entrants.map((entrant) => result(entrant, samples));
    // Where the default is the best there is, one set of samples is both rows.
    const both =
      defaultVariant === tuned
        ? contestants.flatMap((each) => (each.name === TUNED ? [{ ...each, name: DEFAULT }, each] : [each]))
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
    for (const { contender } of entrants.flatMap((entrant) => entrant.racers)) await contender.destroy();
  }
};
