import type { Run, ScaleEvent } from "../fleet/run.ts";
import type { LifeSpan } from "../replica/life-spans.ts";
import { toNanoseconds, toSeconds } from "../units.ts";

/**
 * An event of the Trace Event Format, which chrome://tracing and https://ui.perfetto.dev open. Times are in microseconds, and may have a
 * fraction.
 *
 * @see https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU
 */
export type TraceEvent = { readonly name: string; readonly pid: number; readonly args: Readonly<Record<string, unknown>> } & (
  | { readonly ph: "M"; readonly tid: number }
  | { readonly ph: "X"; readonly cat: string; readonly tid: number; readonly ts: number; readonly dur: number }
  | { readonly ph: "i"; readonly cat: string; readonly tid: number; readonly ts: number; readonly s: "t" }
  | { readonly ph: "C"; readonly ts: number }
);

/** The fleet's process; in it the autoscaler's decisions have a track, and each replica the one of its number after it. */
const FLEET = 1;
const DECISIONS = 1;
const trackOf = (replica: number): number => DECISIONS + 1 + replica;

const NANOSECONDS_PER_MICROSECOND = 1000;
const microseconds = (seconds: number): number => toNanoseconds(seconds) / NANOSECONDS_PER_MICROSECOND;

/** A run as a trace: what each replica did, what was decided and why, and the timeline as counters. */
export const traceEvents = (run: Run, spans: readonly LifeSpan[]): TraceEvent[] => [
  named("process_name", DECISIONS, `${run.scenario}: ${run.policy}`),
  ...(run.scale_events.length === 0 ? [] : track(DECISIONS, "scale decisions")),
  ...[...new Set(spans.map(({ replica }) => replica))].flatMap((replica) => track(trackOf(replica), `replica ${replica}`)),
  ...spans.map(phase),
  ...run.scale_events.map(decision),
  ...counters(run),
];

/** The whole file, one event a line. */
export const traceJson = (run: Run, spans: readonly LifeSpan[]): string => {
  const events = traceEvents(run, spans).map((event) => JSON.stringify(event));
  const about = { scenario: run.scenario, policy: run.policy, seed: run.seed, schema: run.schema };
  return `{"displayTimeUnit":"ms","otherData":${JSON.stringify(about)},"traceEvents":[\n${events.join(",\n")}\n]}\n`;
};

const named = (name: "process_name" | "thread_name", tid: number, value: string): TraceEvent => ({
  name,
  ph: "M",
  pid: FLEET,
  tid,
  args: { name: value },
});

/** A track's name and its place: viewers would sort by name, replica 10 before replica 2. */
const track = (tid: number, name: string): TraceEvent[] => [
  named("thread_name", tid, name),
  { name: "thread_sort_index", ph: "M", pid: FLEET, tid, args: { sort_index: tid } },
];

const phase = ({ replica, phase: name, from, to }: LifeSpan): TraceEvent => ({
  name,
  ph: "X",
  cat: "replica",
  pid: FLEET,
  tid: trackOf(replica),
  ts: from / NANOSECONDS_PER_MICROSECOND,
  dur: (to - from) / NANOSECONDS_PER_MICROSECOND,
  args: { replica, seconds: toSeconds(to - from) },
});

const decision = ({ at_s, from, to, because, ready_after_s }: ScaleEvent): TraceEvent => ({
  name: `${from} → ${to} replicas`,
  ph: "i",
  cat: "autoscaler",
  pid: FLEET,
  tid: DECISIONS,
  ts: microseconds(at_s),
  s: "t",
  args: { because, from, to, ...(to > from ? { ready_after_s } : {}) },
});

/** The timeline's windows, each value from where its window begins; a window without one leaves the counter as it was. */
const counters = ({ timeline, ended_at_s }: Run): TraceEvent[] => {
  const percent = (shares: readonly (number | null)[]) => shares.map((share) => (share === null ? null : 100 * share));
  const tracks: readonly (readonly [name: string, unit: string, values: readonly (number | null)[] | undefined])[] = [
    ["queue", "requests", timeline.queued],
    ["running", "requests", timeline.running],
    ["ready replicas", "replicas", timeline.replicas_ready],
    ["KV cache use", "%", percent(timeline.kv_use)],
    ["prefix cache hit rate", "%", timeline.hit_rate && percent(timeline.hit_rate)],
  ];
  return tracks.flatMap(([name, unit, values = []]) =>
    [...values, values.at(-1) ?? null].flatMap((value, index): TraceEvent[] =>
      value === null
        ? []
        : [{ name, ph: "C", pid: FLEET, ts: microseconds(Math.min(index * timeline.window_s, ended_at_s)), args: { [unit]: value } }],
    ),
  );
};
