// `npm test`: everything CI runs, in one command, with its own set-up. `--long` gives the property tests their full counts.
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ensureBuilt, root, runOrExit, tool } from "./build.mjs";

const isLong = process.argv.includes("--long");
const started = process.hrtime.bigint();
const heading = (text) => {
  const elapsed = Number((process.hrtime.bigint() - started) / 1_000_000_000n);
  process.stdout.write(`\n== ${text} (${elapsed} s so far)\n`);
};

heading("build, browser");
ensureBuilt();
const { main } = await import(new URL("../dist/cli/main.js", import.meta.url).href);
if ((await main(["doctor", "--install", "--software"])) !== 0) process.exit(1);

heading("types of tests and benchmarks");
runOrExit(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", "test"]);

heading("lint, import cycles");
runOrExit(process.execPath, [tool("oxlint"), "--type-aware", "--deny-warnings"]);

heading("format");
runOrExit(process.execPath, [tool("oxfmt"), "--check", "."]);

const counts = { passed: 0, failed: 0, skipped: 0 };
let hasFailed = false;
mkdirSync(join(root, "dist/test"), { recursive: true });
for (const project of ["unit", "browser"]) {
  heading(`${project} tests`);
  const results = join(root, "dist/test", `${project}.json`);
  const { status } = spawnSync(
    process.execPath,
    [tool("vitest"), "run", "--project", project, "--reporter=dot", "--reporter=json", `--outputFile.json=${results}`],
    { cwd: root, stdio: ["ignore", "inherit", "inherit"], env: { ...process.env, ...(isLong ? { BALLAST_LONG: "1" } : {}) } },
  );
  hasFailed ||= status !== 0;
  const { numPassedTests, numFailedTests, numPendingTests, testResults } = JSON.parse(readFileSync(results, "utf8"));
  counts.passed += numPassedTests;
  counts.failed += numFailedTests;
  counts.skipped += numPendingTests;
  for (const { assertionResults } of testResults) {
    for (const { status: outcome, fullName } of assertionResults)
      if (outcome === "pending" || outcome === "skipped") process.stdout.write(`skipped: ${fullName}\n`);
  }
}

heading("done");
process.stdout.write(`tests: ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped\n`);
process.exitCode = hasFailed || counts.failed > 0 ? 1 : 0;
