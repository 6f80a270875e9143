import type { DeviceModel } from "../../calibration/device-model.ts";
import type { Run } from "../../fleet/run.ts";
import type { Plan } from "../../plan/schema.ts";
import type { Profile } from "../../profile/schema.ts";
import type { PeerTable } from "../peers-schema.ts";

/** What tells one page from another of the same name. The clock is the caller's. */
export interface Made {
  /** Ballast's version. */
  readonly version: string;
  /** "2026-11-26 16:40 UTC" */
  readonly at: string;
  /** The files that it was made from, with the hash that `sha256sum` prints of each. */
  readonly from: readonly { readonly name: string; readonly sha256: string }[];
}

/** What a report can be made of: any of them, best all from one run folder. */
export interface ReportParts {
  readonly profile?: Profile | undefined;
  readonly deviceModel?: DeviceModel | undefined;
  /** Simulations of the same traffic: one, or one for each policy. */
  readonly runs?: readonly Run[] | undefined;
  readonly plan?: Plan | undefined;
  /** Names of the files that the other parts were read from; null, or left out, where they come from elsewhere. */
  readonly files?: readonly string[] | null | undefined;
  /** By what, when and from which bytes the page was made; left out: its foot says nothing. */
  readonly made?: Made | undefined;
  /** Of the same device and condition. */
  readonly peers?: PeerTable | undefined;
}
