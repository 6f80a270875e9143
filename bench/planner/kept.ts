import { appendFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";

/** Outcomes in a file of JSON lines, by number: a benchmark that was cut short goes on from them. */
export class Kept<T> {
  readonly outcomes: Map<number, T>;
  private readonly file: string;

  constructor(file: string) {
    this.file = file;
    const lines = existsSync(file) ? readFileSync(file, "utf8").split("\n") : [];
    this.outcomes = new Map(lines.filter((line) => line !== "").map((line) => JSON.parse(line) as [number, T]));
    mkdirSync(dirname(file), { recursive: true });
  }

  /** The outcome of a number, found out unless it is kept. */
  of(number: number, findOut: () => T): T {
    const known = this.outcomes.get(number);
    if (known !== undefined) return known;
    const outcome = findOut();
    this.outcomes.set(number, outcome);
    appendFileSync(this.file, `${JSON.stringify([number, outcome])}\n`);
    return outcome;
  }
}
