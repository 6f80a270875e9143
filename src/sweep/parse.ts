import { InputError } from "../errors.ts";
import { checkWritten, parseWritten, type WrittenFile } from "../scenario/written.ts";
import { RUN_COLUMNS } from "./columns.ts";
import { SWEEP_SCHEMA, sweepSchema, type Sweep } from "./schema.ts";

const NEXT_STEP = "Write for example {scenario: chat.yaml, vary: {traffic.requests_per_s: [5, 10, 20]}, seeds: 5}.";

const sweepFile: WrittenFile<Sweep> = {
  what: "a sweep's fields (scenario, vary, seeds)",
  current: SWEEP_SCHEMA,
  schema: sweepSchema,
  nextStep: NEXT_STEP,
};

/**
 * Reads a sweep from YAML or JSON.
 *
 * @param place the file's name, for messages
 * @throws InputError where the text is neither, breaks a rule of the schema, or varies nothing or the same twice
 */
export const parseSweep = (text: string, place: string): Sweep => {
  const sweep = checkWritten(sweepFile, parseWritten(sweepFile, text, place), place);
  checkSeeds(sweep, place);
  const setBy = new Map<string, string>();
  for (const [axis, values] of Object.entries(sweep.vary)) {
    checkAxis(axis, values, place);
    const paths = new Set(Array.isArray(values) ? [axis] : Object.values(values).flatMap((variant) => Object.keys(variant)));
    for (const path of paths) {
      const other = setBy.get(path);
      if (other !== undefined) {
        throw new InputError(
          `${place}: vary`,
          `expected each field to vary once, got ${path} in ${other} and in ${axis}`,
          "Leave one out.",
        );
      }
      setBy.set(path, axis);
    }
  }
  return sweep;
};

const checkAxis = (axis: string, values: Sweep["vary"][string], place: string): void => {
  if (!Array.isArray(values) && Object.keys(values).length === 0) {
    throw new InputError(`${place}: vary.${axis}`, "expected at least one variant, got none", NEXT_STEP);
  }
  if (RUN_COLUMNS.includes(axis)) {
    throw new InputError(
      `${place}: vary.${axis}`,
      "expected another name: the table has a column of this one already",
      "Call it something else.",
    );
  }
};

const checkSeeds = ({ vary, seeds }: Sweep, place: string): void => {
  const seedAxis = Object.entries(vary).find(
    ([axis, values]) => axis === "seed" || (!Array.isArray(values) && Object.values(values).some((variant) => "seed" in variant)),
  );
  if (seedAxis !== undefined) {
    throw new InputError(`${place}: vary.${seedAxis[0]}`, "expected seeds beside vary, got seed in it", "Write seeds: [1, 2, 3].");
  }
  const repeated = Array.isArray(seeds) ? seeds.find((seed, i) => seeds.indexOf(seed) !== i) : undefined;
  if (repeated !== undefined) {
    throw new InputError(`${place}: seeds`, `expected each seed once, got ${repeated} twice`, "Leave one out.");
  }
  const isOne = Array.isArray(seeds) ? seeds.length === 1 : seeds === 1;
  if (isOne && Object.keys(vary).length === 0) {
    throw new InputError(`${place}: vary`, "expected something to vary, or several seeds, got neither", NEXT_STEP);
  }
};
