import type { TrafficDescription } from "./describe.ts";

/** A description with the names and units that files have. */
export const descriptionJson = (found: TrafficDescription): Record<string, unknown> => ({
  requests: found.requests,
  span_s: found.span,
  requests_per_s: found.rate,
  in_10_s_bins: burstinessJson(found.in10s),
  in_60_s_bins: burstinessJson(found.in60s),
  prompt_tokens: lengthsJson(found.promptTokens),
  output_tokens: lengthsJson(found.outputTokens),
  prefix_reuse:
    found.prefixes === null
      ? null
      : { share_of_prompt_tokens: found.prefixes.share, requests: found.prefixes.requests, of_requests: found.prefixes.of },
  sessions:
    found.sessions === null
      ? null
      : {
          sessions: found.sessions.sessions,
          requests_per_session: found.sessions.turns,
          think_s: found.sessions.thinkTime,
        },
  priorities: found.priorities,
  timeline: { window_s: found.timeline.window, requests_per_s: found.timeline.rates },
});

const burstinessJson = (found: TrafficDescription["in10s"]) =>
  found === null ? null : { index_of_dispersion: found.indexOfDispersion, peak_to_mean: found.peakToMean };

const lengthsJson = ({ mean, p50, p90, p99, max, total }: TrafficDescription["promptTokens"]) => ({ mean, p50, p90, p99, max, total });
