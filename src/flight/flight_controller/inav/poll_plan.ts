/**
 * What to ask next. iNav answers one request of a port each time that its serial task runs, 100 times a
 * second (`fc/fc_tasks.c`, `msp/msp_serial.c`), and a position of ours takes one of these times: rates are
 * shares of that, and the IMU gets what the others leave.
 *
 * @module
 */
import type { MspName } from "../../../link/msp/mod.ts";

interface Poll {
  readonly name: MspName;
  /** Payload of the request. */
  readonly payload: Uint8Array;
  readonly rateHz: number;
}

const NO_PAYLOAD = new Uint8Array();
/** MSP_WP: where the controller believes to be. */
const ACTUAL_POSITION = Uint8Array.of(255);
const IMU_RATE_MAX_HZ = 200;
/** Asked again until they are answered. */
const IDENTITY: readonly MspName[] = ["MSP_API_VERSION", "MSP_FC_VARIANT", "MSP_FC_VERSION"];
const IDENTITY_RATE_HZ = 2;

interface Situation {
  /** Whether the controller knows MSP2_INAV_FULL_LOCAL_POSE (iNav 9), whose yaw is ten times finer. */
  readonly pose: boolean;
  /** Whether its GPS is what we send: then there is little to see in it. */
  readonly gpsIsOurs: boolean;
}

function pollsOf({ pose, gpsIsOurs }: Situation): readonly Poll[] {
  const poll = (name: MspName, rateHz: number, payload = NO_PAYLOAD) => ({ name, rateHz, payload });
  return [
    poll(pose ? "MSP2_INAV_FULL_LOCAL_POSE" : "MSP_ATTITUDE", 15),
    poll("MSP_ALTITUDE", 5),
    poll("MSP_RAW_GPS", gpsIsOurs ? 1 : 5),
    ...(gpsIsOurs ? [] : [poll("MSP_GPSSTATISTICS", 2)]),
    poll("MSP2_INAV_STATUS", 2),
    poll("MSP_WP", 1, ACTUAL_POSITION),
  ];
}

const UNKNOWN: Situation = { pose: true, gpsIsOurs: false };

export class PollPlan {
  readonly #dueNs = new Map<MspName, number>();
  readonly #identified = new Set<MspName>();
  #situation: Situation = UNKNOWN;
  #polls = pollsOf(UNKNOWN);
  #imuDueNs = 0;

  /** Everything anew: the controller may be another one. */
  restart(): void {
    this.#dueNs.clear();
    this.#identified.clear();
    this.#change(UNKNOWN);
    this.#imuDueNs = 0;
  }

  answered(name: MspName): void {
    if (IDENTITY.includes(name)) this.#identified.add(name);
  }

  /** The controller does not know MSP2_INAV_FULL_LOCAL_POSE. */
  withoutPose(): void {
    this.#change({ ...this.#situation, pose: false });
  }

  gpsIsOurs(gpsIsOurs: boolean): void {
    if (gpsIsOurs !== this.#situation.gpsIsOurs) this.#change({ ...this.#situation, gpsIsOurs });
  }

  /** What is most overdue; undefined until {@link nextDueNs}. */
  next(nowNs: number): Poll | undefined {
    let chosen: Poll | undefined, longestNs = -1;
    for (const poll of this.#all()) {
      const overdueNs = nowNs - (this.#dueNs.get(poll.name) ?? 0);
      if (overdueNs < 0 || overdueNs * poll.rateHz <= longestNs) continue;
      chosen = poll;
      longestNs = overdueNs * poll.rateHz;
    }
    if (chosen !== undefined) {
      this.#dueNs.set(chosen.name, after(this.#dueNs.get(chosen.name) ?? 0, chosen.rateHz, nowNs));
      return chosen;
    }
    if (nowNs < this.#imuDueNs) return undefined;
    this.#imuDueNs = after(this.#imuDueNs, IMU_RATE_MAX_HZ, nowNs);
    return { name: "MSP_RAW_IMU", payload: NO_PAYLOAD, rateHz: IMU_RATE_MAX_HZ };
  }

  get nextDueNs(): number {
    let dueNs = this.#imuDueNs;
    for (const { name } of this.#all()) dueNs = Math.min(dueNs, this.#dueNs.get(name) ?? 0);
    return dueNs;
  }

  #change(situation: Situation): void {
    this.#situation = situation;
    this.#polls = pollsOf(situation);
  }

  *#all(): Generator<Poll> {
    for (const name of IDENTITY) {
      if (!this.#identified.has(name)) {
        yield { name, payload: NO_PAYLOAD, rateHz: IDENTITY_RATE_HZ };
      }
    }
    yield* this.#polls;
  }
}

/** On a grid, so that a late one costs no rate; what was missed is not made up for. */
function after(dueNs: number, rateHz: number, nowNs: number): number {
  const periodNs = 1e9 / rateHz;
  return nowNs - dueNs < periodNs ? dueNs + periodNs : nowNs + periodNs;
}
