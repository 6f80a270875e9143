import { InputError } from "../../errors.ts";
import type { AnchorPoint, ReadAnchor } from "./point.ts";

const NEXT_STEP = "Give the output of llama-bench -o json, csv or md, with tests pp and tg.";

/** One test of llama-bench, by its own names. */
interface Test {
  readonly n_prompt: number;
  readonly n_gen: number;
  readonly n_depth: number;
  readonly avg_ts: number;
}

/** Whether a JSON value is a test of llama-bench. */
export const isLlamaBench = (value: unknown): boolean =>
  typeof value === "object" && value !== null && "avg_ts" in value && "n_prompt" in value;

/** Tests as `-o json` and `-o csv` have them: the same names in both, numbers or their text. @throws InputError naming a bad field */
export const readLlamaBenchRecords = (records: readonly Readonly<Record<string, unknown>>[], place: string): ReadAnchor =>
  pointsOf(
    records.map((record, i): Test => {
      const number = (name: string, otherwise?: number): number => {
        const value = record[name];
        if (value === undefined && otherwise !== undefined) return otherwise;
        const parsed = typeof value === "number" ? value : typeof value === "string" && value.trim() !== "" ? Number(value) : NaN;
        if (Number.isFinite(parsed) && parsed >= 0) return parsed;
        throw new InputError(
          `${place}: test ${i + 1}: ${name}`,
          `expected a number, 0 or above, got ${JSON.stringify(value) ?? "none"}`,
          NEXT_STEP,
        );
      };
      return { n_prompt: number("n_prompt"), n_gen: number("n_gen"), n_depth: number("n_depth", 0), avg_ts: number("avg_ts") };
    }),
    place,
  );

/** Whether a text is llama-bench's table. */
export const isLlamaBenchTable = (text: string): boolean => /^\|.*\btest\s*\|.*\bt\/s\s*\|/mu.test(text);

/** Tests from llama-bench's table in Markdown: column `test` ("pp512", "tg128 @ d4096") and column `t/s` ("1234.56 ± 7.89"). */
export const readLlamaBenchTable = (text: string, place: string): ReadAnchor => {
  const rows = text
    .split(/\r?\n/u)
    .filter((line) => line.trim().startsWith("|"))
    .map((line) =>
      line
        .trim()
        .slice(1, -1)
        .split("|")
        .map((cell) => cell.trim()),
    );
  const header = rows.find((cells) => cells.includes("test") && cells.includes("t/s")) ?? [];
  const [testAt, rateAt] = [header.indexOf("test"), header.indexOf("t/s")];
  const tests = rows.flatMap((cells): Test[] => {
    const match = /^(pp|tg)(\d+)(?:\s*@\s*d(\d+))?$/u.exec(cells[testAt] ?? "");
    const rate = Number((cells[rateAt] ?? "").split("±")[0]);
    if (match === null || !(rate > 0)) return [];
    const size = Number(match[2]);
    return [{ n_prompt: match[1] === "pp" ? size : 0, n_gen: match[1] === "tg" ? size : 0, n_depth: Number(match[3] ?? 0), avg_ts: rate }];
  });
  return pointsOf(tests, place);
};

const pointsOf = (tests: readonly Test[], place: string): ReadAnchor => {
  const points = tests.flatMap(({ n_prompt, n_gen, n_depth, avg_ts }): AnchorPoint[] => {
    if (avg_ts <= 0) return [];
    // A prompt behind a filled cache is no whole prompt, and a test of both has one rate for two things.
    if (n_prompt > 0 && n_gen === 0 && n_depth === 0) {
      return [{ curve: "prefill", engine: "llama.cpp", source: `${place}: pp${n_prompt}`, tokens: n_prompt, seconds: n_prompt / avg_ts }];
    }
    if (n_gen > 0 && n_prompt === 0) {
      const context = Math.max(1, Math.round(n_depth + n_gen / 2));
      return [{ curve: "decode", engine: "llama.cpp", source: `${place}: tg${n_gen}`, sequences: 1, context, seconds: 1 / avg_ts }];
    }
    return [];
  });
  if (points.length > 0) return { points, notes: [`${place}: llama.cpp's weights may be quantized; the factor holds that, too.`] };
  throw new InputError(place, "expected a test of a prompt alone (pp) or of generation alone (tg), found none", NEXT_STEP);
};
