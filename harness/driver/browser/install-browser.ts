import { spawnSync } from "node:child_process";
import { InputError } from "../../../src/errors.ts";

/** What the choice of an installer depends on. */
export interface InstallHost {
  readonly platform: NodeJS.Platform;
  /** Text of /etc/os-release; empty elsewhere. */
  readonly osRelease: string;
  readonly isRoot: boolean;
  /** false under BALLAST_NO_INSTALL=1 */
  readonly mayInstall: boolean;
}

/** Commands to run one after another, as program and arguments. */
type Commands = readonly (readonly string[])[];

export interface InstallPlan {
  readonly commands: Commands;
  /** The same as a person types it, with sudo where that is needed. */
  readonly typed: string;
  /** One line for the user, before anything happens. */
  readonly announcement: string;
  readonly isAllowed: boolean;
}

const distribution = (osRelease: string): string => /^ID=["']?([^"'\n]*)/m.exec(osRelease)?.[1] ?? "";

const APT: Commands = [
  ["apt-get", "update"],
  ["apt-get", "install", "--yes", "--no-install-recommends", "chromium"],
];

/**
 * How a browser gets onto this machine where none was found.
 *
 * Debian has Chromium as a package. Ubuntu's package of that name only installs a snap, so there, as everywhere else, it is
 * puppeteer's download of Chrome; with the libraries it needs where the system can install them. Ballast itself installs only as
 * root on Linux, since that is a container or a rented machine; everyone else gets the command.
 */
export const installPlan = ({ platform, osRelease, isRoot, mayInstall }: InstallHost): InstallPlan => {
  const name = distribution(osRelease);
  const isAllowed = mayInstall && isRoot && (name === "debian" || name === "ubuntu");
  const why = "no browser with WebGPU was found, and measuring needs one";
  if (platform === "linux" && name === "debian") {
    return {
      commands: APT,
      typed: APT.map((command) => (isRoot ? "" : "sudo ") + command.join(" ")).join(" && "),
      announcement: `${why}: installing Debian's chromium package on this system (apt-get)`,
      isAllowed,
    };
  }
  const dependencies = platform === "linux" && name === "ubuntu" && isRoot ? ["--install-deps"] : [];
  const download = ["npx", "puppeteer", "browsers", "install", "chrome", ...dependencies];
  return {
    commands: [download],
    typed: download.join(" "),
    announcement: `${why}: downloading Chrome into puppeteer's cache in the home folder${dependencies.length > 0 ? ", and the system libraries it needs (apt-get)" : ""}`,
    isAllowed,
  };
};

/** Runs one command and gives its exit status, null where it could not be started. */
export type RunCommand = (command: readonly string[]) => number | null;

/** Output of an installer goes to stderr: stdout carries results only. It runs in our own folder, where npx finds our puppeteer. */
export const runCommand: RunCommand = ([program = "", ...args]) =>
  spawnSync(program, args, {
    cwd: import.meta.dirname,
    stdio: ["ignore", 2, 2],
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
  }).status;

/**
 * Installs a browser after saying so.
 *
 * @throws InputError with the exact command where Ballast may not install here, or where the installer failed
 */
export const installBrowser = (host: InstallHost, say: (line: string) => void, run: RunCommand = runCommand): void => {
  const { commands, typed, announcement, isAllowed } = installPlan(host);
  if (!isAllowed) {
    throw new InputError(
      "browser",
      "found no Chrome, Chromium or Edge on this machine (a snap cannot be used)",
      `Run \`${typed}\`, or name one with --browser PATH.`,
    );
  }
  say(announcement);
  for (const command of commands) {
    const status = run(command);
    if (status !== 0) {
      throw new InputError(
        "browser",
        `installing one failed: \`${command.join(" ")}\` ${status === null ? "could not be started" : `ended with ${status}`}`,
        "Install Chrome, Chromium or Edge yourself and run the command again, or name one with --browser PATH.",
      );
    }
  }
};
