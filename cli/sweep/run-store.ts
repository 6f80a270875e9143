import type { Run } from "../../src/fleet/run.ts";

/** Finished runs by their address. A folder here (`folder-store.ts`); a bucket or a database could stand in its place. */
export interface RunStore {
  /** Where it is, for messages. */
  readonly place: string;
  /** Addresses of the runs that it holds now. */
  addresses(): Promise<ReadonlySet<string>>;
  /** @throws InputError where the run is not there or damaged */
  get(address: string): Promise<Run>;
  /**
   * Keeps a run, whole or not at all. The same address always has the same bytes, so that whoever comes second changes nothing.
   *
   * @param text the run as it is saved
   * @throws InputError where it cannot be written
   */
  put(address: string, text: string): Promise<void>;
}
