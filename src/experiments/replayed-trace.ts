import { InputError } from "../errors.ts";
import { firstFrom } from "../plan/confidence/block-bootstrap.ts";
import type { RandomStream } from "../traffic/random.ts";
import type { Request, Work } from "../traffic/request.ts";
import { toNanoseconds, toSeconds, type Nanoseconds, type Seconds } from "../units.ts";

/** Blocks of a trace that are drawn as wholes: long enough to keep bursts, short enough that seeds differ. */
export const BLOCK: Seconds = 300;

/** A trace that other rates and other seeds are made of. */
export interface ReplayedTrace {
  readonly name: string;
  readonly requests: readonly Request[];
  /** From the first arrival once round to it again. */
  readonly span: Nanoseconds;
  /** Mean rate, requests per second. */
  readonly rate: number;
  /** Names of what requests share are below this number, as are those of a copy less a multiple of it. */
  readonly names: number;
  /** Names of the parts that a tenth of the prompts or more begin with, or have: system prompts. */
  readonly common: ReadonlySet<number>;
}

/** What of a trace's prompts is common to more than one conversation is in so many of them. */
const COMMON_SHARE = 0.1;

/** @throws InputError where the trace is shorter than two blocks */
export const replayedTrace = (name: string, requests: readonly Request[]): ReplayedTrace => {
  const [first, last] = [requests[0]?.arrivedAt ?? 0, requests.at(-1)?.arrivedAt ?? 0];
  const lasts = toSeconds(last - first);
  if (lasts < 2 * BLOCK) {
    throw new InputError(
      name,
      `expected a trace of at least ${(2 * BLOCK) / 60} minutes, from which blocks of ${BLOCK / 60} minutes are drawn, got ${Number(lasts.toPrecision(3))} s`,
      "Give a longer one.",
    );
  }
  const span = last - first + Math.floor((last - first) / (requests.length - 1));
  const shifted = requests.map((request) => ({ ...request, arrivedAt: request.arrivedAt - first }));
  return { name, requests: shifted, span, rate: requests.length / toSeconds(span), ...sharedParts(requests) };
};

const sharedParts = (requests: readonly Request[]): Pick<ReplayedTrace, "names" | "common"> => {
  const names = 1 + requests.reduce((most, request) => Math.max(most, largestName(request)), -1);
  const counts = new Map<number, number>();
  for (const { parts = [] } of requests) for (const { id } of parts) counts.set(id, (counts.get(id) ?? 0) + 1);
  const common = [...counts].filter(([, count]) => count >= COMMON_SHARE * requests.length);
  return { names, common: new Set(common.map(([id]) => id)) };
};

/** The conversation that a request of a trace, or of copies of it, belongs to: those whose prompts go on alike behind what is common; null: it shares nothing. */
export const conversationOf = ({ names, common }: ReplayedTrace, { parts = [] }: Request): number | null =>
  parts.find(({ id }) => !common.has(id % names))?.id ?? null;

/** How many copies have at least this rate together. */
export const copiesFor = (trace: ReplayedTrace, requestsPerSecond: number): number =>
  Math.max(1, Math.ceil(requestsPerSecond / trace.rate));

/**
 * Copies of a trace on top of one another, each a circular block bootstrap of it: blocks of five minutes that begin anywhere, one after another.
 * What comes within a block keeps its order, gaps and lengths; copies are independent, so that the sum is smoother than one copy by the root
 * of their number. Prefixes that requests share are shared within a copy only.
 *
 * @see Politis and Romano 1992, A circular block-resampling procedure for stationary data
 */
export const superpose = (
  { requests, span, names }: ReplayedTrace,
  copies: number,
  duration: Seconds,
  streamOf: (copy: number) => RandomStream,
): Request[] => {
  const block = Math.min(toNanoseconds(BLOCK), span);
  const end = toNanoseconds(duration);
  const all: Request[] = [];
  for (let copy = 0; copy < copies; copy += 1) {
    const stream = streamOf(copy);
    for (let from = 0; from < end; from += block) {
      const start = Math.floor(stream.uniform() * span);
      let at = firstFrom(requests, start);
      for (let round = 0; ; at += 1) {
        if (at === requests.length) [at, round] = [0, round + span];
        const request = requests[at]!;
        const offset = request.arrivedAt + round - start;
        if (offset >= block) break;
        if (from + offset < end) all.push({ ...renamed(request, copy * names), id: 0, arrivedAt: from + offset });
      }
    }
  }
  return all.sort((a, b) => a.arrivedAt - b.arrivedAt);
};

const largestName = (work: Work): number => {
  let most = -1;
  for (let next: Work | undefined = work; next !== undefined; next = next.next) {
    most = Math.max(most, next.outputId ?? -1, next.session ?? -1, ...(next.parts ?? []).map(({ id }) => id));
  }
  return most;
};

/** The same work with other names for what it shares. */
const renamed = <T extends Work>(work: T, by: number): T => {
  if (by === 0 || (work.parts === undefined && work.outputId === undefined && work.session === undefined && work.next === undefined))
    return work;
  return {
    ...work,
    ...(work.parts === undefined ? {} : { parts: work.parts.map(({ id, tokens }) => ({ id: id + by, tokens })) }),
    ...(work.outputId === undefined ? {} : { outputId: work.outputId + by }),
    ...(work.session === undefined ? {} : { session: work.session + by }),
    ...(work.next === undefined ? {} : { next: renamed(work.next, by) }),
  };
};
