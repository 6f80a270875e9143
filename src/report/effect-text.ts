import type { Run } from "../fleet/run.ts";
import { effectRowsOrNull } from "./effect-rows.ts";
import { left, right, type Style, table, wrap } from "./layout.ts";

/** What happened around a run's scale events; nothing where there were none. */
export const effectLines = (run: Run, most: number, style: Style): string[] => {
  const effects = effectRowsOrNull(run, true, most);
  if (effects === null) return [];
  const columns = effects.headings.map((heading) => (heading === "replicas" ? left(heading) : right(heading)));
  return [...table(columns, effects.rows, style, "    "), ...wrap(effects.note, "      ", undefined, "    ")];
};
