import { shellCommands } from "./shell-words.ts";

/** A flag of vLLM's command line. */
export interface Flag {
  readonly name: string;
  readonly value: string | null;
  readonly written: string;
}

const SHORT: Readonly<Record<string, string>> = {
  tp: "tensor-parallel-size",
  pp: "pipeline-parallel-size",
  dp: "data-parallel-size",
  q: "quantization",
  m: "model",
};

/** Whether a container's words start vLLM's server. */
export const startsVllm = (words: readonly string[]): boolean =>
  commandOf(words).some((word) => /(?:^|\/)vllm$|vllm\.entrypoints/u.test(word));

/**
 * The flags of the command that starts vLLM, and its model where that stands without one.
 *
 * @param words the container's command and args; a shell's script within them is taken apart
 * @param environment what the container's variables hold, for `$(NAME)` and `$NAME`
 */
export const flagsOf = (
  words: readonly string[],
  environment: ReadonlyMap<string, string>,
): { readonly model: string | null; readonly given: readonly Flag[] } => {
  const command = commandOf(words).map((word) => expand(word, environment));
  const serve = command.findIndex((word, i) => word === "serve" && /(?:^|\/)vllm$/u.test(command[i - 1] ?? ""));
  const module = command.findIndex((word) => word.startsWith("vllm.entrypoints"));
  const rest = command.slice(Math.max(serve, module) + 1);
  const given: Flag[] = [];
  let model: string | null = null;
  for (let i = 0; i < rest.length; i += 1) {
    const word = rest[i]!;
    const [, dashes, flag, inline] = /^(--?)([A-Za-z][\w.-]*)(?:=(.*))?$/su.exec(word) ?? [];
    if (flag === undefined) {
      // vLLM's own image takes the model as its first argument too.
      if (i === 0 && (serve >= 0 || (module < 0 && /^[\w.-]+\/[\w.-]+$/u.test(word)))) model = word;
      continue;
    }
    const following = rest[i + 1];
    const takesNext = inline === undefined && following !== undefined && !/^--?[A-Za-z]/u.test(following);
    if (takesNext) i += 1;
    const value = inline ?? (takesNext ? following : null);
    const long = dashes === "-" && Object.hasOwn(SHORT, flag) ? SHORT[flag]! : flag.replaceAll("_", "-");
    given.push({ name: long, value, written: takesNext ? `${word} ${following}` : word });
  }
  return { model, given };
};

const expand = (word: string, environment: ReadonlyMap<string, string>): string =>
  word.replace(/\$(?:\((\w+)\)|\{(\w+)\}|(\w+))/gu, (whole: string, ...names: (string | undefined)[]) => {
    const name = names.slice(0, 3).find((candidate) => candidate !== undefined) ?? "";
    return environment.get(name) ?? whole;
  });

/** The words from `vllm serve` or the server's module on; all of them where neither is named, as with vLLM's own image. */
const commandOf = (words: readonly string[]): readonly string[] => {
  const script = words.findIndex((word, i) => /^-\w*c$/u.test(word) && /(?:^|\/)(?:ba|da|z|a)?sh$/u.test(words[i - 1] ?? ""));
  if (script < 0) return words;
  const commands = shellCommands(words[script + 1] ?? "");
  return commands.find((command) => command.some((word) => /(?:^|\/)vllm$|vllm\.entrypoints/u.test(word))) ?? commands.at(-1) ?? [];
};
