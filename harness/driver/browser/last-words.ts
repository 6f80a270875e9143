import { spawnSync } from "node:child_process";
import type { LaunchLine } from "./launch-flags.ts";

const LIMIT_MS = 10_000;

/**
 * Why a browser does not start, in its own words: it is started once more with nothing to do, since puppeteer's message for a
 * process that ends at once is only that the connection closed. Null where it says nothing.
 */
export const lastWords = (path: string, { flags, environment }: LaunchLine, profile: string): string | null => {
  const { stderr, error: failure } = spawnSync(
    path,
    [...flags, "--headless=new", `--user-data-dir=${profile}`, "--dump-dom", "about:blank"],
    {
      encoding: "utf8",
      timeout: LIMIT_MS,
      killSignal: "SIGKILL",
      env: { ...process.env, ...environment },
    },
  );
  if (failure !== undefined && (failure as NodeJS.ErrnoException).code !== "ETIMEDOUT") return failure.message;
  const lines = (stderr ?? "").split("\n").map((line) => line.trim());
  const telling =
    lines.find((line) => /FATAL|error while loading|missing|cannot|no usable sandbox/i.test(line)) ?? lines.findLast((line) => line !== "");
  return telling?.replace(/^\[[^\]]*\] /, "").replace(/\.+$/, "") ?? null;
};
