/**
 * Whether the vehicle flies, from what it says of it, and where it says nothing, from arming, height
 * and speed.
 *
 * @module
 */
import type { MonotonicNs } from "../../../core/mod.ts";
import { MAV_LANDED_STATE, MAV_MODE_FLAG, type Message } from "../../../link/mavlink/mod.ts";
import type { FlightState } from "../../flight_events/mod.ts";

const STALE_NS = 2e9;
/** Without a landed state: armed and above this height or speed is flying. */
const FLYING_HEIGHT_M = 3;
const FLYING_SPEED_MPS = 4;

const LANDED_STATES: Readonly<Record<number, FlightState>> = {
  [MAV_LANDED_STATE.ON_GROUND]: "on_ground",
  [MAV_LANDED_STATE.TAKEOFF]: "taking_off",
  [MAV_LANDED_STATE.IN_AIR]: "in_flight",
  [MAV_LANDED_STATE.LANDING]: "landing",
};

interface Stamped<T> {
  readonly value: T;
  readonly receivedNs: number;
}

export class MavlinkFlightState {
  #armed: Stamped<boolean> | null = null;
  #landed: Stamped<FlightState> | null = null;
  #motion: Stamped<{ readonly heightM: number; readonly speedMps: number }> | null = null;

  observe(message: Message, receivedNs: MonotonicNs): void {
    switch (message.name) {
      case "HEARTBEAT": {
        const value = (message.baseMode & MAV_MODE_FLAG.SAFETY_ARMED) !== 0;
        this.#armed = { value, receivedNs };
        return;
      }
      case "EXTENDED_SYS_STATE": {
        const value = LANDED_STATES[message.landedState];
        this.#landed = value === undefined ? null : { value, receivedNs };
        return;
      }
      case "GLOBAL_POSITION_INT": {
        const speedMps = Math.hypot(message.vx, message.vy) / 100;
        this.#motion = { value: { heightM: message.relativeAlt * 1e-3, speedMps }, receivedNs };
        return;
      }
    }
  }

  /** What was last heard, if that is not too old. */
  at(nowNs: MonotonicNs): FlightState {
    const landed = fresh(this.#landed, nowNs);
    if (landed !== undefined) return landed;
    const armed = fresh(this.#armed, nowNs);
    if (armed === undefined) return "unknown";
    if (!armed) return "on_ground";
    const motion = fresh(this.#motion, nowNs);
    if (motion === undefined) return "unknown";
    const isFlying = motion.heightM > FLYING_HEIGHT_M || motion.speedMps > FLYING_SPEED_MPS;
    return isFlying ? "in_flight" : "unknown";
  }
}

function fresh<T>(stamped: Stamped<T> | null, nowNs: number): T | undefined {
  return stamped !== null && nowNs - stamped.receivedNs <= STALE_NS ? stamped.value : undefined;
}
