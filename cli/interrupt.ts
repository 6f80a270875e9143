/** The user stopped the command. `main` prints the message and exits with 130. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
}

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
/** `npm run` passes on a Ctrl-C that the terminal has already given to us: two that close together are one. */
const SAME_PRESS_MS = 1000;

/**
 * Runs work that can be stopped: the first Ctrl-C aborts the signal, so that the work closes what it opened; a second ends the
 * process at once.
 */
export const interruptible = async <T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> => {
  const controller = new AbortController();
  let first: number | undefined;
  const onSignal = () => {
    const now = performance.now();
    if (first !== undefined && now - first > SAME_PRESS_MS) process.exit(130);
    first ??= now;
    controller.abort(new Interrupted("Stopped."));
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  try {
    return await work(controller.signal);
  } finally {
    for (const signal of SIGNALS) process.off(signal, onSignal);
  }
};
