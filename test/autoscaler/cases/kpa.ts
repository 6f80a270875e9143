import { expect } from "vitest";
import { Decider, type DeciderSpec } from "../../../src/autoscaler/knative/decider.ts";
import { WindowAverage } from "../../../src/autoscaler/knative/window-average.ts";
import { expectFields, type Case } from "./case.ts";

interface SpecInput {
  readonly scalingMetric: "concurrency" | "rps";
  readonly targetValue: number;
  readonly totalValue: number;
  readonly targetBurstCapacity: number;
  readonly panicThreshold: number;
  readonly maxScaleUpRate: number;
  readonly maxScaleDownRate: number;
  readonly stableWindowSeconds: number;
  readonly scaleDownDelaySeconds: number;
  readonly activationScale: number;
  readonly reachable: boolean;
}

const specOf = (spec: SpecInput): DeciderSpec => ({
  targetValue: spec.targetValue,
  totalValue: spec.totalValue,
  targetBurstCapacity: spec.targetBurstCapacity,
  panicThreshold: spec.panicThreshold,
  maxScaleUpRate: spec.maxScaleUpRate,
  maxScaleDownRate: spec.maxScaleDownRate,
  stableWindow: spec.stableWindowSeconds,
  scaleDownDelay: spec.scaleDownDelaySeconds,
  activationScale: spec.activationScale,
  isReachable: spec.reachable,
});

interface Step {
  readonly atSeconds: number;
  readonly readyPods: number | null;
  readonly stable?: number;
  readonly panic?: number;
  readonly metricsError?: boolean;
  readonly specBefore?: SpecInput;
  readonly expected: { readonly valid: boolean; readonly desiredPods?: number; readonly excessBurstCapacity?: number };
  readonly expectedPanic?: boolean;
  readonly expectedPanicSince?: number;
}

const anySpec = {
  scalingMetric: "concurrency",
  targetValue: 10,
  totalValue: 10,
  targetBurstCapacity: 0,
  panicThreshold: 2,
  maxScaleUpRate: 10,
  maxScaleDownRate: 10,
  stableWindowSeconds: 60,
  scaleDownDelaySeconds: 0,
  activationScale: 0,
  reachable: true,
} as const satisfies SpecInput;

export const kpaCases: Readonly<Record<string, (entry: Case) => void>> = {
  scale(entry) {
    const { spec, readyPodsAtCreation, stateBefore, steps } = entry as unknown as {
      readonly spec: SpecInput;
      readonly readyPodsAtCreation: number | null;
      readonly stateBefore?: { readonly panicSinceSeconds?: number | null; readonly maxPanicPods?: number };
      readonly steps: readonly Step[];
    };
    const decider = new Decider(specOf(spec), readyPodsAtCreation, steps[0]?.atSeconds ?? 0);
    if (stateBefore !== undefined) {
      const { panicSinceSeconds = decider.panicSince, maxPanicPods = decider.mostInPanic } = stateBefore;
      decider.panic(panicSinceSeconds, maxPanicPods);
    }
    for (const [index, step] of steps.entries()) {
      if (step.specBefore !== undefined) decider.spec = specOf(step.specBefore);
      const metric = step.metricsError === true ? null : { stable: step.stable!, panic: step.panic! };
      const scale = decider.scale(step.atSeconds, step.readyPods, metric);
      const { excessBurstCapacity, ...expected } = step.expected;
      expectFields(expected, scale === null ? { valid: false } : { valid: true, desiredPods: scale.desired });
      // The source itself allows 1 for the rounding of other platforms.
      if (excessBurstCapacity !== undefined) {
        expect(
          Math.abs((scale?.excessBurstCapacity ?? NaN) - excessBurstCapacity),
          `excess burst capacity of step ${index}`,
        ).toBeLessThanOrEqual(1);
      }
      if (step.expectedPanic !== undefined) expect(decider.panicSince !== null, `panic after step ${index}`).toBe(step.expectedPanic);
      if (step.expectedPanicSince !== undefined) expect(decider.panicSince, `panic since, step ${index}`).toBe(step.expectedPanicSince);
    }
  },
  create(entry) {
    const { readyPodsAtCreation } = entry as unknown as { readonly readyPodsAtCreation: number | null };
    const decider = new Decider(specOf(anySpec), readyPodsAtCreation, 0);
    expectFields(entry.expected ?? {}, { panic: decider.panicSince !== null, maxPanicPods: decider.mostInPanic });
  },
  windowAverage(entry) {
    const { windowSeconds, bucketSeconds, algorithm, steps } = entry as unknown as {
      readonly windowSeconds: number;
      readonly bucketSeconds: number;
      readonly algorithm: string;
      readonly steps: readonly {
        readonly op: string;
        readonly atSeconds: number;
        readonly value?: number;
        readonly expected?: number;
        readonly tolerance?: number;
      }[];
    };
    const isLinear = algorithm === "linear";
    if (!isLinear && !/^(weighted|weighted-?exponential|exponential)$/iu.test(algorithm)) expect.fail(`unknown algorithm ${algorithm}`);
    const average = new WindowAverage(windowSeconds, isLinear ? "linear" : "weighted-exponential", bucketSeconds);
    // Any whole second will do; this one is far from a multiple of the window.
    const start = 1_000_003;
    for (const [index, { op, atSeconds, value, expected, tolerance = 1e-9 }] of steps.entries()) {
      if (op === "record") average.record(start + atSeconds, value!);
      else if (op !== "average") expect.fail(`unknown op ${op}`);
      else if (isLinear) expect(average.average(start + atSeconds), `step ${index}`).toBe(expected);
      // Weights are powers, whose last bit differs between math libraries.
      else
        expect(Math.abs(average.average(start + atSeconds) - expected!), `step ${index}`).toBeLessThanOrEqual(
          tolerance * Math.max(1, Math.abs(expected!)),
        );
    }
  },
};
