/**
 * Positions of a companion out of the MAVLink messages that carry them.
 *
 * @module
 */
import type { LocalFrame } from "../../core/mod.ts";
import {
  GPS_INPUT_IGNORE_FLAG as IGNORE,
  type Message,
  type MessageOf,
} from "../../link/mavlink/mod.ts";
import type { CompanionPosition } from "./contract.ts";

/** undefined: it carries none. `origin` is the firmware's, for positions in metres from it. */
export function companionPosition(
  message: Message,
  origin: LocalFrame,
): CompanionPosition | undefined {
  switch (message.name) {
    case "GPS_INPUT":
      return gpsInput(message);
    case "GLOBAL_POSITION_SENSOR":
      return globalPositionSensor(message);
    case "ODOMETRY":
      return odometry(message, origin);
    default:
      return undefined;
  }
}

function numbersOf(message: Message): Record<string, number> {
  return Object.fromEntries(
    Object.entries(message).filter(([, value]) => typeof value === "number"),
  ) as Record<string, number>;
}

function gpsInput(message: MessageOf<"GPS_INPUT">): CompanionPosition {
  const isGiven = (flag: number) => (message.ignoreFlags & flag) === 0;
  const given = <T>(flag: number, value: T) => isGiven(flag) ? value : undefined;
  return {
    message: message.name,
    fields: numbersOf(message),
    fixType: message.fixType,
    latitudeDeg: message.lat / 1e7,
    longitudeDeg: message.lon / 1e7,
    heightMslM: given(IGNORE.ALT, message.alt),
    velocityEnuMps: [
      given(IGNORE.VEL_HORIZ, message.ve),
      given(IGNORE.VEL_HORIZ, message.vn),
      given(IGNORE.VEL_VERT, -message.vd),
    ],
    sigmaSpeedMps: given(IGNORE.SPEED_ACCURACY, message.speedAccuracy),
    sigmaHorizontalM: given(IGNORE.HORIZONTAL_ACCURACY, message.horizAccuracy),
    sigmaVerticalM: given(IGNORE.VERTICAL_ACCURACY, message.vertAccuracy),
    hdop: given(IGNORE.HDOP, message.hdop),
    vdop: given(IGNORE.VDOP, message.vdop),
    satellites: message.satellitesVisible,
    receiver: message.gpsId,
  };
}

function globalPositionSensor(message: MessageOf<"GLOBAL_POSITION_SENSOR">): CompanionPosition {
  // Altitudes may be absent: NaN by the definition.
  const { alt, altEllipsoid, ...rest } = numbersOf(message);
  const finite = Object.entries({ alt, altEllipsoid }).filter(([, value]) => !Number.isNaN(value));
  const isUnhealthy = (message.flags & 1) !== 0;
  return {
    message: message.name,
    fields: { ...rest, ...Object.fromEntries(finite) },
    fixType: isUnhealthy ? 1 : 3,
    latitudeDeg: message.lat / 1e7,
    longitudeDeg: message.lon / 1e7,
    sigmaHorizontalM: message.eph,
    sigmaVerticalM: message.epv,
    receiver: message.id,
    processingS: message.processingTime / 1e6,
  };
}

const LOCAL_FRD = 20, BODY_FRD = 12;

/** Only LOCAL_FRD with BODY_FRD: others are dropped without a word. */
function odometry(
  message: MessageOf<"ODOMETRY">,
  origin: LocalFrame,
): CompanionPosition | undefined {
  if (message.frameId !== LOCAL_FRD || message.childFrameId !== BODY_FRD) return undefined;
  const fields = numbersOf(message);
  const isFinite = [message.x, message.y, message.z].every(Number.isFinite);
  const place = isFinite
    ? origin.wgsFromLocal([message.y, message.x, -message.z])
    : { latitudeDeg: NaN, longitudeDeg: NaN, heightM: NaN };
  return {
    message: message.name,
    fields,
    fixType: message.quality < 0 ? 1 : 3,
    latitudeDeg: place.latitudeDeg,
    longitudeDeg: place.longitudeDeg,
    sigmaHorizontalM: Math.sqrt(Math.max(0, message.poseCovariance[0])) || undefined,
  };
}
