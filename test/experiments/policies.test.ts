import { expect, it } from "vitest";
import { fixed, hpa, scripted } from "../../src/experiments/policies.ts";
import { Lab } from "../../src/experiments/lab.ts";
import { simulate } from "../../src/fleet/simulate.ts";
import { LifeSpans } from "../../src/replica/life-spans.ts";
import { builtInModel } from "../../src/model/built-in.ts";
import { slowDevice } from "./slow-device.ts";

it("the decisions of another run, made again, have replicas ready at the same instants, whatever the router", () => {
  const lab = new Lab({ device: slowDevice(), model: builtInModel("Llama-3.1-8B"), trace: null });
  const demand = { steps: [{ for_s: 900, load: 1.6 }], bursts: { factor: 3, burst_s: 60, calm_s: 120 } };
  const start = lab.coldStart({ provision_s: { kind: "uniform", min_s: 10, max_s: 60 } });
  const common = { ...lab.setup, ...start, seed: 5, requests: lab.requests(demand, 5) };
  const readyTimes = (config: Parameters<typeof simulate>[0]) => {
    const spans = new LifeSpans();
    const run = simulate(config, undefined, spans);
    return { run, ready: spans.spans.filter(({ phase }) => phase === "serving").map(({ replica, from }) => [replica, from]) };
  };
  const first = readyTimes({ ...common, policy: hpa(lab, { min: 1, max: 5, initial: 2 }) });
  const decisions = first.run.scale_events.map(({ at_s, to }) => ({ at_s, replicas: to }));
  const again = readyTimes({ ...common, policy: scripted(2, decisions), router: { kind: "random" } });
  expect(decisions.length).toBeGreaterThan(3);
  expect(again.run.scale_events.map(({ at_s, to }) => ({ at_s, replicas: to }))).toEqual(decisions);
  expect(again.ready).toEqual(first.ready);
  const never = readyTimes({ ...common, policy: scripted(3, []) });
  expect(never.run.gpu_hours).toBe(readyTimes({ ...common, policy: fixed(3) }).run.gpu_hours);
});
