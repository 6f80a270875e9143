import { expect, it } from "vitest";
import { CALM } from "../../../src/fleet/churn/settings.ts";
import { simulate } from "../../../src/fleet/simulate.ts";
import { messageOf } from "../../message-of.ts";
import { fleetConfig } from "../configs.ts";

const checked = (churn: object): string => messageOf(() => simulate(fleetConfig({ churn: { ...CALM, ...churn } })));
const replica = { at_s: [], recovery: "restart", back_off: true, replace_after_s: 300, is_paid: true };
const node = { at_s: [], notice_s: 120 };

it("churn that can be is accepted", () => {
  expect([
    checked({}),
    checked({ drain: { kind: "grace", grace_period_s: 0 } }),
    checked({ failures: { replica: { ...replica, at_s: [0] }, node: { ...node, between: { kind: "exponential", mean_s: 1 } } } }),
    checked({ rolling_update: { at_s: 0, max_surge: 0, max_unavailable: "100%" } }),
  ]).toEqual(["accepted", "accepted", "accepted", "accepted"]);
});

it("churn that cannot be is refused with the setting, the rule, the value and the next step", () => {
  expect([
    checked({ drain: { kind: "grace", grace_period_s: -1 } }),
    checked({ victim: "youngest" }),
    checked({ failures: { replica: { ...replica, between: { kind: "exponential", mean_s: 0 } } } }),
    checked({ failures: { node: { ...node, between: { kind: "weibull", scale_s: 9, shape: -1 } } } }),
    checked({ failures: { replica } }),
    checked({ failures: { node: { ...node, at_s: [1], notice_s: -5 } } }),
    checked({ failures: { node: { ...node, at_s: [-1] } } }),
    checked({ rolling_update: { at_s: 0, max_surge: 0, max_unavailable: 0 } }),
    checked({ rolling_update: { at_s: 0, max_surge: "0%", max_unavailable: "0%" } }),
    checked({ rolling_update: { at_s: 0, max_surge: 1, max_unavailable: "101%" } }),
    checked({ rolling_update: { at_s: 0, max_surge: "a few", max_unavailable: 1 } }),
    checked({ rolling_update: { at_s: -1, max_surge: 1, max_unavailable: 1 } }),
  ]).toMatchInlineSnapshot(`
    [
      "InputError: churn: drain.grace_period_s: expected number to be >=0, got -1. \`ballast init\` shows drain, victim, failures and rolling_update with their values.",
      "InputError: churn: victim: expected one of "kubernetes"|"newest"|"oldest"|"least-loaded"|"least-cached", got "youngest". \`ballast init\` shows drain, victim, failures and rolling_update with their values.",
      "InputError: churn: failures.replica.between.mean_s: expected number to be >=1, got 0. \`ballast init\` shows drain, victim, failures and rolling_update with their values.",
      "InputError: churn: failures.node.between.shape: expected number to be >=0.1, got -1. \`ballast init\` shows drain, victim, failures and rolling_update with their values.",
      "InputError: failures.replica: expected between or at_s, got neither: nothing would ever fail. Give times between failures, as { kind: exponential, mean_s: 86400 }, or leave it out.",
      "InputError: churn: failures.node.notice_s: expected number to be >=0, got -5. \`ballast init\` shows drain, victim, failures and rolling_update with their values.",
      "InputError: churn: failures.node.at_s.0: expected number to be >=0, got -1. \`ballast init\` shows drain, victim, failures and rolling_update with their values.",
      "InputError: rolling_update.max_unavailable: expected more than 0 where max_surge is 0, got 0: no replica could ever be replaced. Let one of them be 1 or more, or a share like "25%", Kubernetes' default.",
      "InputError: rolling_update.max_unavailable: expected more than 0 where max_surge is 0, got 0%: no replica could ever be replaced. Let one of them be 1 or more, or a share like "25%", Kubernetes' default.",
      "InputError: rolling_update.max_unavailable: expected at most 100%, got 101%. Kubernetes' default is 25%.",
      "InputError: churn: rolling_update.max_surge: expected whole replicas or a percentage like "25%", got "a few". \`ballast init\` shows drain, victim, failures and rolling_update with their values.",
      "InputError: churn: rolling_update.at_s: expected number to be >=0, got -1. \`ballast init\` shows drain, victim, failures and rolling_update with their values.",
    ]
  `);
});
