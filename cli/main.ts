import { Command, CommanderError } from "commander";
import { InputError } from "../src/errors.ts";
import { benchCommand } from "./commands/bench.ts";
import { calibrateCommand } from "./commands/calibrate.ts";
import { compareCommand } from "./commands/compare.ts";
import { doctorCommand } from "./commands/doctor.ts";
import { experimentCommand } from "./commands/experiment.ts";
import { initCommand } from "./commands/init.ts";
import { kernelsCommand } from "./commands/kernels.ts";
import { planCommand } from "./commands/plan.ts";
import { reportCommand } from "./commands/report.ts";
import { simulateCommand } from "./commands/simulate.ts";
import { sweepCommand } from "./commands/sweep.ts";
import { trafficCommand } from "./commands/traffic.ts";
import { validateCommand } from "./commands/validate.ts";
import { Interrupted } from "./interrupt.ts";
import { processIo, type Io } from "./io.ts";
import { ballastVersion } from "./project.ts";

const commands = [
  benchCommand,
  calibrateCommand,
  compareCommand,
  doctorCommand,
  simulateCommand,
  sweepCommand,
  planCommand,
  trafficCommand,
  experimentCommand,
  validateCommand,
  reportCommand,
  kernelsCommand,
  initCommand,
];

/** Exit codes: 0 done · 1 something the user gave or has must change · 70 a fault of Ballast · 130 stopped by the user. */
export const main = async (args: readonly string[], terminal: Io = processIo()): Promise<number> => {
  const io: Io = { ...terminal, args };
  const program = new Command("ballast")
    .description("Measures a GPU in a browser and says how much stable capacity your LLM traffic needs on it.")
    .version(ballastVersion)
    .showHelpAfterError("(add --help for the options)")
    .exitOverride()
    .configureOutput({ writeOut: (text) => io.out(text), writeErr: (text) => io.err(text) });
  for (const make of commands) {
    const command = make(io).copyInheritedSettings(program);
    for (const part of command.commands) part.copyInheritedSettings(program);
    program.addCommand(command);
  }
  try {
    await program.parseAsync([...args], { from: "user" });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode;
    if (error instanceof InputError) {
      io.err(`${error.message}\n`);
      return 1;
    }
    if (error instanceof Interrupted) {
      io.err(`${error.message}\n`);
      return 130;
    }
    io.err(`ballast: a fault of Ballast itself: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    return 70;
  }
};
