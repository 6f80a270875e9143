/**
 * A mistake in what the user gave or has: the place, the rule, the value found, and what to do next.
 *
 * Library code throws it; only `cli/` turns it into text and an exit code. Anything else that is thrown is a fault of
 * Ballast itself.
 */
export class InputError extends Error {
  override readonly name = "InputError";

  /**
   * @param place where: a file, a path inside it, a line, a command-line option
   * @param problem the rule and the value that breaks it, as a clause: "expected a positive number, got -3"
   * @param nextStep what the user can do, as a sentence
   */
  constructor(
    readonly place: string,
    readonly problem: string,
    readonly nextStep: string,
  ) {
    super(`${place}: ${problem}. ${nextStep}`);
  }
}

/**
 * What the user has is right, and Ballast has no model of it: an answer that does without it can say so instead of failing.
 *
 * @see orNotModelled
 */
export class NotModelledError extends InputError {
  /** @param follows what is not modelled, as it reads behind "it follows": "cpu of the pod" */
  constructor(
    place: string,
    problem: string,
    nextStep: string,
    readonly follows: string,
  ) {
    super(place, problem, nextStep);
  }
}

/** What is read, or what of it Ballast does not model. Any other error is thrown on. */
export const orNotModelled = <T>(read: () => T): T | NotModelledError => {
  try {
    return read();
  } catch (error) {
    if (error instanceof NotModelledError) return error;
    throw error;
  }
};

/** Characters of a value that a message has. */
const MOST = 80;

/** A value as a message shows it: as JSON, cut where it is long. */
export const shown = (value: unknown): string => {
  const text = JSON.stringify(value) ?? String(value);
  return text.length <= MOST ? text : `${text.slice(0, MOST)}…`;
};
