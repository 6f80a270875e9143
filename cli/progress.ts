import type { Io } from "./io.ts";

/** What a long command shows while it runs, on stderr. */
export interface ProgressLine {
  /** What is being done: one redrawn line on a terminal; elsewhere a line of its own, at every tenth of the way. */
  show(share: number, text: string): void;
  /** A line that stays. */
  say(text: string): void;
  /** Takes the redrawn line away. */
  end(): void;
}

const CLEAR_LINE = "\r\u001b[2K";
const COLUMNS = 79;

/** @param isQuiet nothing is shown; what is said still is */
export const progressLine = (io: Pick<Io, "err" | "isTerminal">, isQuiet: boolean): ProgressLine => {
  let isDrawn = false;
  let lastTenth = -1;
  const clear = () => {
    if (isDrawn) io.err(CLEAR_LINE);
    isDrawn = false;
  };
  return {
    show: (share, text) => {
      if (isQuiet) return;
      if (io.isTerminal) {
        io.err(`${CLEAR_LINE}${text.slice(0, COLUMNS)}`);
        isDrawn = true;
        return;
      }
      const tenth = Math.floor(share * 10);
      if (tenth > lastTenth) io.err(`${text}\n`);
      lastTenth = Math.max(lastTenth, tenth);
    },
    say: (text) => {
      clear();
      io.err(`${text}\n`);
    },
    end: clear,
  };
};

/** What is read within four times as long is read before anyone looks. */
const LINE_EVERY_MS = 200;

/** Reads files with a line that says how far it is, on a terminal or at every tenth of the way; nothing where it takes no time. */
export const reading = async <T>(
  io: Pick<Io, "err" | "isTerminal">,
  read: (onRead: (share: number) => void) => Promise<T>,
  isQuiet = false,
): Promise<T> => {
  const line = progressLine(io, isQuiet);
  let shownAt = performance.now() + 4 * LINE_EVERY_MS;
  try {
    return await read((share) => {
      if (performance.now() < shownAt) return;
      shownAt = performance.now() + LINE_EVERY_MS;
      line.show(share, `Reading, ${Math.floor(share * 100)} %`);
    });
  } finally {
    line.end();
  }
};
