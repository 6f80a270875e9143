import type { EventPrice, Run, ScaleEvent } from "../fleet/run.ts";
import { count, duration, percent } from "../format.ts";
import { type Cell, left, right, type Style, table, wrap } from "./layout.ts";

type Priced = ScaleEvent & { readonly price: EventPrice };

/** The scale events that have a price, in order of time. */
export const pricedEvents = (run: Run): Priced[] => run.scale_events.filter((event): event is Priced => (event.price ?? null) !== null);

const signed = (value: number, words: string): string => (value === 0 ? "0" : `${value > 0 ? "+" : "−"}${words}`);

/** What a price says in a line: the GPU time that an event took or gave back for each second that requests were spared or kept. */
const rowOf = ({ at_s, from, to, price }: Priced, hasHits: boolean): Cell[] => [
  duration(at_s),
  `${from} → ${to}${price.is_sampled ? " *" : ""}`,
  signed(price.gpu_s, duration(Math.abs(price.gpu_s))),
  signed(price.request_s, duration(Math.abs(price.request_s))),
  `${count(price.requests_helped)} / ${count(price.requests_hurt)}`,
  signed(price.ttft_s, duration(Math.abs(price.ttft_s))),
  price.mean_batch === null ? "–" : signed(price.mean_batch, Math.abs(price.mean_batch).toFixed(1)),
  ...(hasHits ? [price.hit_share === null ? "–" : signed(price.hit_share, percent(Math.abs(price.hit_share)))] : []),
];

/** The price list of a run's scale events; nothing where none was priced. */
export const priceLines = (run: Run, style: Style): string[] => {
  const priced = pricedEvents(run);
  if (priced.length === 0) return [];
  const horizon = Math.max(...priced.map(({ price }) => price.horizon_s));
  const note =
    `With the change less without it: GPU time paid, time that all requests spent in the system, requests whose first token came earlier and later, by how much in all, and the mean batch; up to ${duration(horizon)} after the decision, later decisions as they were. ` +
    `Prices need not add up.${priced.some(({ price }) => price.is_sampled) ? " *: drawn at random; the others are the largest changes." : ""}` +
    (priced.length < run.scale_events.length ? ` ${count(run.scale_events.length - priced.length)} more have no price.` : "");
  const hasHits = priced.some(({ price }) => (price.hit_share ?? 0) !== 0);
  const head = ["GPU time", "time in system", "earlier / later", "TTFT in all", "batch", ...(hasHits ? ["found in cache"] : [])];
  return [
    ...table(
      [right("at"), left("replicas"), ...head.map(right)],
      priced.map((event) => rowOf(event, hasHits)),
      style,
      "    ",
    ),
    ...wrap(note, "      ", undefined, "    "),
  ];
};
