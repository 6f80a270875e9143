import { resolve } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import { calibrate } from "../../src/calibration/calibrate.ts";
import { largestBuiltInThatFits } from "../../src/calibration/kv-blocks.ts";
import { replicaSchema } from "../../src/replica/settings.ts";
import { deviceModelText } from "../../src/report/device-model-text.ts";
import { PLAIN } from "../../src/report/layout.ts";
import { chooseModel } from "../choose-model.ts";
import { chooseProfile } from "../choose-profile.ts";
import { writeWhole } from "../files.ts";
import type { Io } from "../io.ts";
import { contentHash } from "../kept-profiles.ts";

interface CalibrateOptions {
  readonly model?: string;
  readonly memory?: number;
  readonly out?: string;
  readonly json?: true;
}

/** `ballast calibrate`: a profile and a language model to the three curves of the scaling model. */
export const calibrateCommand = (io: Io): Command =>
  new Command("calibrate")
    .description("Fit the scaling model of a language model to a measured device: load, warm-up and step curve.")
    .argument("[profile]", "a profile's file, a run's folder, or <device>/<condition> below results/ (default: the newest run)")
    .option("--model <name|path>", "a built-in model, or the path of a Hugging Face config.json (default: the largest built-in that fits)")
    .option("--memory <size>", "memory for weights and KV cache, such as 24GiB (default: as the profile states it)", memorySize)
    .option("--out <file>", "write the device model there, as JSON")
    .option("--json", "print the device model as JSON instead of the curves")
    .action((given: string | undefined, options: CalibrateOptions) => {
      const { path, profile } = chooseProfile(io, given);
      const model =
        options.model === undefined
          ? largestBuiltInThatFits(profile, replicaSchema.parse({}), options.memory)
          : chooseModel(options.model, io.cwd);
      const fitted = calibrate(profile, model, {
        profileHash: contentHash(profile),
        ...(options.memory === undefined ? {} : { memory: options.memory }),
      });
      const json = `${JSON.stringify(fitted, null, 1)}\n`;
      if (options.out !== undefined) writeWhole(resolve(io.cwd, options.out), json);
      io.err(`profile: ${path}\n`);
      io.out(options.json ? json : deviceModelText(fitted, PLAIN, profile));
      if (options.out !== undefined) io.err(`device model: ${options.out}\n`);
    });

/** Bytes of a size as a person writes it: 24GiB, 80 GB, 512MiB, 1000000. */
const memorySize = (text: string): number => {
  const match = /^\s*(\d+(?:\.\d+)?)\s*([KMGT]i?B|B)?\s*$/u.exec(text);
  const [, digits = "", unit = "B"] = match ?? [];
  const power = "BKMGT".indexOf(unit[0] ?? "B");
  const size = Math.floor(Number(digits) * (unit.includes("i") ? 1024 : 1000) ** power);
  if (match === null || size <= 0) throw new InvalidArgumentError("Expected a size above 0, such as 24GiB or 80GB.");
  return size;
};
