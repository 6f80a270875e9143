import { describe, expect, it } from "vitest";
import { checkAdmission } from "../../../src/fleet/admission/check.ts";
import { admissionSchema, clientsSchema } from "../../../src/fleet/admission/settings.ts";
import { parseScenario } from "../../../src/scenario/parse.ts";
import { messageOf } from "../../message-of.ts";

const traffic = "traffic: { kind: trace, file: a.csv }\nmodel: m\n";
/** What a user is told of a scenario with these settings. */
const written = (settings: string): string =>
  messageOf(() => {
    const { admission, clients } = parseScenario(`${traffic}${settings}`, "chat.yaml").scenario;
    checkAdmission({ ...(admission === undefined ? {} : { admission }), ...(clients === undefined ? {} : { clients }) });
  });

describe("admission and clients that cannot be are refused with place, rule, value and next step", () => {
  it("limits, rates and times out of range", () => {
    expect(
      [
        "admission: { concurrency_limit: 0 }",
        "admission: { queue: { max_length: -1 } }",
        "admission: { queue: { timeout_s: 0 } }",
        "admission: { rate_limit: { burst: 5 } }",
        "admission: { rate_limit: { rate: 0, burst: 5 } }",
        "admission: { rate_limit: { rate: 1, burst: 0.5 } }",
        "admission: { shed: { kv_use: 1.5 } }",
        "admission: { smoother: { share: 1.2, max_delay_s: 10, target_outstanding: 8 } }",
        "admission: { smoother: { share: 0.2, max_delay_s: 0, target_outstanding: 8 } }",
        "clients: { timeout_s: -5 }",
        "clients: { first_token_timeout_s: 0 }",
        "clients: { retry: { factor: 0.5 } }",
        "clients: { retry: { backoff_s: 0 } }",
        "clients: { retry: { max_attempts: 0 } }",
        "clients: { retry: { budget: { ratio: -0.1 } } }",
        "clients: { retries: 3 }",
      ].map(written),
    ).toMatchInlineSnapshot(`
      [
        "InputError: chat.yaml: admission.concurrency_limit: expected number to be >=1, got 0. \`ballast init\` writes a scenario that shows every field.",
        "InputError: chat.yaml: admission.queue.max_length: expected number to be >=0, got -1. \`ballast init\` writes a scenario that shows every field.",
        "InputError: chat.yaml: admission.queue.timeout_s: expected number to be >0, got 0. \`ballast init\` writes a scenario that shows every field.",
        "InputError: chat.yaml: admission.rate_limit.rate: expected number, got none. \`ballast init\` writes a scenario that shows every field.",
        "InputError: chat.yaml: admission.rate_limit.rate: expected number to be >0, got 0. \`ballast init\` writes a scenario that shows every field.",
        "InputError: admission.rate_limit.burst: expected 1 request or more, got 0.5: none would ever pass. 1 lets requests through one by one.",
        "InputError: chat.yaml: admission.shed.kv_use: expected number to be <=1, got 1.5. \`ballast init\` writes a scenario that shows every field.",
        "InputError: chat.yaml: admission.smoother.share: expected number to be <=1, got 1.2. \`ballast init\` writes a scenario that shows every field.",
        "InputError: chat.yaml: admission.smoother.max_delay_s: expected number to be >0, got 0. \`ballast init\` writes a scenario that shows every field.",
        "InputError: chat.yaml: clients.timeout_s: expected number to be >0, got -5. \`ballast init\` writes a scenario that shows every field.",
        "InputError: chat.yaml: clients.first_token_timeout_s: expected number to be >0, got 0. \`ballast init\` writes a scenario that shows every field.",
        "InputError: chat.yaml: clients.retry.factor: expected number to be >=1, got 0.5. \`ballast init\` writes a scenario that shows every field.",
        "InputError: chat.yaml: clients.retry.backoff_s: expected number to be >0, got 0. \`ballast init\` writes a scenario that shows every field.",
        "InputError: chat.yaml: clients.retry.max_attempts: expected number to be >=1, got 0. \`ballast init\` writes a scenario that shows every field.",
        "InputError: chat.yaml: clients.retry.budget.ratio: expected number to be >=0, got -0.1. \`ballast init\` writes a scenario that shows every field.",
        "InputError: chat.yaml: clients: there is no field "retries". There are: first_token_timeout_s, timeout_s, retry.",
      ]
    `);
  });

  it("settings that contradict each other, or lack what they rest on", () => {
    expect(
      [
        "admission: { deadline: {} }",
        "admission: { deadline: { ttft_s: 2 } }",
        "admission: { queue: { order: earliest-deadline } }",
        "admission: { queue: { order: earliest-deadline }, deadline: { ttft_s: 2 } }",
        "admission: { queue: { on_full: drop-oldest } }",
        "admission: { queue: { on_full: drop-oldest, max_length: 0 } }",
        "admission: { smoother: { max_delay_s: 10, target_outstanding: 8 } }",
        "clients: { timeout_s: 5, first_token_timeout_s: 6 }",
        "clients: { timeout_s: 5, first_token_timeout_s: 5 }",
        "clients: { retry: { backoff_s: 10 } }",
      ].map(written),
    ).toMatchInlineSnapshot(`
      [
        "InputError: admission.deadline.ttft_s: expected an objective to hold requests to, got none. Give it, or objectives.ttft_p99_s.",
        "accepted",
        "InputError: admission.queue.order: expected deadlines to order by, got earliest-deadline without any. Give admission.deadline, with reject: false where nothing is to be rejected for it.",
        "accepted",
        "InputError: admission.queue.on_full: expected max_length beside it, got drop-oldest alone. Give the queue a max_length.",
        "accepted",
        "InputError: admission.smoother: expected share or priority_above, got neither: nothing could be held back. Give one of them.",
        "InputError: clients.timeout_s: expected at least first_token_timeout_s, 6, got 5: the first token's could never be reached. Leave one of them out, or swap them.",
        "accepted",
        "InputError: clients.retry.backoff_s: expected at most max_backoff_s, 8, got 10. Raise max_backoff_s, or lower it.",
      ]
    `);
  });

  it("also where they were never a scenario's", () => {
    const queue = { ...admissionSchema.parse({ queue: {} }).queue!, max_length: 0.5 };
    const retry = { ...clientsSchema.parse({ retry: {} }).retry!, jitter: "some" as "full" };
    expect([messageOf(() => checkAdmission({ admission: { queue } })), messageOf(() => checkAdmission({ clients: { retry } }))])
      .toMatchInlineSnapshot(`
      [
        "InputError: admission: queue.max_length: expected int, got 0.5. \`ballast init\` shows every field of it.",
        "InputError: clients: retry.jitter: expected one of "none"|"equal"|"full", got "some". \`ballast init\` shows every field of it.",
      ]
    `);
  });
});
