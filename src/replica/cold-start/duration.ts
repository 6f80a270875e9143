import { z } from "zod";
import { ln } from "../../math.ts";
import type { Stream } from "../../sim/streams.ts";
import type { Seconds } from "../../units.ts";

const time = z.number().min(0);

/** A time that varies: uniform, log-normal by its median and 99th percentile, or one of a list. */
export const distributionSchema = z
  .discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("constant"), seconds: time }),
    z
      .strictObject({ kind: z.literal("uniform"), min_s: time, max_s: time })
      .refine(({ min_s, max_s }) => max_s >= min_s, { message: "expected at least min_s", path: ["max_s"] }),
    z
      .strictObject({ kind: z.literal("log-normal"), p50_s: z.number().positive(), p99_s: z.number().positive() })
      .refine(({ p50_s, p99_s }) => p99_s >= p50_s, { message: "expected at least p50_s", path: ["p99_s"] }),
    z.strictObject({
      kind: z.literal("empirical"),
      seconds: z.array(time).min(1).meta({ description: "Times that were seen; each draw is one of them" }),
    }),
  ])
  .meta({ id: "Duration", description: "A time in seconds that is drawn anew for every replica" });

/** How long something takes: seconds, always the same, or a distribution of them. */
export const durationSchema = z.union([time, distributionSchema]);
export type Duration = z.infer<typeof durationSchema>;

/** The 99th percentile of a normal of mean 0 and standard deviation 1. */
const NORMAL_P99 = 2.3263478740408408;

/** One draw. A constant one does not ask for the stream. */
export const drawDuration = (duration: Duration, stream: () => Stream): Seconds => {
  if (typeof duration === "number") return duration;
  switch (duration.kind) {
    case "constant":
      return duration.seconds;
    case "uniform":
      return duration.min_s + (duration.max_s - duration.min_s) * stream().uniform();
    case "log-normal":
      return stream().logNormal(ln(duration.p50_s), ln(duration.p99_s / duration.p50_s) / NORMAL_P99);
    case "empirical": {
      const { seconds } = duration;
      return seconds.length === 1 ? seconds[0]! : seconds[Math.floor(stream().uniform() * seconds.length)]!;
    }
    default:
      return duration satisfies never;
  }
};

/** The median. */
export const typicalDuration = (duration: Duration): Seconds => {
  if (typeof duration === "number") return duration;
  switch (duration.kind) {
    case "constant":
      return duration.seconds;
    case "uniform":
      return (duration.min_s + duration.max_s) / 2;
    case "log-normal":
      return duration.p50_s;
    case "empirical": {
      const sorted = [...duration.seconds].sort((a, b) => a - b);
      const middle = (sorted.length - 1) / 2;
      return (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle)]!) / 2;
    }
    default:
      return duration satisfies never;
  }
};

/** A duration that is so many times as long in every draw. */
export const scaledDuration = (duration: Duration, factor: number): Duration => {
  if (typeof duration === "number") return duration * factor;
  switch (duration.kind) {
    case "constant":
      return { ...duration, seconds: duration.seconds * factor };
    case "uniform":
      return { ...duration, min_s: duration.min_s * factor, max_s: duration.max_s * factor };
    case "log-normal":
      return { ...duration, p50_s: duration.p50_s * factor, p99_s: duration.p99_s * factor };
    case "empirical":
      return { ...duration, seconds: duration.seconds.map((seconds) => seconds * factor) };
    default:
      return duration satisfies never;
  }
};
