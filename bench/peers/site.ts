import { existsSync } from "node:fs";
import { join } from "node:path";
import { projectRoot } from "../../cli/project.ts";

/** The built page of the peer table. */
export const peersSite = join(projectRoot, "dist", "bench", "peers", "site");

/** Builds the page from what is there now: a second or two, and never a stale one. Where its source does not travel along, the built one stands. */
export const ensurePeersSite = async (): Promise<void> => {
  const source = join(projectRoot, "bench/peers/page");
  if (!existsSync(source)) return;
  const { build } = await import("vite");
  await build({ root: source, configFile: join(projectRoot, "bench/peers/vite.config.ts"), logLevel: "warn" });
};
