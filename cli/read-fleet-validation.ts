import { InputError } from "../src/errors.ts";
import { parseJsonObject, schemaError } from "../src/json.ts";
import { FLEET_VALIDATION_SCHEMA, fleetValidationSchema, type FleetValidation } from "../src/validation/fleet-schema.ts";
import { readText } from "./files.ts";

const NEXT_STEP = "Save one: ballast validate --fleet FOLDER --out FILE.";

/**
 * A saved validation of a fleet.
 *
 * @param given as the user wrote it; starts from `folder`
 * @throws InputError where it is not there, of another kind or version, or malformed
 */
export const readFleetValidation = (folder: string, given: string): FleetValidation => {
  const value = parseJsonObject(readText(folder, given), given, NEXT_STEP);
  if (value["schema"] !== FLEET_VALIDATION_SCHEMA) {
    throw new InputError(
      `${given}: schema`,
      `expected ${FLEET_VALIDATION_SCHEMA}, got ${JSON.stringify(value["schema"]) ?? "none"}`,
      NEXT_STEP,
    );
  }
  const parsed = fleetValidationSchema.safeParse(value);
  if (!parsed.success) throw schemaError(parsed.error, value, given, NEXT_STEP);
  return parsed.data;
};
