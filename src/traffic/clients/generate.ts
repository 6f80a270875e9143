import { toNanoseconds, type Seconds } from "../../units.ts";
import type { TrafficData } from "../data.ts";
import { equilibriumGamma, equilibriumWeibull, unitGamma, unitWeibull } from "../gaps.ts";
import { Heap } from "../heap.ts";
import type { RandomStream, RandomStreams } from "../random.ts";
import type { Request } from "../request.ts";
import type { TrafficOf } from "../schema.ts";
import { quantile, type ClientStatistics, type LengthWindow, type RateWindow } from "./statistics.ts";

/**
 * Requests of many clients together: each is a renewal process of its own, whose gaps have the window's shape and are stretched by its rate.
 * Lengths are drawn from the client's own of that time, prompt and output independently; a client whose lengths are not known takes, request
 * by request, those of another, chosen in proportion to what each sends.
 *
 * @see Xiang et al. 2025, ServeGen, https://arxiv.org/abs/2505.09999
 */
export function* generateClients(traffic: TrafficOf<"clients">, streams: RandomStreams, data: TrafficData): Generator<Request> {
  const { start_s, duration_s } = traffic;
  const donors = donorsOf(data.clients, start_s, start_s + duration_s);
  const sending = data.clients.map((client) => {
    const named = (use: string): RandomStream => streams.named(`clients/client-${client.id}/${use}`);
    return {
      arrivals: clientArrivals(client.rates, traffic, named("arrivals")),
      lengthsAt: client.lengths.length > 0 ? () => client.lengths : donors.chosenBy(named("donor")),
      prompts: named("prompt"),
      outputs: named("output"),
    };
  });
  const due = new Heap<number>();
  const awaitNext = (client: number): void => {
    const next = sending[client]!.arrivals.next();
    if (next.done !== true) due.push(next.value, client, client);
  };
  for (const client of sending.keys()) awaitNext(client);
  for (let id = 0; due.size > 0; id += 1) {
    const at = due.nextAt;
    const client = due.pop()!;
    const { lengthsAt, prompts, outputs } = sending[client]!;
    const lengths = nearest(lengthsAt(), start_s + at);
    yield {
      id,
      arrivedAt: toNanoseconds(at),
      promptTokens: quantile(lengths.prompts, prompts.uniform()),
      outputTokens: quantile(lengths.outputs, outputs.uniform()),
    };
    awaitNext(client);
  }
}

/** Arrivals of one client, from 0 at `start_s` of its statistics. It has been sending for ever, so its first gap has begun before. */
function* clientArrivals(
  windows: readonly RateWindow[],
  { start_s, duration_s, rate_factor }: TrafficOf<"clients">,
  stream: RandomStream,
): Generator<Seconds> {
  const end = start_s + duration_s;
  let at = start_s;
  let gap: number | null = null;
  for (const { from, until, rate, gaps } of windows) {
    if (until <= start_s || from >= end || gaps === null || rate === 0) continue;
    gap ??= gaps.kind === "gamma" ? equilibriumGamma(gaps.shape, stream) : equilibriumWeibull(gaps.shape, stream);
    const perSecond = rate * rate_factor;
    const last = Math.min(until, end);
    at = Math.max(at, from);
    for (;;) {
      const next = at + gap / perSecond;
      if (!(next < last)) break;
      yield next - start_s;
      at = next;
      gap = gaps.kind === "gamma" ? unitGamma(gaps.shape, stream) : unitWeibull(gaps.shape, stream);
    }
    gap -= (last - at) * perSecond;
    at = last;
  }
}

/** The window that a time lies in, or else the one nearest to it: windows in which nothing was recorded have no lengths. */
const nearest = (windows: readonly LengthWindow[], at: Seconds): LengthWindow => {
  let found = windows[0]!;
  for (const window of windows) {
    if (window.from > at) return window.from - at < at - found.until ? window : found;
    found = window;
  }
  return found;
};

/** Clients with known lengths, each as likely as it sends requests between two times. */
const donorsOf = (clients: readonly ClientStatistics[], from: Seconds, until: Seconds) => {
  const known = clients.filter(({ lengths }) => lengths.length > 0);
  let total = 0;
  const cumulative = known.map(({ rates }) => {
    for (const window of rates) total += window.rate * Math.max(0, Math.min(until, window.until) - Math.max(from, window.from));
    return total;
  });
  return {
    chosenBy: (stream: RandomStream) => (): readonly LengthWindow[] => {
      const drawn = stream.uniform() * total;
      const found = cumulative.findIndex((sum) => sum > drawn);
      return known[Math.max(0, found)]!.lengths;
    },
  };
};
