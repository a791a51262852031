/**
 * MAVLink messages of a vehicle's state, in the units and with the habits of the firmwares.
 *
 * @module
 */
import {
  degreesFromRadians,
  matrixFromQuaternion,
  type Vector3,
  wrapDegrees,
} from "../../core/mod.ts";
import {
  EKF_STATUS,
  MAV_AUTOPILOT,
  MAV_LANDED_STATE,
  MAV_MODE_FLAG,
  MAV_STATE,
  MAV_TYPE,
  type MessageName,
  type OutgoingMessage,
} from "../../link/mavlink/mod.ts";
import type { GpsFix } from "./contract.ts";
import type { Vehicle } from "./vehicle.ts";

const STANDARD_GRAVITY_MPS2 = 9.80665;
const LANDED = {
  on_ground: MAV_LANDED_STATE.ON_GROUND,
  taking_off: MAV_LANDED_STATE.TAKEOFF,
  in_flight: MAV_LANDED_STATE.IN_AIR,
  landing: MAV_LANDED_STATE.LANDING,
  unknown: MAV_LANDED_STATE.UNDEFINED,
} as const;
/** A field of the earth that does not turn with the vehicle: nobody here needs a compass. */
const MAGNETIC_MGAUSS = [220, 10, 420] as const;
const TEMPERATURE_CDEG = 3500;
/** Gyroscope, accelerometer, magnetometer, pressure, GPS, attitude stabilisation. */
const SENSORS_PRESENT = 1 | 2 | 4 | 8 | 32;
const UNKNOWN_ACCURACY = 9999;

export type FirmwareName = "ardupilot-copter" | "ardupilot-plane" | "px4";

/** Mean of the samples since a message of that kind was sent last: what a firmware's low-pass leaves. */
export interface ImuMean {
  readonly specificForceMps2: Vector3;
  readonly angularRateRps: Vector3;
}

type Builder = (
  vehicle: Vehicle,
  firmware: FirmwareName,
  imu: ImuMean,
) => OutgoingMessage | undefined;

/** What can be streamed; undefined where there is nothing to say. */
export const BUILDERS: Readonly<Partial<Record<MessageName, Builder>>> = {
  HEARTBEAT: heartbeat,
  SYS_STATUS: systemStatus,
  SYSTEM_TIME: (vehicle) => ({
    name: "SYSTEM_TIME",
    timeUnixUsec: Math.round(1000 * vehicle.utcMs(vehicle.timeS)),
    timeBootMs: bootMs(vehicle),
  }),
  ATTITUDE: attitude,
  ATTITUDE_QUATERNION: attitudeQuaternion,
  RAW_IMU: (vehicle, _firmware, imu) => ({
    name: "RAW_IMU",
    timeUsec: bootUs(vehicle),
    ...scaledImu(imu),
    id: 0,
    temperature: TEMPERATURE_CDEG,
  }),
  SCALED_IMU: (vehicle, _firmware, imu) => scaledImuMessage("SCALED_IMU", vehicle, imu),
  SCALED_IMU2: (vehicle, _firmware, imu) => scaledImuMessage("SCALED_IMU2", vehicle, imu),
  HIGHRES_IMU: highresImu,
  SCALED_PRESSURE: (vehicle) => ({
    name: "SCALED_PRESSURE",
    timeBootMs: bootMs(vehicle),
    pressAbs: pressureHpa(vehicle),
    pressDiff: 0,
    temperature: TEMPERATURE_CDEG,
  }),
  GPS_RAW_INT: (vehicle) => gpsRaw(vehicle),
  GPS2_RAW: gps2Raw,
  GLOBAL_POSITION_INT: globalPosition,
  GPS_GLOBAL_ORIGIN: ({ firmware, flight: { localFrame: { origin } }, undulationM }) =>
    firmware.hasOrigin
      ? {
        name: "GPS_GLOBAL_ORIGIN",
        latitude: 1e7 * origin.latitudeDeg,
        longitude: 1e7 * origin.longitudeDeg,
        altitude: 1000 * (origin.heightM - undulationM),
      }
      : undefined,
  EXTENDED_SYS_STATE: (vehicle) => ({
    name: "EXTENDED_SYS_STATE",
    vtolState: 0,
    landedState: LANDED[vehicle.state],
  }),
  EKF_STATUS_REPORT: (vehicle, firmware) => firmware === "px4" ? undefined : ekfStatus(vehicle),
  ESTIMATOR_STATUS: (vehicle, firmware) =>
    firmware === "px4" ? estimatorStatus(vehicle) : undefined,
  VFR_HUD: vfrHud,
};

/** Messages that carry IMU samples: sent as these come. */
export const IMU_MESSAGES: readonly MessageName[] = [
  "RAW_IMU",
  "SCALED_IMU",
  "SCALED_IMU2",
  "HIGHRES_IMU",
  "ATTITUDE",
  "ATTITUDE_QUATERNION",
];

function bootMs(vehicle: Vehicle): number {
  return Math.floor(1000 * vehicle.bootS(vehicle.timeS));
}

function bootUs(vehicle: Vehicle): number {
  return Math.round(1e6 * vehicle.bootS(vehicle.timeS));
}

function heartbeat(vehicle: Vehicle, firmware: FirmwareName): OutgoingMessage {
  const { isArmed, customMode } = vehicle.firmware;
  return {
    name: "HEARTBEAT",
    customMode,
    type: firmware === "ardupilot-plane" ? MAV_TYPE.FIXED_WING : MAV_TYPE.QUADROTOR,
    autopilot: firmware === "px4" ? MAV_AUTOPILOT.PX4 : MAV_AUTOPILOT.ARDUPILOTMEGA,
    baseMode: MAV_MODE_FLAG.CUSTOM_MODE_ENABLED | (isArmed ? MAV_MODE_FLAG.SAFETY_ARMED : 0),
    systemStatus: isArmed ? MAV_STATE.ACTIVE : MAV_STATE.STANDBY,
    mavlinkVersion: 3,
  };
}

function systemStatus(): OutgoingMessage {
  return {
    name: "SYS_STATUS",
    onboardControlSensorsPresent: SENSORS_PRESENT,
    onboardControlSensorsEnabled: SENSORS_PRESENT,
    // Healthy under a jammer too, as it was measured.
    onboardControlSensorsHealth: SENSORS_PRESENT,
    load: 300,
    voltageBattery: 15600,
    currentBattery: 1200,
    dropRateComm: 0,
    errorsComm: 0,
    errorsCount1: 0,
    errorsCount2: 0,
    errorsCount3: 0,
    errorsCount4: 0,
    batteryRemaining: 80,
  };
}

/** Roll, pitch and yaw (from north clockwise) of north-east-down. */
function eulerAngles({ localFromBody }: Vehicle) {
  const m = matrixFromQuaternion(localFromBody);
  // Columns are the body's axes in east, north, up.
  const [forwardEast, forwardNorth, forwardUp] = [m[0], m[3], m[6]];
  const [rightUp, downUp] = [m[7], m[8]];
  return {
    roll: Math.atan2(-rightUp, -downUp),
    pitch: Math.asin(Math.min(1, Math.max(-1, forwardUp))),
    yaw: Math.atan2(forwardEast, forwardNorth),
  };
}

function bodyRates({ angularRateRps: [rollspeed, pitchspeed, yawspeed] }: Vehicle) {
  return { rollspeed, pitchspeed, yawspeed };
}

function attitude(vehicle: Vehicle): OutgoingMessage {
  return {
    name: "ATTITUDE",
    timeBootMs: bootMs(vehicle),
    ...eulerAngles(vehicle),
    ...bodyRates(vehicle),
  };
}

function attitudeQuaternion(vehicle: Vehicle): OutgoingMessage {
  const { roll, pitch, yaw } = eulerAngles(vehicle);
  const [cr, sr] = [Math.cos(roll / 2), Math.sin(roll / 2)];
  const [cp, sp] = [Math.cos(pitch / 2), Math.sin(pitch / 2)];
  const [cy, sy] = [Math.cos(yaw / 2), Math.sin(yaw / 2)];
  return {
    name: "ATTITUDE_QUATERNION",
    timeBootMs: bootMs(vehicle),
    q1: cr * cp * cy + sr * sp * sy,
    q2: sr * cp * cy - cr * sp * sy,
    q3: cr * sp * cy + sr * cp * sy,
    q4: cr * cp * sy - sr * sp * cy,
    ...bodyRates(vehicle),
  };
}

/** Thousandths of standard gravity, and of a radian a second. */
function scaledImu({ specificForceMps2: f, angularRateRps: w }: ImuMean) {
  const milliG = (value: number) => 1000 * value / STANDARD_GRAVITY_MPS2;
  return {
    xacc: milliG(f[0]),
    yacc: milliG(f[1]),
    zacc: milliG(f[2]),
    xgyro: 1000 * w[0],
    ygyro: 1000 * w[1],
    zgyro: 1000 * w[2],
    xmag: MAGNETIC_MGAUSS[0],
    ymag: MAGNETIC_MGAUSS[1],
    zmag: MAGNETIC_MGAUSS[2],
  };
}

function scaledImuMessage(
  name: "SCALED_IMU" | "SCALED_IMU2",
  vehicle: Vehicle,
  imu: ImuMean,
): OutgoingMessage {
  return {
    name,
    timeBootMs: bootMs(vehicle),
    ...scaledImu(imu),
    temperature: TEMPERATURE_CDEG,
  };
}

function highresImu(vehicle: Vehicle, firmware: FirmwareName, imu: ImuMean): OutgoingMessage {
  const { specificForceMps2: f, angularRateRps: w } = imu;
  // Gauss by the definition; ArduPilot sends thousands of milligauss.
  const magnetic = firmware === "px4" ? 1e-3 : 1e3;
  return {
    name: "HIGHRES_IMU",
    timeUsec: bootUs(vehicle),
    xacc: f[0],
    yacc: f[1],
    zacc: f[2],
    xgyro: w[0],
    ygyro: w[1],
    zgyro: w[2],
    xmag: magnetic * MAGNETIC_MGAUSS[0],
    ymag: magnetic * MAGNETIC_MGAUSS[1],
    zmag: magnetic * MAGNETIC_MGAUSS[2],
    absPressure: pressureHpa(vehicle),
    diffPressure: 0,
    pressureAlt: vehicle.baroHeightM - vehicle.undulationM,
    temperature: TEMPERATURE_CDEG / 100,
    fieldsUpdated: 0xffff,
  };
}

/** International standard atmosphere. */
function pressureHpa(vehicle: Vehicle): number {
  const heightMslM = vehicle.baroHeightM - vehicle.undulationM;
  return 1013.25 * (1 - 2.25577e-5 * heightMslM) ** 5.25588;
}

function gpsFields(vehicle: Vehicle, fix: GpsFix) {
  const [east, north] = fix.velocityEnuMps;
  const hasPlace = fix.fixType >= 2;
  const course = wrapDegrees(degreesFromRadians(Math.atan2(east, north)));
  return {
    timeUsec: Math.round(1e6 * vehicle.bootS(fix.timeS)),
    lat: hasPlace ? 1e7 * fix.position.latitudeDeg : 0,
    lon: hasPlace ? 1e7 * fix.position.longitudeDeg : 0,
    alt: hasPlace ? 1000 * (fix.position.heightM - vehicle.undulationM) : 0,
    altEllipsoid: hasPlace ? 1000 * fix.position.heightM : 0,
    eph: hasPlace ? 100 * fix.hdop : UNKNOWN_ACCURACY,
    epv: hasPlace ? 150 * fix.hdop : UNKNOWN_ACCURACY,
    vel: 100 * Math.hypot(east, north),
    cog: 100 * (course < 0 ? course + 360 : course),
    fixType: fix.fixType,
    satellitesVisible: fix.satellites,
    hAcc: 1000 * fix.sigmaHorizontalM,
    vAcc: 1000 * fix.sigmaVerticalM,
    velAcc: 1000 * fix.sigmaSpeedMps,
    hdgAcc: 0,
    yaw: 0,
  };
}

const NO_GPS: GpsFix = {
  timeS: 0,
  fixType: 1,
  position: { latitudeDeg: 0, longitudeDeg: 0, heightM: 0 },
  velocityEnuMps: [0, 0, 0],
  sigmaHorizontalM: 0,
  sigmaVerticalM: 0,
  sigmaSpeedMps: 0,
  satellites: 0,
  hdop: 99.99,
};

function gpsRaw(vehicle: Vehicle): OutgoingMessage {
  return { name: "GPS_RAW_INT", ...gpsFields(vehicle, vehicle.firmware.shownFix(0) ?? NO_GPS) };
}

function gps2Raw(vehicle: Vehicle): OutgoingMessage | undefined {
  const fix = vehicle.firmware.shownFix(1);
  if (fix === undefined) return undefined;
  return { name: "GPS2_RAW", ...gpsFields(vehicle, fix), dgpsAge: 0, dgpsNumch: 0 };
}

function globalPosition(vehicle: Vehicle): OutgoingMessage {
  const { position, velocityEnuMps: [east, north, up] } = vehicle.firmware.estimate();
  const groundM = vehicle.flight.localFrame.origin.heightM;
  const yaw = degreesFromRadians(eulerAngles(vehicle).yaw);
  const heading = yaw < 0 ? yaw + 360 : yaw;
  return {
    name: "GLOBAL_POSITION_INT",
    timeBootMs: bootMs(vehicle),
    lat: 1e7 * position.latitudeDeg,
    lon: 1e7 * position.longitudeDeg,
    alt: 1000 * (position.heightM - vehicle.undulationM),
    relativeAlt: 1000 * (position.heightM - groundM),
    vx: 100 * north,
    vy: 100 * east,
    vz: -100 * up,
    hdg: Math.round(100 * heading) % 36000,
  };
}

function ekfStatus(vehicle: Vehicle): OutgoingMessage {
  const { isUsable } = vehicle.firmware.estimate();
  const absolute = EKF_STATUS.POS_HORIZ_REL | EKF_STATUS.POS_HORIZ_ABS;
  return {
    name: "EKF_STATUS_REPORT",
    velocityVariance: isUsable ? 0.1 : 1,
    posHorizVariance: isUsable ? 0.1 : 1,
    posVertVariance: 0.1,
    compassVariance: 0.05,
    terrainAltVariance: 0,
    flags: EKF_STATUS.ATTITUDE | EKF_STATUS.VELOCITY_VERT | EKF_STATUS.POS_VERT_ABS |
      (isUsable ? EKF_STATUS.VELOCITY_HORIZ | absolute : EKF_STATUS.CONST_POS_MODE),
  };
}

function estimatorStatus(vehicle: Vehicle): OutgoingMessage {
  const { isUsable, sigmaHorizontalM } = vehicle.firmware.estimate();
  return {
    name: "ESTIMATOR_STATUS",
    timeUsec: bootUs(vehicle),
    velRatio: isUsable ? 0.1 : 1,
    posHorizRatio: isUsable ? 0.1 : 1,
    posVertRatio: 0.1,
    magRatio: 0.05,
    haglRatio: 0,
    tasRatio: 0,
    posHorizAccuracy: sigmaHorizontalM,
    posVertAccuracy: 1,
    flags: 1 | 4 | 32 | (isUsable ? 2 | 8 | 16 : 0),
  };
}

function vfrHud(vehicle: Vehicle): OutgoingMessage {
  const { position, velocityEnuMps: [east, north, up] } = vehicle.firmware.estimate();
  const yaw = degreesFromRadians(eulerAngles(vehicle).yaw);
  return {
    name: "VFR_HUD",
    airspeed: Math.hypot(east, north),
    groundspeed: Math.hypot(east, north),
    alt: position.heightM - vehicle.undulationM,
    climb: up,
    heading: Math.round(yaw < 0 ? yaw + 360 : yaw) % 360,
    throttle: 50,
  };
}
