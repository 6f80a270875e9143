import { variantsOf } from "../../kernels/index.ts";
import type { Tuning } from "./measurements/tuning.ts";
import type { Profile } from "./schema.ts";

/** A profile of an earlier run, and the hash that it is known by. */
export interface EarlierProfile {
  readonly hash: string;
  readonly profile: Profile;
}

/** What a choice was made on. Another driver compiles other code of the same text, and so does another version of the browser. */
export interface TunedOn extends Pick<Profile, "condition" | "runtime"> {
  readonly environment: Pick<Profile["environment"], "adapter" | "browser">;
}

const keyOf = ({ environment: { adapter, browser }, condition, runtime }: TunedOn): string => {
  const { vendor, architecture, device, description, backend, driver, features } = adapter;
  return JSON.stringify([vendor, architecture, device, description, backend, driver, [...features].sort(), browser, condition, runtime]);
};

/** Whether no variant that could win has come, gone or changed since. One that lacked a feature then lacks it still. */
const isOfToday = ({ family, dtype, shape, candidates }: Tuning, { verifications }: Profile): boolean => {
  const raced = new Map(candidates.map(({ variant, version }) => [variant, version]));
  const unable = new Set(verifications.flatMap(({ kind, variant }) => (kind === "unverified" ? [variant] : [])));
  const today = variantsOf(family).filter((variant) => variant.dtype === dtype && (variant.suits?.(shape) ?? true));
  const ids = new Set(today.map(({ id }) => id));
  return (
    candidates.every(({ variant }) => ids.has(variant)) &&
    today.every(({ id, version }) => (raced.has(id) ? raced.get(id) === version : unable.has(id)))
  );
};

/**
 * The choices of the newest earlier run on the same device, driver, runtime and condition, as far as they were made among today's variants.
 * Each names the profile that it was first made in.
 */
export const reusableTunings = (earlier: readonly EarlierProfile[], on: TunedOn): Tuning[] => {
  const newest = earlier
    .filter(({ profile }) => keyOf(profile) === keyOf(on) && profile.measurements.some(({ kind }) => kind === "tuning"))
    .toSorted((a, b) => Date.parse(a.profile.started_at) - Date.parse(b.profile.started_at))
    .at(-1);
  if (newest === undefined) return [];
  const { hash, profile } = newest;
  return profile.measurements
    .filter((measurement): measurement is Tuning => measurement.kind === "tuning")
    .filter((tuning) => isOfToday(tuning, profile))
    .map((tuning) => ({ ...tuning, reused_from: tuning.reused_from ?? hash }));
};
