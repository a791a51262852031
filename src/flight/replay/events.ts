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

/** A message of the flight controller. */
interface ControllerEvent {
  /** Time of arrival, canonical clock. */
  readonly receivedNs: MonotonicNs;
  /** Time of measurement, on the controller's own clock: see `ControllerClock` of core. */
  readonly controllerNs: ControllerNs;
}

export interface ImuEvent extends ControllerEvent {
  readonly kind: "imu";
  /** Specific force, body FRD, m/s². */
  readonly specificForceMps2: Vector3;
  /** Angular rate, body FRD, rad/s. */
  readonly angularRateRps: Vector3;
}

export interface AttitudeEvent extends ControllerEvent {
  readonly kind: "attitude";
  /** local (ENU) from body (FRD), normalised. */
  readonly localFromBody: Quaternion;
}

export interface BaroEvent extends ControllerEvent {
  readonly kind: "baro";
  /** Height over the ellipsoid as measured by the barometer, metres. */
  readonly heightM: number;
}

export interface GpsEvent extends ControllerEvent {
  readonly kind: "gps";
  readonly fix: "none" | "2d" | "3d";
  readonly position: WgsPosition;
  /** East, north, up, m/s. */
  readonly velocityEnuMps: Vector3;
  readonly sigmaHorizontalM: number;
  readonly sigmaVerticalM: number;
  readonly satellites: number;
  readonly integrity: "ok" | "jammed" | "spoofed" | "unknown";
}

export interface VelocityEvent extends ControllerEvent {
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

export type FlightEvent =
  | ImuEvent
  | AttitudeEvent
  | BaroEvent
  | GpsEvent
  | VelocityEvent
  | FrameEvent;
/** A message of the flight controller. */
export type SensorEvent = Exclude<FlightEvent, { readonly kind: "frame" }>;
