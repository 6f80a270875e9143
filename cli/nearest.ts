/** Single-character insertions, deletions and replacements that make one text of the other. */
const editDistance = (a: string, b: string): number => {
  let above = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      row.push(Math.min(row[j - 1]! + 1, above[j]! + 1, above[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    }
    above = row;
  }
  return above[b.length]!;
};

/**
 * The names that someone may have meant, the likeliest first: those that contain what was given, else those within a third of its length in
 * edits; at most three.
 */
export const nearest = (given: string, names: readonly string[]): string[] => {
  const wanted = given.toLowerCase();
  const scored = names.map((name) => ({
    name,
    edits: editDistance(wanted, name.toLowerCase()),
    isPart: wanted !== "" && name.toLowerCase().includes(wanted),
  }));
  const parts = scored.filter(({ isPart }) => isPart);
  const likely = parts.length > 0 ? parts : scored.filter(({ edits }) => edits <= Math.max(2, wanted.length / 3));
  return likely
    .sort((a, b) => a.edits - b.edits)
    .slice(0, 3)
    .map(({ name }) => name);
};
