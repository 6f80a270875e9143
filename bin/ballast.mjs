#!/usr/bin/env node
// The command: sets up what is missing, then hands over to the built program.
import { existsSync } from "node:fs";

const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 19) || (major === 22 && minor < 12) || major === 21) {
  process.stderr.write(
    `ballast: needs Node 20.19 or newer (or 22.12 or newer), found ${process.versions.node}. Install a newer Node: https://nodejs.org\n`,
  );
  process.exit(1);
}
const builder = new URL("../tools/build.mjs", import.meta.url);
if (existsSync(builder)) (await import(builder.href)).ensureBuilt();
const { main } = await import(new URL("../dist/cli/main.js", import.meta.url).href);
process.exitCode = await main(process.argv.slice(2));
