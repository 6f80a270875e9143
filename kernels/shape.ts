import type { Shape } from "./kernel.ts";

/**
 * The sizes of a shape, checked: every name of the family is there, none besides, each a whole number in range.
 *
 * @param mayBeZero the names for which 0 is a size (a context, an absent part of a batch)
 * @param otherwise sizes that a shape may leave out, and what they are then
 * @throws RangeError naming the family, the size and the value found
 */
export const sizesOf = <Name extends string>(
  family: string,
  names: readonly Name[],
  shape: Shape,
  mayBeZero: readonly Name[] = [],
  otherwise: Readonly<Record<string, number>> = {},
): Readonly<Record<Name, number>> => {
  const sizes: Partial<Record<Name, number>> = {};
  for (const name of names) {
    const least = mayBeZero.includes(name) ? 0 : 1;
    const size = shape[name] ?? otherwise[name];
    if (size === undefined || !Number.isSafeInteger(size) || size < least) {
      throw new RangeError(`${family}: expected ${name} to be a whole number of at least ${least}, got ${size}`);
    }
    sizes[name] = size;
  }
  const stranger = Object.keys(shape).find((name) => !(names as readonly string[]).includes(name));
  if (stranger !== undefined) throw new RangeError(`${family}: expected only the sizes ${names.join(", ")}, got ${stranger}`);
  return sizes as Readonly<Record<Name, number>>;
};

/** @throws RangeError unless query heads divide evenly among key–value heads */
export const checkHeads = (family: string, heads: number, kvHeads: number): void => {
  if (heads % kvHeads !== 0) throw new RangeError(`${family}: expected heads to be a multiple of kv_heads (${kvHeads}), got ${heads}`);
};
