import { describe, expect, it } from "vitest";
import type { Stopping } from "../../src/profile/measurements/timing.ts";
import type { MeasurementOf, Profile } from "../../src/profile/schema.ts";
import { outliersText, unmetList, unmetSentence } from "../../src/report/sampling-text.ts";

const kernel = (id: string, stopping: Stopping | null, timing: Partial<MeasurementOf<"kernel">["timing"]> = {}): MeasurementOf<"kernel"> =>
  ({
    id,
    kind: "kernel",
    timing: {
      kind: "gpu-timestamp",
      samples_s: [1, 1, 1],
      runs_per_sample: 1,
      dropped: 0,
      throttled: 0,
      visits: [],
      process_noise: null,
      ...timing,
      stopping,
    },
  }) as unknown as MeasurementOf<"kernel">;
const profileOf = (...measurements: MeasurementOf<"kernel">[]) => ({ measurements }) as unknown as Profile;
const stopped = (reason: Stopping["reason"], noise: number): Stopping => ({ reason, noise, noise_limit: 0.02 });

describe("how kernels were sampled", () => {
  it("names the criterion that was not met, of how many, and the worst noise", () => {
    const profile = profileOf(
      kernel("a", stopped("noise", 0.019)),
      kernel("b", stopped("time-out", 0.09)),
      kernel("c", stopped("entropy", 0.3)),
      kernel("d", stopped("most-samples", 0.03)),
      kernel("e", stopped("time-out", 0.04)),
      kernel("of an older profile", null),
    );
    expect(unmetSentence(profile)).toMatchInlineSnapshot(
      `"3 of 5 kernels less precise than asked for (2 by time-out and 1 by most-samples): noise up to 9.0 % against a limit of 2.0 %."`,
    );
    expect(unmetList(profile)).toMatchInlineSnapshot(`
      [
        "b: time-out after 3 samples, noise 9.0 % against 2.0 %",
        "e: time-out after 3 samples, noise 4.0 % against 2.0 %",
        "d: most-samples after 3 samples, noise 3.0 % against 2.0 %",
      ]
    `);
  });

  it("says nothing where every criterion was met", () => {
    const profile = profileOf(kernel("a", stopped("noise", 0.01)), kernel("older", null));
    expect(unmetSentence(profile)).toBe("");
    expect(unmetList(profile)).toEqual([]);
  });

  it("classes outliers, and counts what was dropped", () => {
    const body = [10, 10, 10, 15, 20, 20, 20];
    expect(outliersText(kernel("a", null, { samples_s: [...body, 36, 51, -21, ...body], dropped: 3, throttled: 8 }))).toMatchInlineSnapshot(
      `"1 mild, 2 severe, 3 dropped, 8 throttled"`,
    );
    expect(outliersText(kernel("a", null))).toBe("–");
  });
});
