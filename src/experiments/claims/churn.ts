import type { Behavior } from "../../autoscaler/hpa/behavior.ts";
import type { Demand, Step } from "../demand.ts";
import type { Arm, Comparison, Experiment, Measure, Regime } from "../experiment.ts";
import { gpuHours, missedShare, scaleEventsPerHour, tpotP99, ttftP99 } from "../measures.ts";
import { hpa, keda } from "../policies.ts";

const MOST = 6;
const INITIAL = 2;
const WINDOWS = [0, 60, 300, 900];
const COOLDOWNS = [60, 300, 900];

const down = (window: number): string => `down ${window} s`;
const cooldown = (period: number): string => `KEDA ${period} s`;
const SLOW_UP = "up 1 a minute";
const CALM_UP = "up 120 s";

const hpaArm = (name: string, about: string, behavior: Behavior): Arm => ({
  name,
  about,
  variant: (lab) => ({ policy: hpa(lab, { min: 1, max: MOST, initial: INITIAL, behavior }) }),
});

const arms: readonly Arm[] = [
  ...WINDOWS.map((window) =>
    hpaArm(down(window), `An HPA with scaleDown.stabilizationWindowSeconds ${window}${window === 300 ? ", Kubernetes' default" : ""}.`, {
      scaleDown: { stabilizationWindowSeconds: window },
    }),
  ),
  hpaArm(SLOW_UP, "The default, with scaleUp.policies of 1 pod in 60 s.", {
    scaleUp: { policies: [{ type: "Pods", value: 1, periodSeconds: 60 }] },
  }),
  hpaArm(CALM_UP, "The default, with scaleUp.stabilizationWindowSeconds 120.", { scaleUp: { stabilizationWindowSeconds: 120 } }),
  ...COOLDOWNS.map((period): Arm => ({
    name: cooldown(period),
    about: `A KEDA ScaledObject from 0 replicas with cooldownPeriod ${period}${period === 300 ? ", KEDA's default" : ""}; its HPA has Kubernetes' defaults.`,
    variant: (lab) => ({ policy: keda(lab, { min: 0, max: MOST, initial: INITIAL, cooldownPeriod: period }) }),
  })),
];

const bursts: Demand = { steps: [{ for_s: 1800, load: 1.4 }], bursts: { factor: 4, burst_s: 60, calm_s: 240 } };

const ON: Step = { for_s: 300, load: 1.4 };
/** Nobody asks. */
const OFF: Step = { for_s: 420, load: 1e-6 };

const regimes: readonly Regime[] = [
  { name: "bursts of 4×", demand: bursts, arms },
  { name: "on and off", demand: { steps: [ON, OFF, ON, OFF, ON, OFF] }, arms },
];

const compared = (
  what: string,
  measure: Measure,
  as: "ratio" | "ratio-of-means",
  [arm, against]: readonly [string, string],
  rest: Partial<Comparison>,
): Comparison => ({ name: `${what}, ${arm} over ${against}`, measure: measure.key, arm, against, as, ...rest });

const threefold = (pair: readonly [string, string], rest: { readonly decides?: false } = {}): readonly Comparison[] => {
  const limits = rest.decides === false ? [{}, {}, {}] : [{ atMost: 0.333 }, { atMost: 1.1 }, { atMost: 1 }];
  return [
    compared("events", scaleEventsPerHour, "ratio-of-means", pair, { ...limits[0], ...rest }),
    compared("GPU-hours", gpuHours, "ratio", pair, { ...limits[1], ...rest }),
    compared("TTFT p99", ttftP99, "ratio", pair, { ...limits[2], ...rest }),
  ];
};

export const churn: Experiment = {
  name: "churn",
  claim:
    "Waiting before scaling down is nearly free: with 300 s instead of none there are at most a third of the scale events, at 10 % more GPU-hours or less and with no worse a tail; KEDA's cooldownPeriod cuts events as well.",
  scenario: `An HPA from 1 to ${MOST} replicas on requests in flight, aimed at 80 % of what a replica sustains, with stabilization windows of 0 to 900 s, slower or calmer upwards; and KEDA with cool-downs of 60 to 900 s. Load of 1.4 on average in bursts, or on for 5 minutes and off for 7.`,
  measures: [scaleEventsPerHour, gpuHours, missedShare, ttftP99, tpotP99],
  regimes,
  comparisons: [
    ...threefold([down(300), down(0)]),
    compared("events", scaleEventsPerHour, "ratio-of-means", [cooldown(900), cooldown(60)], { atMost: 0.333 }),
    ...threefold([down(60), down(0)], { decides: false }),
    ...threefold([down(900), down(300)], { decides: false }),
    ...threefold([SLOW_UP, down(300)], { decides: false }),
    ...threefold([CALM_UP, down(300)], { decides: false }),
    compared("GPU-hours", gpuHours, "ratio", [cooldown(900), cooldown(60)], { decides: false }),
    compared("TTFT p99", ttftP99, "ratio", [cooldown(900), cooldown(60)], { decides: false }),
  ],
  caveats: [
    "KEDA's cooldownPeriod is from the last activity until the fleet goes to zero; between one replica and the most its HPA decides, whose stabilization window is another setting.",
    "GPU time is paid by the second: a minimum that a cloud bills for each node would make events dearer.",
    "Half an hour has few of the longest windows in it.",
  ],
};
