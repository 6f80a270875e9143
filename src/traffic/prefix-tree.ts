import type { Tokens } from "../units.ts";
import { tokensOf } from "./growing-prompt.ts";
import type { PromptPart, Work } from "./request.ts";

/** How much of the prompts an engine with an unlimited cache would have computed before. */
export interface PrefixReuse {
  /** Of all prompt tokens: those with which an earlier prompt, with its answer, begins too. */
  readonly share: number;
  /** Requests of which at least one token is so. */
  readonly requests: number;
  /** Requests looked at: all, or the first ones where the prefixes became too many to be kept. */
  readonly of: number;
}

/** Distinct parts kept: about 100 bytes each. */
const MOST_PARTS = 5_000_000;

/** Where prompts can be after some parts: what came next. */
interface Place {
  readonly next: Map<number, Branch>;
}

/** A part that came next, and where prompts went after it. */
interface Branch {
  /** The most of it that a prompt had. */
  longest: Tokens;
  /** By how much of it the prompt had: mostly all of it, in one way. */
  readonly after: Map<Tokens, Place>;
}

/**
 * All prompts so far, as a tree of their parts: how many tokens of a new one they begin with. An answer is kept behind its prompt, as an
 * engine does.
 */
export class PrefixTree {
  readonly #root: Place = { next: new Map() };
  #parts = 0;
  #requests = 0;
  #withNames = 0;
  #reusing = 0;
  #reused = 0;
  #prompts = 0;

  add({ promptTokens, outputTokens, parts, outputId }: Work): void {
    if (this.#parts >= MOST_PARTS) return;
    this.#requests += 1;
    this.#prompts += promptTokens;
    if (parts === undefined) return;
    this.#withNames += 1;
    const { shared, place } = this.#walk(parts);
    this.#reused += shared;
    if (shared > 0) this.#reusing += 1;
    const isWhole = tokensOf(parts) === promptTokens;
    if (outputId !== undefined && isWhole) this.#enter(place, { id: outputId, tokens: outputTokens });
  }

  /** Null where no prompt said what it is made of. */
  reuseOrNull(): PrefixReuse | null {
    if (this.#withNames === 0) return null;
    return { share: this.#reused / this.#prompts, requests: this.#reusing, of: this.#requests };
  }

  #walk(parts: readonly PromptPart[]): { shared: Tokens; place: Place } {
    let shared = 0;
    let isKnown = true;
    let place = this.#root;
    for (const part of parts) {
      if (isKnown) {
        const branch = place.next.get(part.id);
        shared += Math.min(part.tokens, branch?.longest ?? 0);
        isKnown = branch?.after.has(part.tokens) === true;
      }
      place = this.#enter(place, part);
    }
    return { shared, place };
  }

  #enter(place: Place, { id, tokens }: PromptPart): Place {
    let branch = place.next.get(id);
    if (branch === undefined) place.next.set(id, (branch = { longest: 0, after: new Map() }));
    branch.longest = Math.max(branch.longest, tokens);
    let after = branch.after.get(tokens);
    if (after === undefined) {
      branch.after.set(tokens, (after = { next: new Map() }));
      this.#parts += 1;
    }
    return after;
  }
}
