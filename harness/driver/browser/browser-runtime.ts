import type { Condition } from "../../../src/profile/schema.ts";
import { openSession } from "./browser-session.ts";
import type { FoundBrowser } from "./find-browser.ts";
import { launchLine, type AdapterWish, type LaunchHost } from "./launch-flags.ts";
import type { Runtime } from "../runtime.ts";

export interface BrowserRuntime {
  readonly browser: FoundBrowser;
  /** Of the measuring page. */
  readonly url: string;
  readonly host: LaunchHost;
  readonly condition: Condition;
}

/** macOS calls Apple's GPUs integrated and has one, so it is asked for any. */
const wishes = ({ platform, driversBesideSoftware }: LaunchHost, gpu: string | null, isSoftwareForced: boolean): readonly AdapterWish[] => {
  if (isSoftwareForced) return ["software"];
  const beside: readonly AdapterWish[] = driversBesideSoftware === undefined ? [] : ["beside-software"];
  const detours: readonly AdapterWish[] = platform === "linux" ? [...beside, "through-egl"] : [];
  if (gpu !== null) return ["discrete", "integrated", "any", ...detours];
  return platform === "darwin" ? ["any", "software"] : ["discrete", "any", ...detours, "software"];
};

/** Chrome, Chromium or Edge, started anew for each session. */
export const browserRuntime = ({ browser, url, host, condition }: BrowserRuntime): Runtime => ({
  kind: "chrome",
  place: browser.path,
  name: "the browser",
  repair: "Run `npm run doctor`, update the browser (Chrome, Chromium or Edge), or name another with --browser PATH.",
  wishes: (gpu, isSoftwareForced) => wishes(host, gpu, isSoftwareForced),
  line: async (wish) => launchLine(wish, condition, host),
  open: (line, options) => openSession({ browser, line, url, ...options }),
});
