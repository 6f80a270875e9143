import type { Tokens } from "../units.ts";
import type { PromptPart, Work } from "./request.ts";

/** What a prompt is made of, and the name of its answer. */
export type Naming = Required<Pick<Work, "parts" | "outputId">>;

/** Names that nobody had before, for all sessions of a trace. */
export const countedNames = (): (() => number) => {
  let named = 0;
  return () => named++;
};

/**
 * Names the tokens of a session's prompts where only their lengths are known: a prompt that is at least as long as the one before it with its
 * answer begins with both; a shorter one has nothing in common with it.
 *
 * @param beginning what the first prompt begins with
 */
export const growingPrompt = (newName: () => number, beginning: readonly PromptPart[] = []) => {
  let known = beginning;
  return (promptTokens: Tokens, outputTokens: Tokens): Naming => {
    const naming = extended(known, promptTokens, newName);
    known = [...naming.parts, { id: naming.outputId, tokens: outputTokens }];
    return naming;
  };
};

/** A prompt that begins with known parts, if it is long enough, and goes on with tokens of its own. */
export const extended = (known: readonly PromptPart[], promptTokens: Tokens, newName: () => number): Naming => {
  const shared = tokensOf(known) <= promptTokens ? known : [];
  const added = promptTokens - tokensOf(shared);
  const parts = added === 0 ? shared : [...shared, { id: newName(), tokens: added }];
  return { parts, outputId: newName() };
};

export const tokensOf = (parts: readonly PromptPart[]): Tokens => parts.reduce((sum, { tokens }) => sum + tokens, 0);

/** The first tokens of what parts name. */
export const cutTo = (parts: readonly PromptPart[], tokens: Tokens): PromptPart[] => {
  const kept: PromptPart[] = [];
  let left = tokens;
  for (const part of parts) {
    if (left <= 0) break;
    kept.push(part.tokens <= left ? part : { id: part.id, tokens: left });
    left -= part.tokens;
  }
  return kept;
};
