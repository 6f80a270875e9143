import { z } from "zod";
import { InputError } from "../errors.ts";
import { schemaError } from "../json.ts";
import { closestKeyOrNull } from "../scenario/known-keys.ts";

interface SchemaNode {
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly items?: SchemaNode;
  readonly anyOf?: readonly SchemaNode[];
  readonly oneOf?: readonly SchemaNode[];
  readonly const?: unknown;
}

/** A value that a schema accepts, or an InputError with the first rule that it breaks: a field that is not known is named with the closest one that is. */
export const readWith = <T>(schema: z.ZodType<T>, value: unknown, place: string, nextStep: string): T => {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues.find(({ code }) => code === "unrecognized_keys");
  if (issue?.code === "unrecognized_keys") {
    const key = issue.keys[0] ?? "";
    const known = knownFields(schema, value, issue.path);
    const closest = closestKeyOrNull(key, known);
    throw new InputError(
      [place, issue.path.map(String).join(".")].filter((part) => part !== "").join(": "),
      `there is no field ${JSON.stringify(key)}`,
      closest === null ? `There are: ${known.join(", ")}.` : `Did you mean ${JSON.stringify(closest)}?`,
    );
  }
  throw schemaError(parsed.error, value, place, nextStep);
};

/** The fields that a schema knows at a path of a value. */
const knownFields = (schema: z.ZodType, value: unknown, path: readonly PropertyKey[]): string[] => {
  let node: SchemaNode | undefined = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as SchemaNode;
  let inner = value;
  for (const key of path) {
    const alternative: SchemaNode | undefined = alternativeFor(node, inner);
    node = typeof key === "number" ? alternative?.items : alternative?.properties?.[String(key)];
    inner = (inner as Record<PropertyKey, unknown>)[key];
  }
  return Object.keys(alternativeFor(node, inner)?.properties ?? {});
};

const alternativeFor = (node: SchemaNode | undefined, value: unknown): SchemaNode | undefined =>
  (node?.oneOf ?? node?.anyOf)?.find(({ properties }) =>
    Object.entries(properties ?? {}).every(
      ([key, { const: fixed }]) => fixed === undefined || (value as Record<string, unknown>)[key] === fixed,
    ),
  ) ?? node;
