import { Document, isMap, isScalar, isSeq, type Node, type Pair } from "yaml";

/** Why each value is what it is, by its dotted path in the manifest: `spec.maxReplicas`, `spec.metrics.0.pods.target.averageValue`. */
export type Reasons = Readonly<Record<string, string>>;

/**
 * YAML of a manifest with a comment behind each value that has a reason, and in front of each block that has one.
 *
 * @throws RangeError where a reason has no value
 */
export const commentedYaml = (value: object, reasons: Reasons): string => {
  const document = new Document(value);
  for (const [path, reason] of Object.entries(reasons)) comment(document, path, reason);
  return document.toString({ lineWidth: 0 });
};

const comment = (document: Document, path: string, reason: string): void => {
  let node: unknown = document.contents;
  let pair: Pair | null = null;
  for (const key of keysOf(path)) {
    if (isSeq(node)) {
      node = node.items[Number(key)];
      pair = null;
    } else {
      pair = isMap(node) ? (node.items.find((item) => isScalar(item.key) && item.key.value === key) ?? null) : null;
      node = pair?.value;
    }
  }
  if (node === undefined || node === null) throw new RangeError(`there is no ${path} to give a reason for`);
  if (isScalar(node)) node.comment = ` ${reason}`;
  else if (pair !== null) (pair.key as Node).commentBefore = ` ${reason}`;
  else (node as Node).commentBefore = ` ${reason}`;
};

/** Keys of a path; one in brackets may hold dots: `metadata.annotations[autoscaling.knative.dev/target]`. */
const keysOf = (path: string): string[] => [...path.matchAll(/\[([^\]]+)\]|([^.[\]]+)/gu)].map(([, inner, plain]) => inner ?? plain ?? "");
