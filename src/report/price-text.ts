import type { ChurnPrice, EventPrice, Run, ScaleEvent } from "../fleet/run.ts";
import { count, duration, percent, quantity } from "../format.ts";
import { type Cell, left, right, type Style, table, wrap } from "./layout.ts";

type Priced = ScaleEvent & { readonly price: EventPrice };

/** What rounding leaves of equal sums is nothing. */
const LEAST = 1e-6;

const signed = (value: number, words: string): string => (Math.abs(value) < LEAST ? "0" : `${value > 0 ? "+" : "−"}${words}`);

const signedCount = (value: number): string => signed(value, count(Math.round(Math.abs(value))));

const FAILED_NOTE =
  " Requests that failed on either side are not in the times to first token; in the time in the system they are until they failed.";

const hasFailed = ({ requests: { rejected, timed_out, cut_off, lost } }: Run): boolean =>
  rejected + timed_out + (cut_off ?? 0) + (lost ?? 0) > 0;

/** Whether more requests failed on one side than on the other. */
const differs = (prices: readonly { readonly requests_failed?: number | undefined }[]): boolean =>
  prices.some(({ requests_failed = 0 }) => Math.abs(requests_failed) > LEAST);

/** What churn has cost in all, as a sentence; null where that was not asked for. */
export const churnOrNull = ({ churn }: Run): string | null => {
  if (churn === undefined) return null;
  const { unready_gpu_s, request_s, ttft_s, requests_failed = 0 } = churn.total;
  const failed = requests_failed === 0 ? "" : ` ${signedCount(requests_failed)} requests failed.`;
  return `Against the same decisions carried out at once and with warm caches, scaling cost ${duration(Math.max(0, unready_gpu_s))} of GPU time before replicas were ready, ${signed(request_s, duration(Math.abs(request_s)))} of time in the system and ${signed(ttft_s, duration(Math.abs(ttft_s)))} to first tokens, of all requests together.${failed}`;
};

/** The scale events that have a price, in order of time. */
export const pricedEvents = (run: Run): Priced[] => run.scale_events.filter((event): event is Priced => (event.price ?? null) !== null);

/** What a price says in a line: the GPU time that an event took or gave back for each second that requests were spared or kept. */
const rowOf = ({ at_s, from, to, price }: Priced, hasHits: boolean, hasFailures: boolean): Cell[] => [
  duration(at_s),
  `${from} → ${to}${price.is_sampled ? " *" : ""}`,
  signed(price.gpu_s, duration(Math.abs(price.gpu_s))),
  signed(price.request_s, duration(Math.abs(price.request_s))),
  `${count(price.requests_helped)} / ${count(price.requests_hurt)}`,
  signed(price.ttft_s, duration(Math.abs(price.ttft_s))),
  ...(hasFailures ? [signedCount(price.requests_failed ?? 0)] : []),
  price.mean_batch === null ? "–" : signed(price.mean_batch, Math.abs(price.mean_batch).toFixed(1)),
  ...(hasHits ? [price.hit_share === null ? "–" : signed(price.hit_share, percent(Math.abs(price.hit_share)))] : []),
];

/** What single events and all of them together cost, as a table; nothing where that was not asked for. */
const churnLines = (run: Run, style: Style): string[] => {
  const { churn } = run;
  if (churn === undefined) return [];
  const { events_exact: exact, events_sampled: sampled, events_not_priced: others } = churn;
  const hasFailures = differs([churn.total, churn.single]);
  const row = (name: string, { unready_gpu_s, gpu_s, request_s, ttft_s, requests_failed = 0 }: ChurnPrice): Cell[] => [
    name,
    ...[unready_gpu_s, gpu_s, request_s, ttft_s].map((time) => signed(time, duration(Math.abs(time)))),
    ...(hasFailures ? [signedCount(requests_failed)] : []),
  ];
  const priced =
    sampled === 0
      ? `all ${quantity(exact, "event")} priced`
      : `${count(exact)} priced, ${count(sampled)} drawn for ${count(sampled + others)}`;
  const note =
    `Against the same decisions with replicas that are ready at once and prefix caches that are warm, up to ${duration(churn.until_s)}. ` +
    `Interaction: what the events cost together and not alone, or beyond a price's horizon.${hasFailed(run) || hasFailures ? FAILED_NOTE : ""}`;
  return [
    "",
    ...table(
      [
        left("churn"),
        ...["GPU time before ready", "GPU time", "time in system", "TTFT in all", ...(hasFailures ? ["failed"] : [])].map(right),
      ],
      [
        row("in all", churn.total),
        row(`single events (${others > 0 && sampled === 0 ? `${count(exact)} of ${count(exact + others)} priced` : priced})`, churn.single),
        row("interaction", churn.interaction),
      ],
      style,
      "    ",
    ),
    ...wrap(note, "      ", undefined, "    "),
  ];
};

/** The price list of a run's scale events; nothing where none was priced. */
export const priceLines = (run: Run, style: Style): string[] => {
  const priced = pricedEvents(run);
  if (priced.length === 0) return churnLines(run, style).slice(1);
  const horizon = Math.max(...priced.map(({ price }) => price.horizon_s));
  const hasFailures = differs(priced.map(({ price }) => price));
  const note =
    `With the change less without it: GPU time paid, time that all requests spent in the system, requests whose first token came earlier and later, by how much in all, and the mean batch; up to ${duration(horizon)} after the decision, later decisions as they were. ` +
    `Prices need not add up.${priced.some(({ price }) => price.is_sampled) ? " *: drawn at random; the others are the largest changes." : ""}` +
    (priced.length < run.scale_events.length ? ` ${count(run.scale_events.length - priced.length)} more have no price.` : "") +
    (hasFailed(run) || hasFailures ? FAILED_NOTE : "");
  const hasHits = priced.some(({ price }) => (price.hit_share ?? 0) !== 0);
  const head = [
    "GPU time",
    "time in system",
    "earlier / later",
    "TTFT in all",
    ...(hasFailures ? ["failed"] : []),
    "batch",
    ...(hasHits ? ["found in cache"] : []),
  ];
  return [
    ...table(
      [right("at"), left("replicas"), ...head.map(right)],
      priced.map((event) => rowOf(event, hasHits, hasFailures)),
      style,
      "    ",
    ),
    ...wrap(note, "      ", undefined, "    "),
    ...churnLines(run, style),
  ];
};
