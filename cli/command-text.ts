/** Options that say where results go and in which form: they change nothing of the results. */
const WHERE_TO = new Set(["--out", "--json"]);
/** Where manifests go changes nothing of the results, but that they are asked for has the frontier looked for. */
const MANIFESTS = "--manifests-out";
const WITHOUT_VALUE = new Set(["--json"]);

/** A word as a shell reads it back. */
export const shellWord = (word: string): string => (/^[\w@%+=:,./-]+$/u.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`);

/** A command line of Ballast as one types it into a shell, without the options that only say where results go. */
export const commandText = (args: readonly string[]): string => {
  const kept: string[] = [];
  for (let i = 0; i < args.length; i += 1) {
    const [name = ""] = args[i]!.split("=");
    if (name === MANIFESTS && !args.includes("--frontier") && !kept.includes("--frontier")) kept.push("--frontier");
    if (name !== MANIFESTS && !WHERE_TO.has(name)) kept.push(args[i]!);
    else if (!WITHOUT_VALUE.has(name) && !args[i]!.includes("=")) i += 1;
  }
  return ["ballast", ...kept.map(shellWord)].join(" ");
};
