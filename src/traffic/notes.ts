import { CLIENTS_NOTE, unknownLengthsNoteOrNull } from "./clients/read.ts";
import type { TrafficData } from "./data.ts";
import { PROMETHEUS_NOTE } from "./prometheus/read.ts";
import type { Traffic } from "./schema.ts";
import { AGENT_SESSIONS_NOTE } from "./trace/agent-sessions.ts";
import { MOONCAKE_NOTE } from "./trace/mooncake.ts";

/** What traffic of this kind leaves out or to chance, and whoever reads a result has to know. */
export const trafficNotes = (traffic: Traffic, data: TrafficData): string[] => {
  if (traffic.kind === "clients") return [CLIENTS_NOTE, unknownLengthsNoteOrNull(data.clients)].filter((note) => note !== null);
  if (traffic.kind === "prometheus") return [PROMETHEUS_NOTE, ...(data.prometheus?.notes ?? [])];
  if (traffic.kind !== "trace") return [];
  if (traffic.format === "mooncake") return [MOONCAKE_NOTE];
  return traffic.format === "agent-sessions" ? [AGENT_SESSIONS_NOTE] : [];
};
