// Programs of the system that the packer runs.
import { spawnSync } from "node:child_process";

/** What the user must change; printed without a stack. */
export class BundleError extends Error {}

/** Where each program comes from on Debian and Ubuntu. */
const PACKAGE_OF = {
  "apt-get": "apt",
  "dpkg-deb": "dpkg",
  npm: "npm",
  readelf: "binutils",
  strip: "binutils",
  tar: "tar",
  xz: "xz-utils",
};

const isThere = (program) => spawnSync(program, ["--version"], { stdio: "ignore" }).error === undefined;

/**
 * Looks for every program before anything is made.
 *
 * @throws BundleError that names all that are missing, with the command that installs them
 */
export const needPrograms = (programs) => {
  const missing = programs.filter((program) => !isThere(program));
  if (missing.length === 0) return;
  const packages = [...new Set(missing.map((program) => PACKAGE_OF[program] ?? program))];
  throw new BundleError(
    `cannot find ${missing.join(", ")}, which packing needs. Run \`apt-get install ${packages.join(" ")}\`, then this command again.`,
  );
};

/**
 * Runs a program to its end and gives what it printed.
 *
 * @throws BundleError with the last lines it said where it fails
 */
export const output = (program, args, { cwd, env } = {}) => {
  const { stdout, stderr, status, error } = spawnSync(program, args, {
    cwd,
    env: { ...process.env, LC_ALL: "C", ...env },
    encoding: "utf8",
    maxBuffer: 2 ** 28,
  });
  if (error) throw new BundleError(`cannot run ${program}: ${error.message}.`);
  if (status !== 0) {
    const said = stderr.trim().split("\n").slice(-5).join("\n  ");
    throw new BundleError(`\`${[program, ...args].join(" ").slice(0, 200)}\` ended with ${status}:\n  ${said}`);
  }
  return stdout;
};
