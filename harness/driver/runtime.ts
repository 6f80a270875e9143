import type { Profile } from "../../src/profile/schema.ts";
import type { Seconds } from "../../src/units.ts";
import type { AdapterWish, LaunchLine } from "./browser/launch-flags.ts";
import type { Session } from "./session.ts";
import type { TemporaryFolder } from "./site/temporary-folder.ts";

export interface StartOptions {
  /** A profile that outlives the session; whoever made it removes it. */
  readonly profile?: TemporaryFolder;
  readonly signal?: AbortSignal | undefined;
  /** How long it may take to start and become ready. */
  readonly startLimit?: Seconds;
}

/** What runs WebGPU: a browser, or Dawn in Node. */
export interface Runtime {
  readonly kind: Profile["runtime"];
  /** Place of its faults in messages: the browser's path, "Dawn in Node". */
  readonly place: string;
  /** What it is called in a sentence: "the browser". */
  readonly name: string;
  /** What to try where it gives no WebGPU or no adapter. */
  readonly repair: string;
  /** The wishes to try, best first. */
  wishes(gpu: string | null, isSoftwareForced: boolean): readonly AdapterWish[];
  /**
   * How it is started for a wish.
   *
   * @param gpu `--gpu NAME`, for a runtime that can be told one; the guard looks at what comes all the same
   * @throws InputError where this machine lacks what the wish needs
   */
  line(wish: AdapterWish, gpu: string | null): Promise<LaunchLine>;
  /** Starts it. @throws InputError where it does not start */
  open(line: LaunchLine, options: StartOptions): Promise<Session>;
}
