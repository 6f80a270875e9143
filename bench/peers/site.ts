import { join } from "node:path";
import { build } from "vite";
import { projectRoot } from "../../cli/project.ts";

/** The built page of the peer table. */
export const peersSite = join(projectRoot, "dist", "bench", "peers", "site");

/** Builds the page from what is there now: a second or two, and never a stale one. */
export const buildPeersSite = async (): Promise<void> => {
  await build({
    root: join(projectRoot, "bench/peers/page"),
    configFile: join(projectRoot, "bench/peers/vite.config.ts"),
    logLevel: "warn",
  });
};
