/** What the requests that one replica admitted for the first time looked up in its prefix cache, and what they found. */
export class Lookups {
  queriedTokens = 0;
  hitTokens = 0;

  count(queried: number, hit: number): void {
    this.queriedTokens += queried;
    this.hitTokens += hit;
  }
}
