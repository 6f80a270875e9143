import { limit, plain } from "../../format.ts";
import { variedCvs } from "../../scenario/burstiness.ts";
import { createStreams } from "../../sim/streams.ts";
import type { TrafficData } from "../../traffic/data.ts";
import { generate } from "../../traffic/generate.ts";
import type { Request } from "../../traffic/request.ts";
import type { Traffic } from "../../traffic/schema.ts";
import type { Alternative } from "../search/question.ts";

/** Ways in which requests may have come inside the windows that a Prometheus counted them in; none of other traffic. */
export const alternativesOf = (traffic: Traffic, data: TrafficData | undefined): Alternative[] => {
  if (traffic.kind !== "prometheus" || data?.prometheus === undefined) return [];
  const { window } = data.prometheus.arrivals;
  return variedCvs(traffic, data).map((cv): Alternative => {
    const drawn = new Map<number, readonly Request[]>();
    return {
      of: `bursts inside the ${limit(window)} between two samples`,
      name: `gaps of coefficient of variation ${plain(cv)}`,
      requestsOf: (seed) => {
        const requests = drawn.get(seed) ?? [...generate({ ...traffic, cv }, createStreams(seed), data)];
        drawn.set(seed, requests);
        return requests;
      },
    };
  });
};
