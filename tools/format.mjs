// Formats every file in place; `npm test` checks the same.
import { ensurePackages, runOrExit, tool } from "./build.mjs";

ensurePackages();
runOrExit(process.execPath, [tool("oxfmt"), "."]);
