/**
 * Others on the same line: a ground station that gives hints, and a second vehicle somewhere else, whose
 * messages are none of the companion's business.
 *
 * @module
 */
import {
  MAV_AUTOPILOT,
  MAV_COMP_ID,
  MAV_SEVERITY,
  MAV_STATE,
  MAV_TYPE,
  MavlinkEncoder,
  type OutgoingMessage,
} from "../../link/mavlink/mod.ts";
import type { Vehicle } from "./vehicle.ts";

const GROUND_STATION = { systemId: 255, componentId: MAV_COMP_ID.MISSIONPLANNER };
const SECOND_VEHICLE = { systemId: 42, componentId: MAV_COMP_ID.AUTOPILOT1 };
/** Where the second vehicle is, degrees from the flight's origin. */
const AWAY_DEG = 0.05;
const SECOND_RATE_HZ = 20;

export class OtherSystems {
  readonly #vehicle: Vehicle;
  readonly #send: (frame: Uint8Array, timeS: number) => void;
  readonly #ground = new MavlinkEncoder(GROUND_STATION);
  readonly #second = new MavlinkEncoder(SECOND_VEHICLE);
  #nextHeartbeatS = -Infinity;
  #nextSecondS = -Infinity;
  #hintsGiven = 0;

  constructor(vehicle: Vehicle, send: (frame: Uint8Array, timeS: number) => void) {
    this.#vehicle = vehicle;
    this.#send = send;
  }

  tick(timeS: number): void {
    const { hints, secondSystem } = this.#vehicle.faults;
    if (timeS >= this.#nextHeartbeatS) {
      this.#nextHeartbeatS = timeS + 1;
      this.#send(this.#ground.encode(heartbeat(MAV_TYPE.GCS, MAV_AUTOPILOT.INVALID)), timeS);
      if (secondSystem) {
        const message = heartbeat(MAV_TYPE.QUADROTOR, MAV_AUTOPILOT.ARDUPILOTMEGA);
        this.#send(this.#second.encode(message), timeS);
      }
    }
    for (const hint of hints.slice(this.#hintsGiven)) {
      if (timeS < hint.atS) break;
      this.#hintsGiven++;
      const place = `${hint.latitudeDeg.toFixed(7)},${hint.longitudeDeg.toFixed(7)}`;
      const text = `RELOC:${place},${hint.radiusM}`;
      const severity = MAV_SEVERITY.NOTICE;
      this.#send(this.#ground.encode({ name: "STATUSTEXT", severity, text }), timeS);
    }
    if (secondSystem && timeS >= this.#nextSecondS) {
      this.#nextSecondS = timeS + 1 / SECOND_RATE_HZ;
      for (const message of this.#secondVehicle(timeS)) {
        this.#send(this.#second.encode(message), timeS);
      }
    }
  }

  /** A vehicle that lies on its side far away, with another clock. */
  #secondVehicle(timeS: number): OutgoingMessage[] {
    const { latitudeDeg, longitudeDeg } = this.#vehicle.flight.localFrame.origin;
    const bootMs = Math.max(0, Math.floor(1000 * (5000 + timeS)));
    const lat = 1e7 * (latitudeDeg + AWAY_DEG), lon = 1e7 * (longitudeDeg + AWAY_DEG);
    return [{
      name: "ATTITUDE",
      timeBootMs: bootMs,
      roll: 1.5,
      pitch: 0,
      yaw: -2,
      rollspeed: 1,
      pitchspeed: 0,
      yawspeed: 0,
    }, {
      name: "GLOBAL_POSITION_INT",
      timeBootMs: bootMs,
      lat,
      lon,
      alt: 900_000,
      relativeAlt: 800_000,
      vx: 3000,
      vy: 0,
      vz: 0,
      hdg: 9000,
    }, {
      name: "GPS_RAW_INT",
      timeUsec: 1000 * bootMs,
      lat,
      lon,
      alt: 900_000,
      eph: 80,
      epv: 100,
      vel: 3000,
      cog: 9000,
      fixType: 3,
      satellitesVisible: 14,
    }, {
      name: "RAW_IMU",
      timeUsec: 1000 * bootMs,
      xacc: 900,
      yacc: 300,
      zacc: 10,
      xgyro: 1000,
      ygyro: 0,
      zgyro: 0,
      xmag: 1,
      ymag: 1,
      zmag: 1,
    }];
  }
}

function heartbeat(type: number, autopilot: number): OutgoingMessage {
  return {
    name: "HEARTBEAT",
    customMode: 0,
    type,
    autopilot,
    baseMode: 128,
    systemStatus: MAV_STATE.ACTIVE,
    mavlinkVersion: 3,
  };
}
