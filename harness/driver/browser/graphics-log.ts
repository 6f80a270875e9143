import { spawnSync } from "node:child_process";
import type { LaunchLine } from "./launch-flags.ts";
import { makeTemporaryFolder } from "../site/temporary-folder.ts";

const LIMIT_MS = 10_000;
const LAST = 12;

/** Parts of the browser whose messages are of GPUs and their drivers. */
const OF_GRAPHICS = /\b(gpu|viz|gl|egl|angle|vulkan|dawn|webgpu|skia)\b|libGL|libEGL|VK_|error while loading/i;

/** Messages of a log that are about GPUs, without process, time and place, each once, the last few. */
export const graphicsLines = (log: string): string[] => {
  const lines = log
    .split("\n")
    .filter((line) => OF_GRAPHICS.test(line))
    .map((line) => line.replace(/^(\[[^\]]*\]|ERR:) ?/, "").trim());
  return [...new Set(lines)].filter((line) => line !== "").slice(-LAST);
};

/** What a browser writes about GPUs when it is started once with nothing to do: the reason why an adapter is missing, as far as it tells. */
export const graphicsLog = (path: string, { flags, environment }: LaunchLine): string[] => {
  const profile = makeTemporaryFolder("ballast-browser-");
  try {
    const { stderr, error } = spawnSync(
      path,
      [...flags, "--headless=new", `--user-data-dir=${profile.path}`, "--enable-logging=stderr", "--dump-dom", "about:blank"],
      { encoding: "utf8", timeout: LIMIT_MS, killSignal: "SIGKILL", env: { ...process.env, ...environment } },
    );
    return [...(error === undefined ? [] : [error.message]), ...graphicsLines(stderr ?? "")];
  } finally {
    profile.remove();
  }
};
