/** Told what is about to be simulated, in words, and what share of the stages is behind it. */
export type OnProgress = (what: string, share: number) => void;

/** How far a plan is: its stages in order, by name. */
export class Stages {
  private readonly names: readonly string[];
  private readonly onProgress: OnProgress;
  private at = 0;

  constructor(names: readonly string[], onProgress: OnProgress) {
    this.names = names;
    this.onProgress = onProgress;
  }

  /** One of the stages, and what it gives. */
  run<T>(name: string, part: () => T): T {
    this.at = this.names.indexOf(name);
    return part();
  }

  /** `stage 2 of 6, how sure: resample 4 of 39, 2 replicas`. */
  tell(what: string): void {
    const count = this.names.length;
    this.onProgress(`stage ${this.at + 1} of ${count}, ${this.names[this.at] ?? ""}: ${what}`, this.at / count);
  }
}
