import { measurementsOf } from "../calibration/measured.ts";
import { list, quantity } from "../format.ts";
import type { Profile } from "../profile/schema.ts";
import type { PeerTable } from "./peers-schema.ts";

/** Whether a peer table is of the device and condition that a profile is of. A software adapter is its processor. */
export const isOfSameDevice = (table: PeerTable, profile: Profile): boolean => {
  const { environment: theirs } = table;
  const { environment: own } = profile;
  const isSameAdapter = (["vendor", "architecture", "device", "description"] as const).every(
    (name) => theirs.adapter[name] === own.adapter[name],
  );
  const isSameProcessor = theirs.cpu === own.cpu && theirs.cpu_cores === own.cpu_cores;
  return (
    profile.runtime === "chrome" &&
    table.condition === profile.condition &&
    table.device === profile.device &&
    isSameAdapter &&
    (profile.is_gpu || isSameProcessor)
  );
};

/** What was another when the peer table was raced than in the profile beside it: browser, driver, Ballast, kernels. */
export const peersDifferences = (table: PeerTable, profile: Profile): string[] => {
  const { environment: theirs } = table;
  const { environment: own } = profile;
  const differ = (what: string, was: string, is: string): string[] =>
    was === is ? [] : [`${what} ${was || "unnamed"} (here ${is || "unnamed"})`];
  const versions = new Map(measurementsOf(profile, "kernel").map(({ variant, version }) => [variant, version]));
  const changed = Object.entries(table.kernels).filter(([variant, version]) => (versions.get(variant) ?? version) !== version);
  return [
    ...differ("browser", theirs.browser, own.browser),
    ...differ("driver", theirs.adapter.driver, own.adapter.driver),
    ...differ("Ballast", table.ballast_version, profile.ballast_version),
    ...(changed.length === 0 ? [] : [`${list(changed.map(([variant]) => variant))} in another version`]),
  ];
};

const AGES = [
  [86_400, "day"],
  [3600, "hour"],
  [60, "minute"],
] as const;

/** Time between two moments in words, in the largest unit that fits: "3 days". */
export const ageText = (from: string, to: string): string => {
  const seconds = Math.abs(Date.parse(to) - Date.parse(from)) / 1000;
  const [size, unit] = AGES.find(([least]) => seconds >= least) ?? [];
  return size === undefined ? "less than a minute" : quantity(Math.floor(seconds / size), unit ?? "");
};

/** What was another when the table was raced, as a clause. */
const differencesText = (table: PeerTable, profile: Profile): string => {
  const differences = peersDifferences(table, profile);
  return differences.length === 0 ? "with the same browser, driver and kernels" : `different then: ${list(differences)}`;
};

/**
 * Where the peer table of a report is from, how old it is, and what was another then, for a terminal.
 *
 * @param now when this is read
 */
export const peersSource = (path: string, table: PeerTable, profile: Profile, now: string): string =>
  `Beside other libraries: ${path}, raced ${ageText(table.ended_at, now)} ago, ${differencesText(table, profile)}`;

/** When a peer table was raced, beside the profile of the same report if there is one: the same whenever it is read. */
export const racedSentence = (table: PeerTable, profile: Profile | undefined): string => {
  const raced = `Raced ${table.ended_at.slice(0, 16).replace("T", " ")} UTC`;
  if (profile === undefined) return `${raced}.`;
  const order = Date.parse(table.ended_at) < Date.parse(profile.started_at) ? "before" : "after";
  return `${raced}, ${ageText(table.ended_at, profile.started_at)} ${order} the device was measured, ${differencesText(table, profile)}.`;
};
