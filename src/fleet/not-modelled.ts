/** What this simulator leaves out, as said in every run. */
export const NOT_MODELLED: readonly string[] = [
  "Reading weights from storage or network: a measured weights phase begins in host memory; give weights_s to include it.",
  "Network and gateway time between client and server.",
  "Tokenisation, detokenisation and other CPU work outside the engine step, and contention for the CPU.",
  "Asynchronous scheduling: each step is scheduled when the one before has ended.",
  "Speculative decoding, structured output, LoRA adapters, multimodal inputs, and key-value transfer between servers.",
  "Clients that time out, give up or retry.",
  "Failures of replicas and nodes.",
  "Variation of step times and cold starts: each takes its calibrated time.",
  "Replicas that load at the same time do not slow each other down.",
  "A draining replica finishes all it holds, its queue included, however long that takes.",
  "The autoscaler, and a router without a scrape interval, see the servers as they are at that instant, without the delay of scraping.",
];
