/**
 * Pinhole calibration from EXIF tags and a table of known sensors.
 *
 * @module
 */
import { BODY_FROM_NADIR_CAMERA, DataError } from "../../core/mod.ts";
import { type CameraCalibration, CameraCalibrationSchema } from "../../navigation/camera/mod.ts";
import type { CalibrationSource } from "./contract.ts";

/** Width of the whole sensor in millimetres, by EXIF Model, as stated by the manufacturer. */
const SENSOR_WIDTH_MM: Readonly<Record<string, number>> = {
  FC200: 6.17,
  FC300C: 6.17,
  FC300S: 6.17,
  FC300X: 6.17,
  FC300XW: 6.17,
  FC330: 6.17,
  FC350: 6.17,
  FC220: 6.17,
  FC6310: 13.2,
  FC6310S: 13.2,
  FC6510: 13.2,
  FC6520: 17.3,
  FC7203: 6.3,
  "L1D-20c": 13.2,
};

/** Width of a full-frame negative in millimetres: the reference of 35 mm equivalents. */
const FULL_FRAME_WIDTH_MM = 36;

interface CalibrationTags {
  readonly model: string | null;
  readonly focalLengthMm: number | null;
  readonly focalLength35Mm: number | null;
  /** Sensor pixels per millimetre horizontally, from FocalPlaneXResolution and its unit. */
  readonly focalPlanePxPerMm: number | null;
  readonly widthPx: number;
  readonly heightPx: number;
}

/**
 * Focal length in pixels: from a known sensor width, else from the focal plane's resolution, else
 * from the 35 mm equivalent (whole millimetres: accurate to a few per cent). The principal point is
 * assumed in the middle and distortion zero: the tags say nothing better.
 *
 * @throws DataError when no tag gives the focal length, or it is implausible.
 */
export function calibrationFromTags(
  tags: CalibrationTags,
  name: string,
): { calibration: CameraCalibration; source: CalibrationSource } {
  const { focalPx, source } = focalLengthPx(tags, name);
  // Half the picture's width over the focal length: fields of view of 3° to 127°.
  if (!(focalPx > 0.25 * tags.widthPx && focalPx < 20 * tags.widthPx)) {
    throw new DataError(
      name,
      `its tags state a focal length of ${focalPx.toFixed(0)} pixels on ${tags.widthPx}, ` +
        "which is implausible; correct FocalLength (exiftool)",
    );
  }
  const calibration = CameraCalibrationSchema.parse({
    id: `${tags.model ?? "camera"} ${tags.widthPx}x${tags.heightPx}`,
    widthPx: tags.widthPx,
    heightPx: tags.heightPx,
    fxPx: focalPx,
    fyPx: focalPx,
    cxPx: (tags.widthPx - 1) / 2,
    cyPx: (tags.heightPx - 1) / 2,
    distortion: [0, 0, 0, 0, 0],
    bodyFromCamera: [...BODY_FROM_NADIR_CAMERA],
  });
  return { calibration, source };
}

function focalLengthPx(
  tags: CalibrationTags,
  name: string,
): { focalPx: number; source: CalibrationSource } {
  const sensorMm = tags.model === null ? undefined : SENSOR_WIDTH_MM[tags.model];
  if (sensorMm !== undefined && tags.focalLengthMm !== null) {
    return { focalPx: tags.widthPx * tags.focalLengthMm / sensorMm, source: "table" };
  }
  if (tags.focalPlanePxPerMm !== null && tags.focalLengthMm !== null) {
    return { focalPx: tags.focalLengthMm * tags.focalPlanePxPerMm, source: "focal_plane" };
  }
  if (tags.focalLength35Mm !== null) {
    return { focalPx: tags.widthPx * tags.focalLength35Mm / FULL_FRAME_WIDTH_MM, source: "35_mm" };
  }
  throw new DataError(
    name,
    `no focal length: neither FocalLengthIn35mmFormat nor FocalLength with a known sensor ` +
      `(model ${tags.model ?? "not named"}); add FocalLengthIn35mmFormat (exiftool)`,
  );
}
