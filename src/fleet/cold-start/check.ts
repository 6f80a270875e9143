import { InputError } from "../../errors.ts";
import type { Duration } from "../../replica/cold-start/duration.ts";
import { distributionSchema } from "../../replica/cold-start/duration.ts";
import type { ColdStartPhase, TransferPhase } from "../../replica/cold-start/phase.ts";
import { COLD, type StartUpConfig } from "./start-up.ts";

/**
 * Refuses a start-up that contradicts itself.
 *
 * @throws InputError with the phase, or the scenario's name of the setting
 */
export const checkColdStart = (phases: readonly ColdStartPhase[], startUp: StartUpConfig = COLD): void => {
  for (const phase of phases) checkPhase(phase);
  checkTime("cold_start.keep_node_s", startUp.keepNode);
  const { warmPool } = startUp;
  if (warmPool === null) return;
  checkTime("cold_start.warm_pool.wake_s", warmPool.wake);
  if (!(Number.isInteger(warmPool.size) && warmPool.size >= 1)) {
    throw refused("cold_start.warm_pool.size", "a whole number of 1 or more", warmPool.size, "Leave warm_pool out for none.");
  }
  if (!(Number.isInteger(warmPool.prepared) && warmPool.prepared >= 1 && warmPool.prepared <= phases.length)) {
    const most = `from 1 to all ${phases.length} phases of the cold start`;
    throw refused("cold_start.warm_pool, prepared", most, warmPool.prepared, "A pool needs a cold start to spare.");
  }
  checkShare("cold_start.warm_pool.paid_share", warmPool.paidShare);
};

const checkPhase = (phase: ColdStartPhase): void => {
  const place = `cold_start, phase "${phase.name}"`;
  checkTime(place, phase.onKnownNode ?? 0);
  if ("transfer" in phase) {
    checkTransfer(place, phase.transfer);
  } else if ("probe" in phase) {
    checkTime(place, phase.probe.initialDelay);
    if (!(phase.probe.period >= 1e-9 && phase.probe.period < Infinity)) {
      throw refused(place, "a period of 1 ns or more", phase.probe.period, "Kubernetes' default is 10 s.");
    }
  } else {
    checkTime(place, phase.duration);
    if (phase.stockOut === undefined) return;
    checkTime(place, phase.stockOut.retry);
    const { probability } = phase.stockOut;
    if (!(probability >= 0 && probability < 1)) {
      throw refused(place, "a chance of a stock-out from 0 to below 1", probability, "At 1 no node would ever come.");
    }
  }
};

const checkTransfer = (place: string, transfer: TransferPhase["transfer"]): void => {
  const { bytes, bandwidth, sharedBandwidth = Infinity, cached = 0, peerBandwidth = 1 } = transfer;
  if (!(bytes >= 0 && bytes < Infinity)) throw refused(place, "a size of 0 bytes or more", bytes, "Give its bytes.");
  if (!(bandwidth >= 1 && bandwidth < Infinity && sharedBandwidth >= 1 && peerBandwidth >= 1 && peerBandwidth < Infinity)) {
    const value = [bandwidth, sharedBandwidth, peerBandwidth].find((rate) => !(rate >= 1)) ?? Infinity;
    throw refused(place, "a bandwidth of 1 byte per second or more", value, "Nothing would ever arrive over it.");
  }
  checkShare(place, cached);
};

const checkTime = (place: string, duration: Duration): void => {
  const isFine = typeof duration === "number" ? duration >= 0 && duration < Infinity : distributionSchema.safeParse(duration).success;
  const value = typeof duration === "number" ? duration : JSON.stringify(duration);
  if (!isFine) throw refused(place, "a time of 0 s or more", value, "Give its seconds.");
};

const checkShare = (place: string, share: number): void => {
  if (!(share >= 0 && share <= 1)) throw refused(place, "a share from 0 to 1", share, "0.5 is one half.");
};

const refused = (place: string, rule: string, value: number | string, nextStep: string): InputError =>
  new InputError(place, `expected ${rule}, got ${value}`, nextStep);
