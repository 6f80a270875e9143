import type { z } from "zod";
import { InputError } from "../../errors.ts";
import { schemaError } from "../../json.ts";
import type { FleetConfig } from "../config.ts";
import { admissionSchema, clientsSchema } from "./settings.ts";

const NEXT_STEP = "`ballast init` shows every field of it.";

/**
 * Refuses settings of admission and clients that are out of range or contradict themselves.
 *
 * @throws InputError with the scenario's name of the setting
 */
export const checkAdmission = ({ admission = {}, clients = {} }: Pick<FleetConfig, "admission" | "clients">): void => {
  checkRanges("admission", admissionSchema, admission);
  checkRanges("clients", clientsSchema, clients);
  const { queue, deadline, smoother, rate_limit: rateLimit } = admission;
  if (deadline !== undefined && deadline.ttft_s === undefined) {
    throw new InputError(
      "admission.deadline.ttft_s",
      "expected an objective to hold requests to, got none",
      "Give it, or objectives.ttft_p99_s.",
    );
  }
  if (queue?.order === "earliest-deadline" && deadline === undefined) {
    throw new InputError(
      "admission.queue.order",
      "expected deadlines to order by, got earliest-deadline without any",
      "Give admission.deadline, with reject: false where nothing is to be rejected for it.",
    );
  }
  if (queue !== undefined && queue.on_full !== "reject-new" && queue.max_length === undefined) {
    throw new InputError(
      "admission.queue.on_full",
      `expected max_length beside it, got ${queue.on_full} alone`,
      "Give the queue a max_length.",
    );
  }
  if (smoother !== undefined && smoother.share === undefined && smoother.priority_above === undefined) {
    throw new InputError(
      "admission.smoother",
      "expected share or priority_above, got neither: nothing could be held back",
      "Give one of them.",
    );
  }
  if (rateLimit?.unit === "requests" && rateLimit.burst < 1) {
    throw new InputError(
      "admission.rate_limit.burst",
      `expected 1 request or more, got ${rateLimit.burst}: none would ever pass`,
      "1 lets requests through one by one.",
    );
  }
  const { timeout_s: all = Infinity, first_token_timeout_s: first = 0, retry } = clients;
  if (all < first) {
    throw new InputError(
      "clients.timeout_s",
      `expected at least first_token_timeout_s, ${first}, got ${all}: the first token's could never be reached`,
      "Leave one of them out, or swap them.",
    );
  }
  if (retry !== undefined && retry.backoff_s > retry.max_backoff_s) {
    throw new InputError(
      "clients.retry.backoff_s",
      `expected at most max_backoff_s, ${retry.max_backoff_s}, got ${retry.backoff_s}`,
      "Raise max_backoff_s, or lower it.",
    );
  }
};

const checkRanges = (place: string, schema: z.ZodType, value: unknown): void => {
  const { error } = schema.safeParse(value);
  if (error !== undefined) throw schemaError(error, value, place, NEXT_STEP);
};
