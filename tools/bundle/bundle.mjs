// `npm run bundle`: packs a browser, its libraries, Node and Ballast for a Linux machine with nothing on it. See docs/bundle.md.
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { root } from "../build.mjs";
import { packTree } from "./archive.mjs";
import { addBrowser } from "./browser.mjs";
import { neededGlibc } from "./libraries.mjs";
import { parseSize, writeParts } from "./parts.mjs";
import { addProduct, NODE_VERSION, sizes } from "./product.mjs";
import { BundleError, needPrograms } from "./programs.mjs";

const HELP = `Usage: npm run bundle [-- options]

Packs a headless browser, its libraries, Node and Ballast for a Linux machine (x86-64) that has none of them and no network.

Options:
  --part-size <size>  no part is larger, such as 60MiB (default: one file)
  --browser <path>    an installed browser's own program (default: Debian's chromium-headless-shell, fetched by apt)
  --out <folder>      where the parts go (default: dist/bundle)
  --fast              compress less: seconds instead of minutes
  -h, --help          this text
`;

const options = {
  "part-size": { type: "string" },
  browser: { type: "string" },
  out: { type: "string" },
  fast: { type: "boolean", default: false },
  help: { type: "boolean", short: "h", default: false },
};

const optionsOf = (args) => {
  try {
    return parseArgs({ args, options }).values;
  } catch (error) {
    throw new BundleError(`${error.message}. --help lists the options.`);
  }
};

const say = (line) => process.stderr.write(`${line}\n`);
const mega = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;
const target = join(import.meta.dirname, "target");

/** Lays out everything that travels, as it will lie on the target. */
const makeTree = async (tree, cache, browser) => {
  rmSync(tree, { recursive: true, force: true });
  mkdirSync(tree, { recursive: true });
  say("browser and libraries …");
  const { version: browserVersion, toolbox, packages } = addBrowser(tree, cache, browser);
  say("Ballast, its packages and Node …");
  await addProduct(tree, cache);
  for (const file of ["run.sh", "launch.mjs", "visit.sh"]) cpSync(join(target, file), join(tree, file));
  cpSync(join(target, "start-browser.sh"), join(tree, "browser/start.sh"));
  cpSync(join(target, "fonts.conf"), join(tree, "fonts/fonts.conf"));
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const contents = { ballast: version, browser: browserVersion, node: NODE_VERSION, glibc: neededGlibc(tree), packages };
  writeFileSync(join(tree, "contents.json"), `${JSON.stringify(contents, null, 1)}\n`);
  return { ...contents, toolbox };
};

const bundle = async ({ "part-size": partSize, browser: named, out, fast }) => {
  const most = partSize === undefined ? Number.POSITIVE_INFINITY : parseSize(partSize);
  if (process.platform !== "linux" || process.arch !== "x64") {
    throw new BundleError(`a bundle is made on Linux on x86-64, this is ${process.platform} on ${process.arch}.`);
  }
  needPrograms(["apt-get", "dpkg-deb", "npm", "readelf", "strip", "tar", "xz"]);

  const work = join(root, "node_modules/.cache/ballast-bundle");
  const tree = join(work, "tree");
  const { ballast, browser, glibc, toolbox } = await makeTree(tree, join(work, "cache"), named === undefined ? null : resolve(named));
  const content = sizes(tree);
  const unpacked = mega(content.reduce((sum, { bytes }) => sum + bytes, 0));

  say(`compressing ${unpacked}${fast ? "" : ", which takes minutes"} …`);
  const archive = join(work, "bundle.tar.xz");
  await packTree(tree, archive, fast ? "1" : "9e");
  const name = "ballast-linux-x64";
  const folder = out === undefined ? join(root, "dist/bundle") : resolve(out);
  const script = readFileSync(join(target, "unpack.sh"), "utf8");
  const parts = writeParts({ archive, toolbox, script, facts: { VERSION: ballast, UNPACKED: unpacked, GLIBC: glibc }, folder, name, most });
  rmSync(archive);
  writeFileSync(join(folder, `${name}.sha256`), parts.map(({ path, sha256 }) => `${sha256}  ${basename(path)}\n`).join(""));
  return [
    `${browser}, Node ${NODE_VERSION}, Ballast ${ballast}; needs glibc ${glibc} or newer`,
    ...content.filter(({ bytes }) => bytes > 1e5).map(({ name: entry, bytes }) => `  ${entry.padEnd(10)} ${mega(bytes).padStart(9)}`),
    ...parts.map(({ path, bytes }) => `${path}  ${bytes} bytes (${(bytes / 2 ** 20).toFixed(1)} MiB)`),
    `Carry ${parts.length === 1 ? "it" : "all of them"} to the machine, then: sh ${basename(parts[0].path)} FOLDER && FOLDER/visit.sh --gpu NAME`,
    "",
  ].join("\n");
};

try {
  const values = optionsOf(process.argv.slice(2));
  process.stdout.write(values.help ? HELP : await bundle(values));
} catch (error) {
  if (!(error instanceof BundleError)) throw error;
  process.stderr.write(`ballast: ${error.message}\n`);
  process.exitCode = 1;
}
