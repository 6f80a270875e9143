import { parseAllDocuments } from "yaml";
import { z } from "zod";
import { InputError, shown } from "../errors.ts";

/** One Kubernetes object of a file. */
export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace: string | null;
  readonly value: Readonly<Record<string, unknown>>;
  /** What messages call it: the file's name, and which of its documents. */
  readonly place: string;
}

const NEXT_STEP = "A manifest is what `kubectl get … -o yaml` prints.";

const objectSchema = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string().optional(), namespace: z.string().optional() }).optional(),
});

/**
 * All Kubernetes objects of a file, in order: of several documents, of lists, in YAML or JSON.
 *
 * @param place the file's name, for messages
 * @throws InputError where the text is neither, or a document is no Kubernetes object
 */
export const readObjects = (text: string, place: string): KubernetesObject[] => {
  const documents = parseAllDocuments(text);
  const list = Array.isArray(documents) ? documents : [];
  const objects = list.flatMap((document, index) => {
    const where = list.length > 1 ? `${place}, document ${index + 1}` : place;
    const error = document.errors[0];
    if (error !== undefined) {
      const line = error.linePos?.[0].line;
      const problem = error.message.split(" at line ")[0] ?? error.message;
      throw new InputError(line === undefined ? where : `${place}: line ${line}`, `expected YAML or JSON, got this: ${problem}`, NEXT_STEP);
    }
    const value: unknown = document.toJS();
    return value === null || value === undefined ? [] : objectsOf(value, where);
  });
  if (objects.length === 0) throw new InputError(place, "expected a Kubernetes object, got an empty file", NEXT_STEP);
  return objects;
};

const objectsOf = (value: unknown, place: string): KubernetesObject[] => {
  const parsed = objectSchema.safeParse(value);
  if (!parsed.success) {
    const found =
      typeof value === "object" && value !== null ? `fields ${Object.keys(value).slice(0, 4).join(", ") || "of none"}` : shown(value);
    throw new InputError(place, `expected a Kubernetes object with apiVersion and kind, got ${found}`, NEXT_STEP);
  }
  const { apiVersion, kind, metadata } = parsed.data;
  const items = (value as { readonly items?: unknown }).items;
  if (kind.endsWith("List") && Array.isArray(items)) return items.flatMap((item, index) => objectsOf(item, `${place}, item ${index + 1}`));
  const name = metadata?.name ?? "";
  return [
    {
      apiVersion,
      kind,
      name,
      namespace: metadata?.namespace ?? null,
      value: value as Record<string, unknown>,
      place: `${place}, ${kind} ${name}`,
    },
  ];
};

/** `Deployment/llama`: what a user calls an object. */
export const referenceOf = ({ kind, name }: Pick<KubernetesObject, "kind" | "name">): string => `${kind}/${name}`;
