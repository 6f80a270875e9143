import type { DeviceModel } from "../../calibration/device-model.ts";
import type { Run } from "../../fleet/run.ts";
import type { Plan } from "../../plan/schema.ts";
import type { Profile } from "../../profile/schema.ts";
import type { PeerTable } from "../peers-schema.ts";

/** What a report can be made of: any of them, best all from one run folder. */
export interface ReportParts {
  readonly profile?: Profile | undefined;
  readonly deviceModel?: DeviceModel | undefined;
  /** Simulations of the same traffic: one, or one for each policy. */
  readonly runs?: readonly Run[] | undefined;
  readonly plan?: Plan | undefined;
  /** Names of the files that the other parts were read from; null, or left out, where they come from elsewhere. */
  readonly files?: readonly string[] | null | undefined;
  /** Of the same device and condition. */
  readonly peers?: PeerTable | undefined;
}
