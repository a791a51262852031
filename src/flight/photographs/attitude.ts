/**
 * Attitude of the camera from the tags of several makers.
 *
 * Two conventions are in use: a gimbal's (DJI, Parrot: nadir is pitch −90), and an airframe's with the
 * camera in its belly (senseFly, Sequoia, the `Camera` namespace that Pix4D defined, ODM, Agisoft: nadir is
 * pitch 0). Both become a gimbal's angles.
 *
 * @module
 */
import {
  degreesFromRadians,
  localFromBody,
  type Quaternion,
  quaternionMultiply,
  radiansFromDegrees,
  rollPitchYaw,
  wrapDegrees,
} from "../../core/mod.ts";
import type { CameraAttitude, GimbalAttitude } from "./contract.ts";
import type { MakerNoteAngles } from "./dji_maker_note.ts";
import type { PhotographTags } from "./tags.ts";

/** body (forward, right, down) from a gimbal that looks down: pitched by −90°. */
const BODY_FROM_NADIR_GIMBAL: Quaternion = [Math.SQRT1_2, 0, -Math.SQRT1_2, 0];

/** A camera's pitch within this of −90 can only be a gimbal's: an airframe's would look backwards. */
const GIMBAL_NADIR_WITHIN_DEG = 45;

/**
 * A gimbal's angles of a camera in the belly of an airframe that has these; the top of the picture
 * points to the nose.
 */
export function gimbalFromAirframe({ yawDeg, pitchDeg, rollDeg }: GimbalAttitude): GimbalAttitude {
  // Straight down yaw and roll turn about the same axis: all of it is counted as yaw.
  if (Math.hypot(pitchDeg, rollDeg) < 1e-6) return { yawDeg, pitchDeg: -90, rollDeg: 0 };
  const localFromAirframe = localFromBody({
    yawRad: radiansFromDegrees(yawDeg),
    pitchRad: radiansFromDegrees(pitchDeg),
    rollRad: radiansFromDegrees(rollDeg),
  });
  const angles = rollPitchYaw(quaternionMultiply(localFromAirframe, BODY_FROM_NADIR_GIMBAL));
  return {
    yawDeg: degreesFromRadians(angles.yawRad),
    pitchDeg: degreesFromRadians(angles.pitchRad),
    rollDeg: degreesFromRadians(angles.rollRad),
  };
}

/** Of angles whose convention is not stated: a pitch near −90 is a gimbal's. */
export function attitudeOfEither(angles: GimbalAttitude): GimbalAttitude {
  return Math.abs(angles.pitchDeg + 90) <= GIMBAL_NADIR_WITHIN_DEG
    ? angles
    : gimbalFromAirframe(angles);
}

/** From the first kind of tags that has a yaw; null without any. */
export function cameraAttitude(
  tags: PhotographTags,
  makerNote: MakerNoteAngles | null,
): CameraAttitude | null {
  const gimbal = anglesOf(tags, ["GimbalYawDegree", "GimbalPitchDegree", "GimbalRollDegree"], -90);
  if (gimbal !== null) return { ...gimbal, source: "gimbal" };
  const parrot = anglesOf(tags, ["CameraYawDegree", "CameraPitchDegree", "CameraRollDegree"], -90);
  if (parrot !== null) return { ...parrot, source: "gimbal" };
  const camera = anglesOf(tags, ["Yaw", "Pitch", "Roll"], 0);
  if (camera !== null) return { ...attitudeOfEither(camera), source: "airframe" };
  const senseFly = anglesOf(tags, ["Heading", "PitchAngle", "RollAngle"], 0);
  if (senseFly !== null) return { ...gimbalFromAirframe(senseFly), source: "airframe" };
  if (makerNote !== null) return { ...makerNote.camera, source: "gimbal" };
  return null;
}

function anglesOf(
  tags: PhotographTags,
  [yaw, pitch, roll]: readonly [string, string, string],
  pitchAbsentDeg: number,
): GimbalAttitude | null {
  const yawDeg = tags.number([yaw], -360, 360);
  const pitchDeg = tags.number([pitch], -180, 180) ?? pitchAbsentDeg;
  const rollDeg = tags.number([roll], -180, 180) ?? 0;
  return yawDeg === null ? null : { yawDeg, pitchDeg, rollDeg };
}

/** Within this of 0 a gimbal's yaw may be one relative to the airframe… */
const RELATIVE_YAW_MAX_DEG = 10;
/** …which flies in another direction by more than this. */
const AIRFRAME_YAW_MIN_DEG = 35;

/**
 * Whether the gimbal's yaw counts from the airframe's nose, not from north: then it stays near 0
 * whatever the airframe's yaw is. Of photographs that can tell, nearly all must say so.
 */
export function isYawRelative(
  photographs: readonly {
    readonly gimbal: CameraAttitude | null;
    readonly airframeYawDeg: number | null;
  }[],
): boolean {
  let relative = 0, absolute = 0;
  for (const { gimbal, airframeYawDeg } of photographs) {
    if (gimbal?.source !== "gimbal" || airframeYawDeg === null) continue;
    if (Math.abs(wrapDegrees(airframeYawDeg)) < AIRFRAME_YAW_MIN_DEG) continue;
    const apartDeg = Math.abs(wrapDegrees(gimbal.yawDeg - airframeYawDeg));
    if (Math.abs(wrapDegrees(gimbal.yawDeg)) <= RELATIVE_YAW_MAX_DEG) relative++;
    else if (apartDeg <= AIRFRAME_YAW_MIN_DEG) absolute++;
  }
  return relative > 0 && relative > 4 * absolute;
}
