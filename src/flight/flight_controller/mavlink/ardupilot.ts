/**
 * ArduPilot: positions as a GPS receiver gives them (GPS_INPUT), as external navigation (ODOMETRY), or
 * as position reports for an aircraft without GPS (MAV_CMD_EXTERNAL_POSITION_ESTIMATE).
 *
 * What the firmware makes of the fields was measured; see the README.
 *
 * @module
 */
import { MAV_CMD, MAV_FRAME, type OutgoingMessage } from "../../../link/mavlink/mod.ts";
import type { PositionOutput, PositionSource } from "../contract.ts";
import { type Dialect, type DialectContext, type SourceAnswer, versionText } from "./dialect.ts";
import type { GpsInstance } from "./measurements.ts";
import { gpsTime } from "../gps_time.ts";
import { odometryMessage } from "./odometry.ts";
import type { Parameters } from "./parameters.ts";

type ArdupilotOutput = "gps_input" | "odometry" | "external_position";

/** GPS1_TYPE of a receiver that MAVLink feeds. */
const GPS_TYPE_MAVLINK = 14;
/** EK3_SRCn_POSXY of external navigation. */
const SOURCE_EXTERNAL_NAV = 6;
/** fix_type 0 from boot keeps the EKF from ever starting. */
const FIX_TYPES = { none: 1, "2d": 2, "3d": 3 } as const;
/** On the ground an HDOP of 3, or fewer than 6 satellites, keeps a receiver out. */
const SATELLITES = { none: 0, "2d": 5, "3d": 10 } as const;
const HDOP_MIN = 0.7;
const HDOP_MAX = 99;
const HDOP_PER_SIGMA_M = 1 / 3;
/** 1 sigma of a report that is worth a command, and the time between two. */
const REPORT_INTERVAL_NS = 1e9;
const REPORT_SIGMA_MAX_M = 100;
/** GPS1_DELAY_MS 0 means this one. */
const DELAY_DEFAULT_MS = 200;
const DELAY_TOLERANCE_MS = 60;

const PARAMETERS = [
  "GPS1_TYPE",
  "GPS2_TYPE",
  "GPS_TYPE",
  "GPS_TYPE2",
  "GPS_AUTO_SWITCH",
  "GPS_PRIMARY",
  "GPS1_DELAY_MS",
  "GPS2_DELAY_MS",
  "EK3_SRC2_POSXY",
];

export class ArdupilotDialect implements Dialect {
  readonly strategyLabel = "ardupilot";
  readonly parameters = PARAMETERS;
  readonly #output: ArdupilotOutput;
  #reportedNs = -Infinity;

  constructor(output: ArdupilotOutput) {
    this.#output = output;
  }

  ownReceiver(parameters: Parameters): GpsInstance {
    const first = receiverType(parameters, 1);
    if (first === undefined) return null;
    if (first !== GPS_TYPE_MAVLINK) return 1;
    const second = receiverType(parameters, 2);
    return second === undefined || second === 0 || second === GPS_TYPE_MAVLINK ? null : 2;
  }

  positionMessages(output: PositionOutput, context: DialectContext): OutgoingMessage[] {
    switch (this.#output) {
      case "gps_input":
        return [gpsInput(output, ourReceiver(context.parameters))];
      case "odometry":
        return odometryMessage(output, context.origin);
      case "external_position":
        return this.#report(output, context);
    }
  }

  selectSource(source: PositionSource, context: DialectContext): SourceAnswer {
    const { parameters, target } = context;
    const isOurs = source === "companion";
    const ours = ourReceiver(parameters);
    if (this.#output === "gps_input" && this.ownReceiver(parameters) !== null && ours !== null) {
      if (parameters.get("GPS_AUTO_SWITCH") !== 0) {
        return {
          kind: "nothing",
          reason: "GPS_AUTO_SWITCH is not 0: the controller chooses the receiver itself",
        };
      }
      parameters.set("GPS_PRIMARY", (isOurs ? ours : 3 - ours) - 1);
      return { kind: "asked", messages: parameters.poll(context.nowNs, target) };
    }
    // Source set 2 would wait for external navigation, which GPS_INPUT is not.
    const isExternal = this.#output !== "gps_input";
    if (isExternal && parameters.get("EK3_SRC2_POSXY") === SOURCE_EXTERNAL_NAV) {
      return {
        kind: "asked",
        messages: [{
          name: "COMMAND_LONG",
          ...NO_PARAMETERS,
          command: MAV_CMD.SET_EKF_SOURCE_SET,
          targetSystem: target.systemId,
          targetComponent: target.componentId,
          confirmation: 0,
          param1: isOurs ? 2 : 1,
        }],
      };
    }
    const isOnlyOurs = ours !== null && this.ownReceiver(parameters) === null;
    return {
      kind: "nothing",
      reason: isOnlyOurs ? "" : "the controller has one source of positions only",
    };
  }

  warnings(parameters: Parameters, latencyMs: number): string[] {
    if (this.#output !== "gps_input") return [];
    const ours = ourReceiver(parameters);
    if (ours === null) {
      return receiverType(parameters, 1) === undefined ? [] : [
        "GPS1_TYPE or GPS2_TYPE must be 14 (MAVLink), or our positions are not used",
      ];
    }
    const stated = parameters.get(`GPS${ours}_DELAY_MS`);
    if (stated === undefined) return [];
    const delayMs = stated === 0 ? DELAY_DEFAULT_MS : stated;
    return Math.abs(delayMs - latencyMs) <= DELAY_TOLERANCE_MS ? [] : [
      `GPS${ours}_DELAY_MS is ${stated} (taken as ${delayMs} ms); set it to ` +
      `${Math.max(1, Math.round(latencyMs))}`,
    ];
  }

  version({ flightSwVersion }: { readonly flightSwVersion: number }): string {
    return `ArduPilot ${versionText(flightSwVersion)}`;
  }

  /** Taken only while the EKF has no GPS; altitude is not used, and must not be a number. */
  #report(output: PositionOutput, { target, nowNs }: DialectContext): OutgoingMessage[] {
    const { position, sigmaHorizontalM, quality } = output;
    const isDue = nowNs - this.#reportedNs >= REPORT_INTERVAL_NS;
    if (!isDue || position === null || quality === "none") return [];
    if (sigmaHorizontalM > REPORT_SIGMA_MAX_M) return [];
    this.#reportedNs = nowNs;
    return [{
      name: "COMMAND_INT",
      command: MAV_CMD.EXTERNAL_POSITION_ESTIMATE,
      targetSystem: target.systemId,
      targetComponent: target.componentId,
      frame: MAV_FRAME.GLOBAL,
      current: 0,
      autocontinue: 0,
      param1: nowNs * 1e-9,
      param2: 0,
      param3: sigmaHorizontalM,
      param4: 0,
      x: Math.round(position.latitudeDeg * 1e7),
      y: Math.round(position.longitudeDeg * 1e7),
      z: NaN,
    }];
  }
}

const NO_PARAMETERS = {
  param1: 0,
  param2: 0,
  param3: 0,
  param4: 0,
  param5: 0,
  param6: 0,
  param7: 0,
} as const;

/** Under its name of today or its older one. */
function receiverType(parameters: Parameters, instance: 1 | 2): number | undefined {
  return parameters.get(`GPS${instance}_TYPE`) ??
    parameters.get(instance === 1 ? "GPS_TYPE" : "GPS_TYPE2");
}

/** Which receiver our positions are; null where none is, or it is not known. */
function ourReceiver(parameters: Parameters): 1 | 2 | null {
  if (receiverType(parameters, 1) === GPS_TYPE_MAVLINK) return 1;
  return receiverType(parameters, 2) === GPS_TYPE_MAVLINK ? 2 : null;
}

function gpsInput(output: PositionOutput, receiver: 1 | 2 | null): OutgoingMessage {
  const { position, velocityEnuMps: [east, north, up], quality } = output;
  const time = output.utc === null ? null : gpsTime(output.utc);
  const headingRad = output.headingRad;
  return {
    name: "GPS_INPUT",
    timeUsec: Math.round(output.timeNs / 1e3),
    timeWeek: time?.week ?? 0,
    timeWeekMs: time?.weekMs ?? 0,
    gpsId: (receiver ?? 1) - 1,
    ignoreFlags: 0,
    fixType: FIX_TYPES[quality],
    lat: Math.round((position?.latitudeDeg ?? 0) * 1e7),
    lon: Math.round((position?.longitudeDeg ?? 0) * 1e7),
    alt: output.heightMslM,
    hdop: Math.min(HDOP_MAX, Math.max(HDOP_MIN, output.sigmaHorizontalM * HDOP_PER_SIGMA_M)),
    vdop: Math.min(HDOP_MAX, Math.max(HDOP_MIN, output.sigmaVerticalM * HDOP_PER_SIGMA_M)),
    vn: north,
    ve: east,
    vd: -up,
    speedAccuracy: output.sigmaSpeedMps,
    horizAccuracy: output.sigmaHorizontalM,
    vertAccuracy: output.sigmaVerticalM,
    satellitesVisible: SATELLITES[quality],
    yaw: headingRad === null ? 0 : yawCentidegrees(headingRad),
  };
}

/** 0 says that there is none: north is 36000. */
function yawCentidegrees(headingRad: number): number {
  const degrees = ((headingRad * 180 / Math.PI) % 360 + 360) % 360;
  const centidegrees = Math.round(degrees * 100);
  return centidegrees === 0 ? 36_000 : centidegrees;
}
