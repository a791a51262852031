/**
 * The data that the companion computer receives during a recorded flight, in order of arrival.
 *
 * @module
 */
import type { CameraFrame } from "../../navigation/camera/mod.ts";
import type {
  ControllerNs,
  DataError,
  Matrix3,
  MonotonicNs,
  Quaternion,
  Vector3,
  WgsPosition,
} from "../../core/mod.ts";

/** A measurement of the flight controller. */
interface Measured {
  /** Time of arrival, canonical clock. */
  readonly receivedNs: MonotonicNs;
  /** Time of measurement, on the controller's own clock: see `ControllerClock` of core. */
  readonly controllerNs: ControllerNs;
}

export interface ImuEvent extends Measured {
  readonly kind: "imu";
  /** Specific force, body FRD, m/s². */
  readonly specificForceMps2: Vector3;
  /** Angular rate, body FRD, rad/s. */
  readonly angularRateRps: Vector3;
}

export interface AttitudeEvent extends Measured {
  readonly kind: "attitude";
  /** local (ENU) from body (FRD), normalised. */
  readonly localFromBody: Quaternion;
}

export interface BaroEvent extends Measured {
  readonly kind: "baro";
  /** Height over the ellipsoid as measured by the barometer, metres. */
  readonly heightM: number;
}

export interface GpsEvent extends Measured {
  readonly kind: "gps";
  readonly fix: "none" | "2d" | "3d";
  readonly position: WgsPosition;
  /** What the position's height counts from, where that is not the ellipsoid. */
  readonly heightOver?: "mean_sea_level";
  /** Its height says nothing here. */
  readonly heightUnknown?: true;
  /** East, north, up, m/s. */
  readonly velocityEnuMps: Vector3;
  /** Whether its last component was measured: MAVLink's GPS_RAW_INT has none. */
  readonly hasVerticalVelocity?: boolean;
  readonly sigmaHorizontalM: number;
  readonly sigmaVerticalM: number;
  readonly satellites: number;
  readonly integrity: "ok" | "jammed" | "spoofed" | "unknown";
}

export interface VelocityEvent extends Measured {
  readonly kind: "velocity";
  /** Over the ground, body FRD, m/s. */
  readonly velocityBodyMps: Vector3;
  /** Of its error, row-major, m²/s². */
  readonly covariance: Matrix3;
}

export interface FrameEvent {
  readonly kind: "frame";
  /** When the picture is complete in memory, canonical clock. */
  readonly receivedNs: MonotonicNs;
  readonly frame: CameraFrame;
  /** Why the picture could not be read, where it could not; `frame.jpeg` is empty then. */
  readonly unreadable?: DataError;
}

/** A measurement of the flight controller. */
export type SensorEvent = ImuEvent | AttitudeEvent | BaroEvent | GpsEvent | VelocityEvent;

/** Air pressure: a height only once something says what it is at a known height. */
export interface PressureEvent extends Measured {
  readonly kind: "pressure";
  /** Static pressure, hectopascal. */
  readonly pressureHpa: number;
}

/**
 * The controller's clock read `controllerNs` in the middle of an exchange that took `roundTripNs` and
 * ended at `receivedNs`.
 */
export interface ClockSyncEvent extends Measured {
  readonly kind: "clock_sync";
  readonly roundTripNs: number;
}

/** Where the controller itself believes to be. While GPS is distrusted nothing may rest on it. */
export interface ControllerPositionEvent extends Measured {
  readonly kind: "controller_position";
  readonly latitudeDeg: number;
  readonly longitudeDeg: number;
  /** Over mean sea level, metres, as the controller counts it. */
  readonly heightMslM: number;
  /** Over the place where it was armed, metres; mostly of the barometer. */
  readonly heightAboveHomeM: number;
}

/** The controller's idea of the time: of its GPS, which may lie. */
interface ControllerUtcEvent extends Measured {
  readonly kind: "controller_utc";
  readonly utcMs: number;
}

export type FlightState = "on_ground" | "taking_off" | "in_flight" | "landing" | "unknown";

interface FlightStateEvent {
  readonly kind: "flight_state";
  readonly receivedNs: MonotonicNs;
  readonly state: FlightState;
}

/** The controller was heard again, or has not been heard for two seconds. */
interface LinkEvent {
  readonly kind: "link";
  readonly receivedNs: MonotonicNs;
  readonly up: boolean;
  /** For a person: "tcp:127.0.0.1:5760: connection refused". */
  readonly text: string;
}

/** The operator says where to look: `RELOC:<lat>,<lon>,<radius_m>`. */
export interface HintEvent {
  readonly kind: "hint";
  readonly receivedNs: MonotonicNs;
  readonly latitudeDeg: number;
  readonly longitudeDeg: number;
  readonly radiusM: number;
}

/** Whatever a flight controller, or the ground station through it, tells the companion computer. */
export type ControllerEvent =
  | SensorEvent
  | PressureEvent
  | ClockSyncEvent
  | ControllerPositionEvent
  | ControllerUtcEvent
  | FlightStateEvent
  | LinkEvent
  | HintEvent;

/** What a recorded flight holds. */
export type RecordedEvent = SensorEvent | FrameEvent;

export type FlightEvent = ControllerEvent | FrameEvent;
