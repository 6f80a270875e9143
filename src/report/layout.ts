/**
 * Plain text laid out for a terminal: tables, wrapped paragraphs, labelled lines. Colour comes only from a `Style`, which is applied after
 * everything is padded, so that the text without colour is the same text.
 */

export interface Style {
  /** The answer and headings. */
  readonly strong: (text: string) => string;
  /** What stands beside: units of time, sources, notes. */
  readonly faint: (text: string) => string;
  readonly good: (text: string) => string;
  /** A missed objective, a heading that limits what follows. */
  readonly bad: (text: string) => string;
}

const same = (text: string): string => text;
/** No colour: files, pipes, tests. */
export const PLAIN: Style = { strong: same, faint: same, good: same, bad: same };

export const WIDTH = 110;

export type Tone = keyof Style;
/** A cell: text, or text with a tone. */
export type Cell = string | { readonly text: string; readonly tone: Tone };

export interface Column {
  readonly heading: string;
  readonly align: "left" | "right";
}

export const left = (heading: string): Column => ({ heading, align: "left" });
export const right = (heading: string): Column => ({ heading, align: "right" });

const textOf = (cell: Cell): string => (typeof cell === "string" ? cell : cell.text);

/** Aligned columns under their headings, two spaces apart; a column whose cells are all empty is left out. */
export const table = (columns: readonly Column[], rows: readonly (readonly Cell[])[], style: Style, indent = "  "): string[] => {
  const shown = columns.map((column, i) => ({ ...column, i })).filter(({ i }) => rows.some((row) => textOf(row[i] ?? "") !== ""));
  const widths = shown.map(({ heading, i }) => Math.max(heading.length, ...rows.map((row) => textOf(row[i] ?? "").length)));
  const line = (cells: readonly Cell[]): string =>
    indent +
    shown
      .map(({ align }, at) => {
        const cell = cells[at] ?? "";
        const isLast = at === shown.length - 1;
        const width = widths[at] ?? 0;
        const padded = align === "right" ? textOf(cell).padStart(width) : isLast ? textOf(cell) : textOf(cell).padEnd(width);
        return typeof cell === "string" ? padded : style[cell.tone](padded);
      })
      .join("  ")
      .trimEnd();
  const heading = line(shown.map((column): Cell => ({ text: column.heading, tone: "faint" })));
  const body = rows.map((row) => line(shown.map(({ i }) => row[i] ?? "")));
  return shown.some((column) => column.heading !== "") ? [heading, ...body] : body;
};

/** Words broken into lines of at most `width`; a word longer than that has a line of its own. */
export const wrap = (text: string, indent = "", width = WIDTH, first = indent): string[] => {
  const lines: string[] = [];
  let current = "";
  for (const word of text.split(/\s+/).filter((part) => part !== "")) {
    const start = lines.length === 0 ? first : indent;
    if (current !== "" && start.length + current.length + 1 + word.length > width) {
      lines.push(start + current);
      current = word;
    } else current = current === "" ? word : `${current} ${word}`;
  }
  return current === "" ? lines : [...lines, (lines.length === 0 ? first : indent) + current];
};

/** A heading and what belongs to it, with a blank line before; nothing where there is nothing to say. */
export const block = (heading: string, lines: readonly string[], style: Style): string[] =>
  lines.length === 0 ? [] : ["", `  ${style.strong(heading)}`, ...lines];

/** One item a line, wrapped under itself. */
export const bullets = (items: readonly string[], indent = "    "): string[] =>
  items.flatMap((item) => wrap(item, `${indent}  `, WIDTH, `${indent}- `));

/** The block's lines as one text that ends with a newline. */
export const text = (lines: readonly string[]): string => `${lines.join("\n")}\n`;
