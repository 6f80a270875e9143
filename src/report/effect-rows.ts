import type { Run, ScaleEvent } from "../fleet/run.ts";
import type { ScaleEffect } from "../fleet/scale-effect-schema.ts";
import { count, duration, durationOrNone, limit, mean, NONE, percent } from "../format.ts";

type Observed = ScaleEvent & { readonly effect: ScaleEffect };
type Part = ScaleEffect["before"];

/** How long a scale-up took until all that it added were ready; where some were given up before, that it never was, though others served. */
export const readyAfter = ({ from, to, ready_after_s: ready, effect }: ScaleEvent): string =>
  to <= from ? "" : ready === null && effect?.helped_after_s != null ? "not all" : durationOrNone(ready);

/** What a column says of each scale event. `isBrief`: a terminal has it too. */
interface Column {
  readonly heading: string;
  readonly isBrief: boolean;
  readonly cell: (event: Observed) => string;
}

const parts = ({ effect }: Observed, of: (part: Part) => string): string =>
  [effect.before, effect.during, effect.after].map(of).join(" → ");
const batch = ({ mean_batch }: Part): string => (mean_batch === null ? NONE : mean(mean_batch));
const hits = ({ hit_rate }: Part): string => (hit_rate === null ? NONE : percent(hit_rate));
const isUp = ({ from, to }: ScaleEvent): boolean => to > from;
const signed = (time: number | null): string =>
  time === null ? NONE : time === 0 ? "0" : `${time > 0 ? "+" : "−"}${duration(Math.abs(time))}`;

const COLUMNS: readonly Column[] = [
  { heading: "at", isBrief: true, cell: ({ at_s }) => duration(at_s) },
  { heading: "replicas", isBrief: true, cell: ({ from, to }) => `${from} → ${to}` },
  {
    heading: "served after",
    isBrief: true,
    cell: (event) => (isUp(event) ? durationOrNone(event.effect.helped_after_s) : ""),
  },
  { heading: "settled after", isBrief: false, cell: ({ effect }) => durationOrNone(effect.settled_after_s) },
  {
    heading: "waited",
    isBrief: true,
    cell: ({ effect }) => (effect.requests_waited === null ? "" : count(effect.requests_waited)),
  },
  { heading: "TTFT p99", isBrief: true, cell: (event) => parts(event, ({ ttft_p99_s }) => durationOrNone(ttft_p99_s)) },
  { heading: "TPOT p50", isBrief: false, cell: (event) => parts(event, ({ tpot_p50_s }) => durationOrNone(tpot_p50_s)) },
  { heading: "mean batch", isBrief: true, cell: (event) => parts(event, batch) },
  { heading: "hit rate", isBrief: false, cell: (event) => parts(event, hits) },
  { heading: "loading", isBrief: true, cell: (event) => (isUp(event) ? duration(event.effect.load_gpu_s) : "") },
  { heading: "refilling", isBrief: false, cell: ({ effect }) => durationOrNone(effect.refill_gpu_s) },
  { heading: "by batch", isBrief: false, cell: ({ effect }) => signed(effect.batch_gpu_s) },
];

/** What happened around scale events, event by event; null where no run recorded it. */
export interface EffectRows {
  readonly headings: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly note: string;
}

/**
 * @param isBrief only what a terminal has room for
 * @param most so many events at most
 */
export const effectRowsOrNull = (run: Run, isBrief: boolean, most = Infinity): EffectRows | null => {
  const observed = run.scale_events.filter((event): event is Observed => event.effect !== undefined);
  const [first] = observed;
  if (first === undefined) return null;
  const hasHits = (run.prefix_cache?.hit_tokens ?? 0) > 0;
  const columns = COLUMNS.filter(
    ({ heading, isBrief: isInBoth }) => (isInBoth || !isBrief) && (hasHits || !["hit rate", "refilling"].includes(heading)),
  );
  const window = limit(first.effect.window_s);
  const note =
    `Before → during → after: the ${window} before the decision, from it until all that it added were ready (or its last victim was gone), and the ${window} from then on; requests by their arrival. Waited: arrived during, and had no first token by its end. Loading: GPU time paid before readiness.` +
    (isBrief
      ? ""
      : ` ${hasHits ? "Refilling: GPU time, at the least, of prompt tokens that the hit rate of before would have found. " : ""}By batch: busy GPU time of after, less what it would have been with the batch of before.`) +
    ` Observed, so what the traffic did meanwhile is in it; --price-events compares.`;
  return {
    headings: columns.map(({ heading }) => heading),
    rows: observed.slice(0, most).map((event) => columns.map(({ cell }) => cell(event))),
    note,
  };
};
