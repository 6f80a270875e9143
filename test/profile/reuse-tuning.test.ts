import { describe, expect, it } from "vitest";
import { variantsOf } from "../../kernels/index.ts";
import type { Tuning } from "../../src/profile/measurements/tuning.ts";
import { reusableTunings, type TunedOn } from "../../src/profile/reuse-tuning.ts";
import type { Profile } from "../../src/profile/schema.ts";
import { profileOf } from "../calibration/synthetic.ts";

const shape = { m: 16, n: 64, k: 64 };
const today = variantsOf("matmul").filter(({ dtype, suits }) => dtype === "f32" && (suits?.(shape) ?? true));
const [first, second] = today;

const tuning = (changes: Partial<Tuning> = {}): Tuning => ({
  kind: "tuning",
  id: "tuning matmul f32 m=16 n=64 k=64",
  family: "matmul",
  dtype: "f32",
  shape,
  cache: "cold",
  default: first!.id,
  choice: second!.id,
  runner_up: first!.id,
  candidates: today.map(({ id, version }) => ({ variant: id, version, rounds: 1, race_s: [1], fresh_s: null })),
  reused_from: null,
  ...changes,
});

const profile = (tunings: Tuning[], changes: Partial<Profile> = {}): Profile => ({ ...profileOf(tunings), verifications: [], ...changes });
const plain = profile([tuning()]);
const on: TunedOn = { environment: plain.environment, condition: plain.condition, runtime: plain.runtime };
const { adapter } = plain.environment;
const elsewhere = (changes: Partial<TunedOn["environment"]>): Partial<TunedOn> => ({ environment: { ...plain.environment, ...changes } });
const reused = (earlier: Profile, now: Partial<TunedOn> = {}) => reusableTunings([{ hash: "abc", profile: earlier }], { ...on, ...now });

describe("choices of an earlier run", () => {
  it("are taken over on the same device, driver, runtime and condition, and name the profile", () => {
    expect(reused(plain)).toEqual([tuning({ reused_from: "abc" })]);
  });

  it("go on to name the profile that they were first made in", () => {
    expect(reused(profile([tuning({ reused_from: "older" })]))[0]).toMatchObject({ reused_from: "older" });
  });

  it.each<[string, Partial<TunedOn>]>([
    ["another driver", elsewhere({ adapter: { ...adapter, driver: "another" } })],
    ["another device", elsewhere({ adapter: { ...adapter, description: "another" } })],
    ["another feature", elsewhere({ adapter: { ...adapter, features: [...adapter.features, "another"] } })],
    ["another browser", elsewhere({ browser: "another" })],
    ["the other condition", { condition: on.condition === "web" ? "native-like" : "web" }],
    ["the other runtime", { runtime: on.runtime === "chrome" ? "dawn" : "chrome" }],
  ])("are not taken over with %s", (_, now) => {
    expect(reused(plain, now)).toEqual([]);
  });

  const without = today.slice(1).map(({ id, version }) => ({ variant: id, version, rounds: 1, race_s: [1], fresh_s: null }));

  it.each<[string, Partial<Tuning>]>([
    [
      "changed",
      { candidates: tuning().candidates.map((candidate, i) => (i === 0 ? { ...candidate, version: candidate.version + 1 } : candidate)) },
    ],
    ["came", { candidates: without }],
    ["went", { candidates: [...tuning().candidates, { variant: "matmul/gone-f32", version: 1, rounds: 1, race_s: [1], fresh_s: null }] }],
  ])("are not taken over where a variant %s since", (_, changes) => {
    expect(reused(profile([tuning(changes)]))).toEqual([]);
  });

  it("are taken over where a variant did not race for want of a feature, but not where it was wrong then: it may be right now", () => {
    const verified = (kind: "failed" | "unverified"): Profile["verifications"] => [{ kind, variant: first!.id, because: "it says" }];
    expect(reused(profile([tuning({ candidates: without })], { verifications: verified("unverified") }))).toHaveLength(1);
    expect(reused(profile([tuning({ candidates: without })], { verifications: verified("failed") }))).toEqual([]);
  });

  it("are those of the newest run", () => {
    const at = (started_at: string, choice: string) => ({ hash: started_at, profile: profile([tuning({ choice })], { started_at }) });
    const earlier = [at("2026-11-02T00:00:00.000Z", first!.id), at("2026-11-01T00:00:00.000Z", second!.id)];
    expect(reusableTunings(earlier, on)[0]?.choice).toBe(first!.id);
  });
});
