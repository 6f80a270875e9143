import { fileProbe } from "../harness/driver/browser/file-probe.ts";
import { findBrowserOrNull, type FoundBrowser } from "../harness/driver/browser/find-browser.ts";
import { installHost, searchPlaces } from "../harness/driver/host.ts";
import { installBrowser } from "../harness/driver/browser/install-browser.ts";
import type { Io } from "./io.ts";

/**
 * The browser to drive: the one named, one that is there, or, where the user's rights and wishes allow it, one installed now.
 *
 * @throws InputError where the named one cannot be used, or none is there and none may be installed
 */
export const browserFor = async (io: Pick<Io, "err" | "env">, given: string | undefined): Promise<FoundBrowser> => {
  const find = async () => findBrowserOrNull(await searchPlaces(io.env, given), fileProbe);
  const found = await find();
  if (found !== null) return found;
  installBrowser(installHost(io.env), (line) => io.err(`ballast: ${line}\n`));
  const installed = await find();
  if (installed === null) throw new Error("a browser was installed, and is not found");
  return installed;
};
