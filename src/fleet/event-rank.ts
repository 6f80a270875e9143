/** Kinds of events by rank: of those due at one instant the smaller rank is first. The comment says whose number the sequence is. */
export const eventRank = {
  /** A replica's cold-start phase ends. */
  phase: 0,
  /** Transfers over a link that starting replicas share end (the link's number). */
  transfer: 1,
  /** A request of the traffic arrives (0). */
  arrival: 2,
  /** A session's next request arrives (its number in order of scheduling). After the traffic's own. */
  followUp: 3,
  /** A replica's step ends, the next one starts. After the arrivals of the same instant, so that the next step sees them. */
  step: 4,
  /** A time-out, or the end of a wait, of a request (its slot); one that no longer holds is ignored. After the steps of the same instant: a token in the last moment counts. */
  due: 5,
  /** The gateway's queue is handed to replicas that take more (0). After the steps of the same instant, which have made room. */
  dispatch: 6,
  /** The autoscaler decides (0), or a change decided beforehand is carried out (its number, from 1). */
  autoscale: 7,
  /** The fleet's sums are read (what for, see ScaleEffects). After all else that happens at this instant. */
  reading: 8,
} as const;
