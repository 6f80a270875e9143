/** Units that stand behind a number. */
const UNIT = String.raw`(?:%|[mµn]?s|min|h|[kMGTP]?i?B(?:/s)?|[kMGTP]?FLOP(?:/s)?|[MG]Hz|W|GPU-hours?)(?![\w-])`;
const NUMBER = String.raw`\d+(?:[.,]\d+)*`;

/** What is read as one: `165 %`, `≤ 2 s`, `TTFT p99`, `tiny-llama`. A longer name with hyphens may break at them. */
const ONE = new RegExp(
  String.raw`\b(?:TTFT|TPOT|ITL|E2E) p\d+|[≤≥] ${NUMBER}(?: ${UNIT})?|${NUMBER} ${UNIT}|(?<![\w.:/-])(?=[\w.-]{3,16}(?![\w./-]))[a-zA-Z][\w.]*(?:-\w[\w.]*)+(?<!\.)`,
  "gu",
);

/** Elements whose text is taken as it stands, tags, and text. */
const PARTS = /<(style|title|svg|pre|code)\b[\s\S]*?<\/\1>|<[^>]*>|[^<]+/gu;

/** A page whose lines do not end between a number and its unit, or inside a short name; its words stay as they are. */
export const unbroken = (page: string): string =>
  page.replace(PARTS, (part) => (part.startsWith("<") ? part : part.replace(ONE, (text) => `<span class="one">${text}</span>`)));
