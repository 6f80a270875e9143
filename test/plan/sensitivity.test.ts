import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { builtInModel } from "../../src/model/built-in.ts";
import { plan } from "../../src/plan/plan.ts";
import { planSchema, type SensitivityRow } from "../../src/plan/schema.ts";
import { ranked } from "../../src/plan/sensitivity/sensitivity-part.ts";
import { withColdStart } from "../../src/plan/sensitivity/shorter-start.ts";
import { type Duration, scaledDuration, typicalDuration } from "../../src/replica/cold-start/duration.ts";
import { parseScenario } from "../../src/scenario/parse.ts";
import { deviceModel } from "../fixtures.ts";
import { runs } from "../runs.ts";
import { CHAT_SCENARIO as generated, question } from "./questions.ts";

const model = builtInModel("Llama-3.1-8B");
const ask = (against: Parameters<typeof plan>[0]["sensitivity"]) =>
  plan({
    from: parseScenario(generated, "chat.yaml"),
    device: deviceModel(),
    model,
    trace: null,
    replications: 2,
    ...(against === undefined ? {} : { sensitivity: against }),
  }).plan;

describe("what would change the answer", () => {
  const found = ask({ against: [{ name: "a twin", device: deviceModel() }] });
  const { base, rows } = found.sensitivity ?? { base: null, rows: [] };
  const row = (name: string): SensitivityRow | undefined => rows.find((each) => each.name === name);

  it("is what its schema says, and absent where it is not asked for", () => {
    expect(planSchema.parse(found)).toEqual(found);
    expect(ask(undefined).sensitivity).toBeUndefined();
    expect(found.notes.join(" ")).toContain("bursts double where each 10 s has twice the deviation");
    expect(rows.map(({ name }) => name).sort()).toEqual([
      "bursts double",
      "cold starts take half as long",
      "it runs on a twin",
      "traffic grows by half",
    ]);
  });

  it("is nothing on a device like its own", () => {
    expect({ ...row("it runs on a twin"), name: "as it is" }).toEqual(base);
  });

  it("is nothing for a fixed number where cold starts are shorter, and more where there is more traffic", () => {
    expect(row("cold starts take half as long")).toMatchObject({ fixed: base?.fixed, breaks_at_rate: base?.breaks_at_rate });
    const grown = row("traffic grows by half");
    expect(grown?.fixed?.replicas).toBeGreaterThan(base?.fixed?.replicas ?? Infinity);
    expect(grown?.breaks_at_rate).toBeLessThan(base?.breaks_at_rate ?? 0);
  });

  it("takes the answer as it is from a frontier that was looked for", () => {
    const told: string[] = [];
    const { sensitivity } = plan({
      from: parseScenario(generated, "chat.yaml"),
      device: deviceModel(),
      model,
      trace: null,
      replications: 2,
      hasFrontier: true,
      sensitivity: { against: [{ name: "a twin", device: deviceModel() }] },
      onProgress: (what) => told.push(what),
    }).plan;
    expect(sensitivity).toEqual(found.sensitivity);
    const changes = told.filter((what) => what.includes("what would change it: "));
    expect(changes.length).toBeGreaterThan(10);
    expect(changes.filter((what) => what.includes("what would change it: floor"))).toEqual([]);
  });

  it("asks for faster steps where no other device is given, which need no more replicas", () => {
    const { sensitivity } = ask({ against: [] });
    const faster = sensitivity?.rows.find(({ name }) => name === "steps are 1.5 times as fast");
    expect(faster?.fixed?.replicas).toBeLessThanOrEqual(base?.fixed?.replicas ?? 0);
    expect(faster?.breaks_at_rate).toBeGreaterThan(base?.breaks_at_rate ?? Infinity);
  });
});

describe("the ranking of what would change the answer", () => {
  const hours = fc.option(fc.double({ min: 0.5, max: 20, noNaN: true }));
  const rows = fc.array(
    fc
      .record({ fixed: hours, autoscaled: hours, breaks: fc.option(fc.double({ min: 0, max: 16, noNaN: true })) })
      .map(({ fixed, autoscaled, breaks }): SensitivityRow => ({
        name: "one",
        fixed: fixed === null ? null : { replicas: 1, gpu_hours: fixed },
        autoscaled: autoscaled === null ? null : { policy: "HPA", gpu_hours: autoscaled, scale_events: 1 },
        breaks_at_rate: breaks,
      })),
    { maxLength: 8 },
  );
  const base: SensitivityRow = { name: "as it is", fixed: { replicas: 4, gpu_hours: 4 }, autoscaled: null, breaks_at_rate: 2 };

  it("goes from what saves most of the fixed answer to what costs most, to a percent, those without an answer last", () => {
    fc.assert(
      fc.property(rows, (all) => {
        const order = ranked(all, base).map(({ fixed }) => (fixed === null ? Infinity : Math.floor((100 * fixed.gpu_hours) / 4 + 0.5)));
        expect(order).toEqual([...order].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0)));
        expect(ranked(all, base)).toHaveLength(all.length);
      }),
      runs(100),
    );
  });

  it("takes the room that is left where the cost is the same", () => {
    const with_ = (breaks: number | null): SensitivityRow => ({ ...base, breaks_at_rate: breaks });
    expect(ranked([with_(1.2), with_(null), with_(3)], base).map(({ breaks_at_rate }) => breaks_at_rate)).toEqual([null, 3, 1.2]);
  });
});

describe("a cold start that takes half as long", () => {
  it("does so in every kind of duration", () => {
    const durations = [
      4,
      { kind: "constant", seconds: 4 },
      { kind: "uniform", min_s: 2, max_s: 6 },
      { kind: "log-normal", p50_s: 4, p99_s: 20 },
      { kind: "empirical", seconds: [1, 4, 30] },
    ] as const;
    for (const duration of durations) expect(typicalDuration(scaledDuration(duration as Duration, 0.5))).toBe(2);
  });

  it("moves half the bytes, wakes in half the time, and probes as often", () => {
    const { setup } = question();
    const whole = {
      ...setup,
      coldStart: [
        { name: "image", state: "provisioning", transfer: { bytes: 8e9, bandwidth: 1e9 }, onKnownNode: 2 },
        { name: "weights", state: "loading", duration: 10 },
        { name: "readiness probe", state: "warming", probe: { period: 10, initialDelay: 0 } },
      ],
      startUp: { keepNode: 60, warmPool: { size: 1, prepared: 1, kind: "node", wake: 3, paidShare: 1 } },
    } as const;
    const half = withColdStart(whole, 0.5);
    expect(half.coldStart).toMatchObject([
      { transfer: { bytes: 4e9, bandwidth: 1e9 }, onKnownNode: 1 },
      { duration: 5 },
      { probe: { period: 10 } },
    ]);
    expect(half.startUp).toMatchObject({ keepNode: 60, warmPool: { wake: 1.5 } });
  });
});
