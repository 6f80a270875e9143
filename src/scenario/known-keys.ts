import { z } from "zod";

interface SchemaNode {
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, SchemaNode>>;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly oneOf?: readonly SchemaNode[];
  readonly anyOf?: readonly SchemaNode[];
  readonly const?: unknown;
}

/** The fields a schema knows at a place of a value; where it has alternatives, those of the one that the value says it is. */
export const knownKeys = (schema: z.ZodType, value: unknown, path: readonly PropertyKey[]): string[] => {
  const root = z.toJSONSchema(schema, { io: "input" }) as SchemaNode;
  const resolved = (node: SchemaNode | undefined): SchemaNode | undefined => {
    const found = root.$defs?.[node?.$ref?.replace("#/$defs/", "") ?? ""] ?? node;
    // A time or a distribution: fields are the distribution's.
    return found?.anyOf?.map(resolved).find((option) => option?.oneOf !== undefined || option?.properties !== undefined) ?? found;
  };
  let node = resolved(root);
  let inner = value;
  for (const key of path) {
    node = resolved(alternative(node, inner)?.properties?.[String(key)]);
    inner = (inner as Record<PropertyKey, unknown>)[key];
  }
  return Object.keys(alternative(node, inner)?.properties ?? {});
};

const alternative = (node: SchemaNode | undefined, value: unknown): SchemaNode | undefined =>
  node?.oneOf?.find(({ properties }) =>
    Object.entries(properties ?? {}).every(
      ([key, { const: fixed }]) => fixed === undefined || (value as Record<string, unknown>)[key] === fixed,
    ),
  ) ?? node;

/** The key that takes the fewest changed, missing or added letters, if those are at most a third of it; else null. */
export const closestKeyOrNull = (key: string, known: readonly string[]): string | null => {
  let best: { name: string; distance: number } | null = null;
  for (const name of known) {
    const distance = editDistance(key.toLowerCase(), name.toLowerCase());
    if (distance <= Math.max(name.length, key.length) / 3 && (best === null || distance < best.distance)) best = { name, distance };
  }
  return best?.name ?? null;
};

/** Levenshtein distance. */
const editDistance = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
};
