import { launchHost } from "../harness/driver/host.ts";
import { browserRuntime } from "../harness/driver/browser/browser-runtime.ts";
import type { Runtime } from "../harness/driver/runtime.ts";
import { serveSite } from "../harness/driver/site/serve.ts";
import { dawnRuntime } from "../harness/dawn/runtime.ts";
import { InputError } from "../src/errors.ts";
import type { Condition, Profile } from "../src/profile/schema.ts";
import { browserFor } from "./browser.ts";
import type { Io } from "./io.ts";
import { dawnProgram } from "./project.ts";

/** What the user chose to measure with. */
export interface RuntimeChoice {
  readonly runtime: Profile["runtime"];
  readonly condition: Condition;
  /** `--browser PATH` */
  readonly browser: string | undefined;
  /** Folder of the measuring page. */
  readonly site: string;
  /** The program that holds Dawn; tests hand in others. */
  readonly program?: string;
}

/** A runtime that sessions may be opened of until `close`. */
export interface UsableRuntime {
  readonly runtime: Runtime;
  close(): Promise<void>;
}

/**
 * The runtime of a choice. For a browser one is looked for, or installed where it may be, and the page is served; for Dawn no browser
 * is started or installed.
 *
 * @throws InputError where what it needs is not there
 */
export const runtimeFor = async (io: Pick<Io, "err" | "env">, choice: RuntimeChoice): Promise<UsableRuntime> => {
  const { condition, browser, site, program = dawnProgram } = choice;
  switch (choice.runtime) {
    case "dawn":
      if (browser !== undefined) {
        throw new InputError("--browser", "names a browser, and --runtime dawn starts none", "Leave one of the two out.");
      }
      return {
        runtime: dawnRuntime({ program, condition, platform: process.platform, env: io.env }),
        close: async () => {},
      };
    case "chrome": {
      const found = await browserFor(io, browser);
      const { url, close } = await serveSite(site);
      return { runtime: browserRuntime({ browser: found, url, host: launchHost(found.path), condition }), close };
    }
    default:
      return choice.runtime satisfies never;
  }
};
