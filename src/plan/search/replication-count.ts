/** Requests over all replications of one candidate: where they do not tell, a few more would not either. */
const MOST_REQUESTS = 400_000;
const LEAST = 16;
const MOST = 1024;

/** How often generated traffic is drawn anew at most, where the user does not say: as often as makes MOST_REQUESTS, at least LEAST and at most MOST times. */
export const replicationsFor = (requests: number): number => Math.min(MOST, Math.max(LEAST, Math.floor(MOST_REQUESTS / requests)));
