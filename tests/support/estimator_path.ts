/**
 * The simulator's motion as the path of a flight of the estimator alone.
 *
 * @module
 */
import { type MonotonicNs, seededRandom } from "../../src/core/mod.ts";
import { flightOptions } from "../../src/workstation/simulation/flight_options.ts";
import type { GpsWindow } from "../../src/workstation/simulation/gps_sensor.ts";
import type { Aircraft } from "../../src/workstation/simulation/mod.ts";
import { trueFlight } from "../../src/workstation/simulation/truth.ts";
import type { Truth } from "../unit/state_estimator_scenario.ts";

export const FLIGHT_IMU_HZ = 100;
export const FLIGHT_ORIGIN = { latitudeDeg: 48.5, longitudeDeg: 35, heightM: 0 };
/** The scenario's time of take-off. */
const START_NS = 1e9;

export interface PathOptions {
  readonly seed: number | string;
  readonly aircraft: Aircraft;
  readonly durationS: number;
  readonly gps?: readonly GpsWindow[];
}

export function pathOf({ seed, aircraft, durationS, gps = [] }: PathOptions): Truth[] {
  const options = flightOptions({ seed, aircraft, durationS, gps, imuRateHz: FLIGHT_IMU_HZ });
  const nowhere = { name: "nowhere", origin: FLIGHT_ORIGIN, box: null, gsdM: 1 };
  const ground = { ...nowhere, patch: () => Promise.reject(new Error("no pictures")) };
  const { trajectory } = trueFlight(seededRandom(seed), options, ground);
  return Array.from({ length: trajectory.count }, (_, index) => {
    const state = trajectory.state(index);
    return {
      timeNs: Math.round(START_NS + state.timeS * 1e9) as MonotonicNs,
      position: state.positionLocalM,
      velocity: state.velocityLocalMps,
      attitude: state.localFromBody,
    };
  });
}
