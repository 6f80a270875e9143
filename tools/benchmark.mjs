// Builds the project and runs one of its benchmarks: node tools/benchmark.mjs <name> [arguments]
import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ensureBuilt, root } from "./build.mjs";

const [name = "", ...args] = process.argv.slice(2);
ensureBuilt();
const file = join(root, "dist/bench", `${name}.js`);
if (!existsSync(file)) {
  process.stderr.write(`ballast: there is no benchmark "${name}" in bench/\n`);
  process.exit(1);
}
process.argv.splice(1, process.argv.length, file, ...args);
await import(pathToFileURL(file).href);
