import { InputError } from "../../errors.ts";
import type { TrafficOf } from "../schema.ts";
import type { NamedText } from "../trace/agent-sessions.ts";
import { parseLengths, parseRates } from "./parse.ts";
import type { ClientStatistics, LengthWindow, RateWindow } from "./statistics.ts";

const RATES = /(?:^|[/ ])chunk-(\d+)-trace\.csv$/u;
const LENGTHS = /(?:^|[/ ])chunk-(\d+)-dataset\.json$/u;

/** Whether a file's name is that of a client's rates. */
export const isClientRates = (name: string): boolean => RATES.test(name);

/** Whether a file's name is that of a client's lengths. */
export const isClientDataset = (name: string): boolean => LENGTHS.test(name);

/** Clients whose lengths are not known, in words; null where there are none. */
export const unknownLengthsNoteOrNull = (clients: readonly ClientStatistics[]): string | null => {
  const unknown = clients.filter(({ lengths }) => lengths.length === 0);
  return unknown.length === 0
    ? null
    : `${unknown.length} of ${clients.length} clients (${unknown.map(({ id }) => id).join(", ")}) come without lengths: their requests take those of the others, in proportion to what each sends.`;
};

export const CLIENTS_NOTE =
  "The clients' statistics give prompt and output lengths apart: they are drawn independently, so that a long prompt has no longer answer than a short one. Requests have no prompt tokens in common.";

/**
 * Statistics of a service's clients: `chunk-<client>-trace.csv` and `chunk-<client>-dataset.json`; other files are skipped. A client's lengths may
 * be missing.
 *
 * @param files all of both kinds, in any order
 * @param place what they came from, for messages
 * @throws InputError where a file is malformed, or there are no rates, or no lengths
 * @see Xiang et al. 2025, ServeGen, https://arxiv.org/abs/2505.09999
 */
export const readClients = async (files: AsyncIterable<NamedText>, place: string): Promise<ClientStatistics[]> => {
  const rates = new Map<number, RateWindow[]>();
  const lengths = new Map<number, LengthWindow[]>();
  for await (const { name, text } of files) {
    const [client, dataset] = [RATES.exec(name)?.[1], LENGTHS.exec(name)?.[1]];
    if (client !== undefined) rates.set(Number(client), parseRates(text, name));
    if (dataset !== undefined) lengths.set(Number(dataset), parseLengths(text, name));
  }
  const expected = (what: string, files: string): InputError =>
    new InputError(place, `expected ${what}, got none`, `ServeGen's data have them as ${files}.`);
  if (rates.size === 0) throw expected("clients' rates", "chunk-<client>-trace.csv");
  const clients = [...rates].sort(([a], [b]) => a - b).map(([id, windows]) => ({ id, rates: windows, lengths: lengths.get(id) ?? [] }));
  if (clients.every((client) => client.lengths.length === 0)) throw expected("clients' lengths", "chunk-<client>-dataset.json");
  return clients;
};

/**
 * Holds what a scenario asks for against how long the statistics are.
 *
 * @throws InputError where they end before the traffic does
 */
export const checkSpan = (clients: readonly ClientStatistics[], { traces, start_s, duration_s }: TrafficOf<"clients">): void => {
  const end = clients.reduce((latest, { rates }) => Math.max(latest, rates.at(-1)?.until ?? 0), 0);
  if (start_s + duration_s <= end) return;
  throw new InputError(
    traces,
    `expected traffic from start_s on for duration_s within the ${end} s of the statistics, got ${start_s} and ${duration_s}`,
    "Begin earlier, or ask for less.",
  );
};
