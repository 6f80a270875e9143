import { InputError } from "../../errors.ts";
import { schemaError } from "../../json.ts";
import { churnSchema, type Churn, type RollingUpdate } from "./settings.ts";

const NEXT_STEP = "`ballast init` shows drain, victim, failures and rolling_update with their values.";

/**
 * Refuses settings that break a rule, or that contradict themselves.
 *
 * @throws InputError with the scenario's name of the setting
 */
export const checkChurn = (churn: Churn): void => {
  const parsed = churnSchema.safeParse(churn);
  if (!parsed.success) throw schemaError(parsed.error, churn, "churn", NEXT_STEP);
  const { failures, rolling_update: update } = churn;
  for (const kind of ["replica", "node"] as const) {
    const settings = failures?.[kind];
    if (settings === undefined || settings.between !== undefined || settings.at_s.length > 0) continue;
    throw new InputError(
      `failures.${kind}`,
      "expected between or at_s, got neither: nothing would ever fail",
      "Give times between failures, as { kind: exponential, mean_s: 86400 }, or leave it out.",
    );
  }
  if (update !== undefined) checkUpdate(update);
};

/** Kubernetes refuses both where the API server validates the Deployment. */
const checkUpdate = ({ max_surge: surge, max_unavailable: unavailable }: RollingUpdate): void => {
  const isNone = (portion: number | string): boolean => portion === 0 || /^0+%$/u.test(String(portion));
  if (isNone(surge) && isNone(unavailable)) {
    throw new InputError(
      "rolling_update.max_unavailable",
      `expected more than 0 where max_surge is 0, got ${unavailable}: no replica could ever be replaced`,
      'Let one of them be 1 or more, or a share like "25%", Kubernetes\' default.',
    );
  }
  if (typeof unavailable === "string" && Number.parseInt(unavailable, 10) > 100) {
    throw new InputError("rolling_update.max_unavailable", `expected at most 100%, got ${unavailable}`, "Kubernetes' default is 25%.");
  }
};
