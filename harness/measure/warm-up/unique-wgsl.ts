/**
 * The same kernel as text that no cache has seen: the entry point starts with a comparison against `nonce` that is never true.
 *
 * A comment or another name would not do: the compiler drops both, and what caches compare is what it makes. The comparison is
 * live, since only the dispatch decides the number of workgroups; it is uniform, so barriers after it stay allowed; and no
 * dispatch has so many workgroups.
 *
 * @param nonce from 0 to 2³⁰ − 1
 * @throws RangeError where the text has no such entry point
 */
export const uniqueWgsl = (wgsl: string, entryPoint: string, nonce: number): string => {
  const start = wgsl.search(new RegExp(`\\bfn\\s+${entryPoint}\\s*\\(`));
  if (start < 0) throw new RangeError(`expected a function ${entryPoint} in the kernel, found none`);
  const open = wgsl.indexOf("(", start);
  const close = closingParenthesis(wgsl, open);
  const body = wgsl.indexOf("{", close);
  const parameters = wgsl.slice(open + 1, close);
  const known = /@builtin\(num_workgroups\)\s*(\w+)/.exec(parameters)?.[1];
  const name = known ?? "workgroups_for_nonce";
  const separator = /^\s*$|,\s*$/.test(parameters) ? "" : ", ";
  const added = known === undefined ? `${separator}@builtin(num_workgroups) ${name}: vec3<u32>` : "";
  const check = `\n  if (${name}.x == ${2 ** 31 + nonce}u) { return; }`;
  return `${wgsl.slice(0, close)}${added}${wgsl.slice(close, body + 1)}${check}${wgsl.slice(body + 1)}`;
};

const closingParenthesis = (text: string, open: number): number => {
  let depth = 0;
  for (let at = open; at < text.length; at++) {
    if (text[at] === "(") depth++;
    if (text[at] === ")" && --depth === 0) return at;
  }
  throw new RangeError("expected the kernel's entry point to close its parameters");
};
