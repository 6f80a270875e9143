/**
 * The words of a shell command, as far as start scripts of servers go: quotes, backslashes, continued lines. What follows `;`, `&&` or a
 * pipe is another command and gets a list of its own.
 */
export const shellCommands = (text: string): string[][] => {
  const commands: string[][] = [[]];
  let word: string | null = null;
  const endWord = (): void => {
    if (word !== null) commands.at(-1)!.push(word);
    word = null;
  };
  const joined = text.replace(/\\\r?\n/gu, " ");
  for (let i = 0; i < joined.length; i += 1) {
    const character = joined[i]!;
    if (character === "'" || character === '"') {
      const [inner, end] = quoted(joined, i);
      word = (word ?? "") + inner;
      i = end;
    } else if (character === "\\" && i + 1 < joined.length) {
      i += 1;
      word = (word ?? "") + joined[i]!;
    } else if (/[;&|\n]/u.test(character)) {
      endWord();
      if (commands.at(-1)!.length > 0) commands.push([]);
    } else if (/\s/u.test(character)) {
      endWord();
    } else if (character === "#" && word === null) {
      while (i + 1 < joined.length && joined[i + 1] !== "\n") i += 1;
    } else {
      word = (word ?? "") + character;
    }
  }
  endWord();
  return commands.filter((words) => words.length > 0);
};

/** What stands between the quote at `start` and its like, and where that is. */
const quoted = (text: string, start: number): [inner: string, end: number] => {
  const quote = text[start]!;
  let inner = "";
  let i = start + 1;
  for (; i < text.length && text[i] !== quote; i += 1) {
    if (quote === '"' && text[i] === "\\" && /["\\$`]/u.test(text[i + 1] ?? "")) i += 1;
    inner += text[i]!;
  }
  return [inner, i];
};
