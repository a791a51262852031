/**
 * Photographs taken from the air, whose pose is in their EXIF and XMP tags.
 *
 * @module
 */
import type { CameraCalibration } from "../../navigation/camera/mod.ts";

/** Attitude of the camera's gimbal, degrees; the optical axis is its x axis, nadir is pitch −90. */
export interface GimbalAttitude {
  /** Clockwise from north: where the top of the picture points when the camera looks down. */
  readonly yawDeg: number;
  readonly pitchDeg: number;
  readonly rollDeg: number;
}

/**
 * `gimbal`: of a stabilised camera. `airframe`: of an aircraft with the camera in its belly.
 * `poses`: of a file beside the photographs.
 */
export type AttitudeSource = "gimbal" | "airframe" | "poses";

/** Of whatever source, as a gimbal's angles. */
export interface CameraAttitude extends GimbalAttitude {
  readonly source: AttitudeSource;
}

/** By GPS, as tagged. */
export interface PositionTag {
  readonly latitudeDeg: number;
  readonly longitudeDeg: number;
}

/**
 * The tags of a photograph, range-checked. They are still untrusted: a heading can be wrong by half
 * a turn (see README.md), a position by metres.
 */
export interface Photograph {
  /** File name, for messages and for the order. */
  readonly name: string;
  /** null where it is absent, or cannot be read for sure (only where it is not required). */
  readonly positionTag: PositionTag | null;
  /** Height over the take-off point by barometer (RelativeAltitude, senseFly's Height); null where it is absent. */
  readonly heightAboveTakeoffM: number | null;
  /** EXIF GPSAltitude: metres over sea level, roughly; null where it is absent. */
  readonly gpsAltitudeM: number | null;
  /** null when no tag states it. */
  readonly gimbal: CameraAttitude | null;
  /** Clockwise from north to the aircraft's nose (FlightYawDegree); null where it is absent. */
  readonly airframeYawDeg: number | null;
  /** Model, and which of its sensors where the tags name one. */
  readonly camera: string;
  /** Of heat, not of light. */
  readonly isThermal: boolean;
  /** Camera clock without a time zone, read as UTC; null where it is absent. */
  readonly capturedAt: Date | null;
  readonly calibration: CameraCalibration;
  /** By a quarter, by a program, which way is not known: the top of the picture is not where its tags say. */
  readonly isTurned: boolean;
  /** How far the optical axis may be from where `calibration` has it, pixels: a part was cut out of the picture. */
  readonly middleWithinPx: readonly [x: number, y: number];
  /** The source of the focal length in pixels. */
  readonly calibrationSource: CalibrationSource;
  /** For the user: the focal length that is used, and sources that disagree. */
  readonly calibrationNotes: readonly string[];
  /** Standard deviation of the horizontal position as the receiver states it (RTK); null: not stated. */
  readonly positionSigmaM: number | null;
}
/** `dewarp` and `calibrated`: what the camera states of itself. */
export type CalibrationSource =
  | "dewarp"
  | "perspective"
  | "calibrated"
  | "table"
  | "focal_plane"
  | "35_mm";
