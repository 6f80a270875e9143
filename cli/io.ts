/** What a command may do to the world of the terminal; tests hand in their own. */
export interface Io {
  /** Results. */
  out(text: string): void;
  /** Everything else: progress, warnings, what is being done. */
  err(text: string): void;
  /** Whether `err` goes to a terminal that can redraw a line. */
  readonly isTerminal: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Folder that relative paths of the user start from. */
  readonly cwd: string;
  /** The command line that is being done, without the program's name. */
  readonly args?: readonly string[];
}

export const processIo = (): Io => ({
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  isTerminal: process.stderr.isTTY === true,
  env: process.env,
  cwd: process.env["INIT_CWD"] ?? process.cwd(),
});
