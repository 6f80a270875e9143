import type { Profile } from "./schema.ts";

/** Names of the machine and of its user, which a profile that others will read must not carry. */
export interface Identity {
  readonly hostName: string;
  readonly userName: string;
}

/**
 * A profile fit to be published: no host name, user name or path. What was measured, and every flag, stays.
 *
 * Only text that the machine wrote is touched (launch flags, process names, notes, reasons); ids, variants and device names
 * are Ballast's and the browser's own words.
 */
export const stripProfile = (profile: Profile, identity: Identity): Profile => {
  const clean = (text: string) => withoutNames(withoutPaths(text), identity);
  const { environment } = profile;
  return {
    ...profile,
    environment: {
      ...environment,
      os: clean(environment.os),
      launch_flags: environment.launch_flags.map(clean),
      weakening_flags: environment.weakening_flags.map(({ flag, what }) => ({ flag: clean(flag), what: clean(what) })),
      other_gpu_processes: environment.other_gpu_processes.map((program) => clean(fileName(program))),
    },
    native_reference:
      profile.native_reference === null ? null : { ...profile.native_reference, notes: profile.native_reference.notes.map(clean) },
    verifications: profile.verifications.map((verification) =>
      verification.kind === "passed" ? verification : { ...verification, because: clean(verification.because) },
    ),
    measurements: profile.measurements.map((measurement) =>
      "missing" in measurement && measurement.missing !== null ? { ...measurement, missing: clean(measurement.missing) } : measurement,
    ),
    left_out: profile.left_out.map(({ id, because }) => ({ id, because: clean(because) })),
    notes: profile.notes.map(clean),
  };
};

/** An absolute path, of Unix or Windows, or one below a home folder; `a/b` in the middle of a word is none. */
const path = /(?<=^|[\s=:"'(,;])(?:file:\/\/|~)?(?:\/|[A-Za-z]:[\\/]|\\\\)[^\s"'(),;]+/gu;

const withoutPaths = (text: string): string => text.replace(path, "<path>");

/** What a program is called, without where it lies. */
const fileName = (program: string): string => /^(?:.*[\\/])?([^\\/]+)$/u.exec(program)?.[1] ?? program;

const withoutNames = (text: string, { hostName, userName }: Identity): string =>
  [
    [hostName, "<host>"],
    [hostName.split(".")[0] ?? "", "<host>"],
    [userName, "<user>"],
  ].reduce((cleaned, [name = "", instead = ""]) => (name === "" ? cleaned : cleaned.replace(wholeWord(name), instead)), text);

const wholeWord = (name: string): RegExp => new RegExp(`(?<![\\w-])${name.replace(/[.*+?^${}()|[\]\\]/gu, "\\$&")}(?![\\w-])`, "giu");
