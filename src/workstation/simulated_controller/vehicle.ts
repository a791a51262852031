/**
 * The vehicle at one moment: what its sensors measured last, its clock, its state; and the firmware, fed
 * with the fixes of its receiver.
 *
 * @module
 */
import {
  type Quaternion,
  quaternionFromRotationVector,
  quaternionMultiply,
  quaternionNormalise,
  type Random,
  type Vector3,
} from "../../core/mod.ts";
import type { FlightState } from "../../flight/flight_events/mod.ts";
import type { TrueState } from "../simulation/mod.ts";
import type { Firmware, Flight, GpsFix, VehicleEvent } from "./contract.ts";
import type { FaultSchedule } from "./fault_schedule.ts";
import { GPS_LATENCY_S, GPS_RATE_HZ, GpsReceiver } from "./gps_receiver.ts";

/** The controller's clock when it begins to wait for its companion. */
const SWITCHED_ON_S = 60;
/** Flight time runs while the controller waits too, far before the flight. */
const WAITING_S = 1e5;
/** Armed so long before the climb begins. */
const ARMED_BEFORE_S = 2;
/** It has stood for so long when the controller believes that it has landed, and disarms. */
const LANDED_AFTER_S = 1;

interface VehicleParts {
  readonly flight: Flight;
  readonly firmware: Firmware;
  readonly faults: FaultSchedule;
  readonly random: Random;
  /** Of the climb before time 0; 0: it begins in the air. */
  readonly climbS: number;
  /** UTC when the controller begins to wait for its companion, milliseconds. */
  readonly utcAtSwitchOnMs: number;
  /** Height of mean sea level over the ellipsoid, metres. */
  readonly undulationM: number;
}

export class Vehicle {
  readonly flight: Flight;
  readonly firmware: Firmware;
  readonly faults: FaultSchedule;
  readonly undulationM: number;
  timeS: number;
  specificForceMps2: Vector3 = [0, 0, -9.80665];
  angularRateRps: Vector3 = [0, 0, 0];
  localFromBody: Quaternion;
  baroHeightM: number;
  readonly #parts: VehicleParts;
  readonly #gps: GpsReceiver;
  /** Measured, and not told yet. */
  readonly #fixes: GpsFix[] = [];
  /** From the switching on to the flight's first moment. */
  #preludeS = WAITING_S;
  #nextFixS: number;
  #imuS: number;
  #hasTriedToArm = false;
  #hasHadFix = false;

  constructor(parts: VehicleParts) {
    const { flight, firmware, faults, undulationM } = parts;
    this.#parts = parts;
    this.flight = flight;
    this.firmware = firmware;
    this.faults = faults;
    this.undulationM = undulationM;
    this.#gps = new GpsReceiver(parts.random.fork("gps"), flight, faults);
    this.timeS = this.#nextFixS = this.#imuS = flight.startS;
    const first = flight.truthAt(flight.startS);
    this.localFromBody = first.localFromBody;
    this.baroHeightM = flight.localFrame.origin.heightM + first.positionLocalM[2];
    this.#hasHadFix = flight.startS >= 0;
  }

  get truth(): TrueState {
    return this.flight.truthAt(this.timeS);
  }

  /** The controller's clock, seconds since it was switched on. */
  bootS(timeS: number): number {
    const sinceS = timeS - this.flight.startS + this.#preludeS;
    return SWITCHED_ON_S + sinceS * (1 + this.faults.clockSkewPpm * 1e-6);
  }

  /** Flight time of a controller that has waited for so long. */
  waitingS(waitedS: number): number {
    return this.flight.startS - WAITING_S + waitedS;
  }

  /** The waiting is over: the flight begins, and the controller's clock goes on as it was. */
  begin(waitedS: number): void {
    this.#preludeS = waitedS;
    this.timeS = this.flight.startS;
  }

  /** Milliseconds; 0 before any receiver had a fix. */
  utcMs(timeS: number): number {
    if (!this.#hasHadFix) return 0;
    const sinceS = timeS - this.flight.startS + this.#preludeS;
    return this.#parts.utcAtSwitchOnMs + 1000 * (sinceS + this.faults.wrongClockS);
  }

  get state(): FlightState {
    if (this.#hasLanded || this.timeS < -this.#parts.climbS) return "on_ground";
    if (this.timeS < 0) return "taking_off";
    const { landing } = this.flight;
    return landing !== null && this.timeS >= landing.fromS ? "landing" : "in_flight";
  }

  get #hasLanded(): boolean {
    const { landing } = this.flight;
    return landing !== null && this.timeS >= landing.atRestS + LANDED_AFTER_S;
  }

  take(event: VehicleEvent): void {
    if (event.kind === "imu") {
      this.specificForceMps2 = event.specificForceMps2;
      this.angularRateRps = event.angularRateRps;
      this.#turn(event.timeS);
    } else if (event.kind === "attitude") this.localFromBody = event.localFromBody;
    else if (event.kind === "baro") this.baroHeightM = event.heightM;
  }

  /** Lets time pass until `timeS`. */
  advance(timeS: number): void {
    this.timeS = timeS;
    const { firmware } = this;
    firmware.advance(timeS);
    while (this.#nextFixS <= timeS) {
      const fix = this.#gps.measure(this.#nextFixS);
      if (fix !== undefined) this.#fixes.push(fix);
      this.#nextFixS += 1 / GPS_RATE_HZ;
    }
    while (this.#fixes.length > 0 && this.#fixes[0].timeS + GPS_LATENCY_S <= timeS) {
      const fix = this.#fixes.shift() as GpsFix;
      this.#hasHadFix ||= fix.fixType >= 3;
      firmware.takeFix(fix, timeS);
    }
    if (!this.#hasTriedToArm && timeS >= -this.#parts.climbS - ARMED_BEFORE_S) {
      this.#hasTriedToArm = true;
      if (!firmware.isArmed) firmware.arm();
    }
    if (this.#hasLanded && firmware.isArmed) firmware.disarm();
  }

  /** Attitude is told by its own stream at a lower rate: the gyroscope carries it on between. */
  #turn(timeS: number): void {
    const dtS = timeS - this.#imuS;
    this.#imuS = timeS;
    if (!(dtS > 0 && dtS < 0.1)) return;
    const [x, y, z] = this.angularRateRps;
    this.localFromBody = quaternionNormalise(quaternionMultiply(
      this.localFromBody,
      quaternionFromRotationVector([x * dtS, y * dtS, z * dtS]),
    ));
  }
}
