/**
 * Whether the aircraft flies, from arming, height and climb: iNav has no message for it.
 *
 * @module
 */
import type { MonotonicNs } from "../../../core/mod.ts";
import type { FlightState } from "../../flight_events/mod.ts";

/** Bit of iNav's `armingFlags` (fc/runtime_config.h). */
const ARMED = 1 << 2;
const STALE_NS = 2e9;
/** Over the place of arming: above it one flies, above the second one has taken off. */
const FLYING_HEIGHT_M = 3;
const TAKEN_OFF_HEIGHT_M = 15;
const FLYING_SPEED_MPS = 4;
/** Below this height, sinking for so long: landing. */
const LANDING_HEIGHT_M = 15;
const SINKING_MPS = -0.3;
const SINKING_NS = 2e9;

interface Motion {
  readonly heightM: number;
  readonly climbMps: number;
  /** Over the ground; null where the controller does not tell it. */
  readonly speedMps: number | null;
}

export class FlightPhase {
  #armed = false;
  #armedNs = -Infinity;
  #motion: Motion | null = null;
  #motionNs = -Infinity;
  #sinkingSinceNs = Infinity;
  #state: FlightState = "unknown";

  observeArming(armingFlags: number, nowNs: MonotonicNs): void {
    this.#armed = (armingFlags & ARMED) !== 0;
    this.#armedNs = nowNs;
  }

  observeMotion(motion: Motion, nowNs: MonotonicNs): void {
    this.#motion = motion;
    this.#motionNs = nowNs;
    if (motion.climbMps > SINKING_MPS) this.#sinkingSinceNs = Infinity;
    else this.#sinkingSinceNs = Math.min(this.#sinkingSinceNs, nowNs);
  }

  at(nowNs: MonotonicNs): FlightState {
    this.#state = this.#next(nowNs);
    return this.#state;
  }

  #next(nowNs: number): FlightState {
    if (nowNs - this.#armedNs > STALE_NS) return "unknown";
    if (!this.#armed) return "on_ground";
    if (this.#motion === null || nowNs - this.#motionNs > STALE_NS) return "unknown";
    const { heightM, climbMps, speedMps } = this.#motion;
    const isFlying = heightM > FLYING_HEIGHT_M || (speedMps ?? 0) > FLYING_SPEED_MPS;
    const sinks = nowNs - this.#sinkingSinceNs >= SINKING_NS;
    switch (this.#state) {
      case "on_ground":
        return isFlying ? "taking_off" : "on_ground";
      case "taking_off":
        if (!isFlying) return "on_ground";
        return heightM > TAKEN_OFF_HEIGHT_M ? "in_flight" : "taking_off";
      case "in_flight":
        return sinks && heightM < LANDING_HEIGHT_M ? "landing" : "in_flight";
      case "landing":
        // Touched down is told by disarming: the ground may lie higher than where it was armed.
        return heightM > LANDING_HEIGHT_M || climbMps > -SINKING_MPS ? "in_flight" : "landing";
      case "unknown":
        return isFlying ? "in_flight" : "unknown";
    }
  }
}
