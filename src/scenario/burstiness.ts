import type { TrafficData } from "../traffic/data.ts";
import type { Traffic } from "../traffic/schema.ts";
import type { Seconds } from "../units.ts";

/** Windows up to this length are taken to show what bursts there are: their inside is not varied. */
const FINE_WINDOW: Seconds = 10;

/** Coefficients of variation that gaps inside a window are varied to, besides the scenario's own. */
const VARIED = [2, 4];

/** Coefficients of variation that gaps may as well have had between two samples; none where the samples are close, or a request's own time is known. */
export const variedCvs = (traffic: Traffic, { prometheus }: TrafficData): number[] =>
  traffic.kind !== "prometheus" || (prometheus?.arrivals.window ?? 0) <= FINE_WINDOW ? [] : VARIED.filter((cv) => cv > traffic.cv);
