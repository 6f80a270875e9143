import type { Stream } from "../../sim/streams.ts";

/** The best of those offered; of equals each has the same chance. Without equals nothing is drawn. */
export class TieBreak {
  /** −1 where none was offered. */
  id = -1;
  private score = -Infinity;
  private equals = 0;
  private readonly stream: Stream;

  constructor(stream: Stream) {
    this.stream = stream;
  }

  begin(): void {
    this.id = -1;
    this.score = -Infinity;
    this.equals = 0;
  }

  /** @param score more is better */
  offer(id: number, score: number): void {
    if (score > this.score) {
      this.id = id;
      this.score = score;
      this.equals = 1;
    } else if (score === this.score) {
      this.equals += 1;
      if (this.stream.uniform() * this.equals < 1) this.id = id;
    }
  }
}
