/**
 * A copy of a state that goes its own way from here on: class instances, arrays, typed arrays, maps and sets are copied, each once
 * however many refer to it.
 *
 * Plain objects and functions are shared. So what can change must be a class's instance, and a plain object must never be changed
 * once it is part of the state.
 */
export const copyState = <T extends object>(state: T): T => {
  const copies = new Map<object, object>();
  const copyOf = (value: unknown): unknown => {
    if (typeof value !== "object" || value === null || isPlain(value)) return value;
    const known = copies.get(value);
    if (known !== undefined) return known;
    if (ArrayBuffer.isView(value)) return remember(value, (value as Float64Array).slice());
    if (Array.isArray(value)) {
      const copy = remember<unknown[]>(value, []);
      for (const item of value) copy.push(copyOf(item));
      return copy;
    }
    if (value instanceof Map) {
      const copy = remember(value, new Map<unknown, unknown>());
      for (const [key, item] of value) copy.set(copyOf(key), copyOf(item));
      return copy;
    }
    if (value instanceof Set) {
      const copy = remember(value, new Set<unknown>());
      for (const item of value) copy.add(copyOf(item));
      return copy;
    }
    const copy = remember(value, Object.create(Object.getPrototypeOf(value) as object) as Record<string, unknown>);
    for (const [key, item] of Object.entries(value)) copy[key] = copyOf(item);
    return copy;
  };
  const remember = <C extends object>(original: object, copy: C): C => {
    copies.set(original, copy);
    return copy;
  };
  return copyOf(state) as T;
};

const isPlain = (value: object): boolean => {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
};
