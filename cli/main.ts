import { Command, CommanderError } from "commander";
import { InputError } from "../src/errors.ts";
import { processIo, type Io } from "./io.ts";

/** Exit codes: 0 done · 1 something the user gave or has must change · 70 a fault of Ballast · 130 stopped by the user. */
export const main = async (args: readonly string[], io: Io = processIo()): Promise<number> => {
  const program = new Command("ballast")
    .description("Measures a GPU in a browser and says how much stable capacity your LLM traffic needs on it.")
    .exitOverride()
    .configureOutput({ writeOut: io.out, writeErr: io.err });
  try {
    await program.parseAsync([...args], { from: "user" });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode;
    if (error instanceof InputError) {
      io.err(`${error.message}\n`);
      return 1;
    }
    io.err(`ballast: a fault of Ballast itself: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    return 70;
  }
};
