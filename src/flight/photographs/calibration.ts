/**
 * Pinhole calibration from EXIF tags and a table of known sensors.
 *
 * @module
 */
import { BODY_FROM_NADIR_CAMERA, DataError } from "../../core/mod.ts";
import { type CameraCalibration, CameraCalibrationSchema } from "../../navigation/camera/mod.ts";
import type { CalibrationSource } from "./contract.ts";

/**
 * Width of the whole sensor in millimetres, by EXIF Model, as stated by the manufacturer. Its sides are
 * 3:2 where it is 13.2 wide (1 inch), else 4:3.
 */
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

/** Diagonal of a full-frame negative, 36 × 24 mm: the reference of 35 mm equivalents (CIPA DCG-001). */
const FULL_FRAME_DIAGONAL_MM = Math.hypot(36, 24);
const ONE_INCH_WIDTH_MM = 13.2;

/** Two sources that differ by more than this are told. */
const DIFFERENCE_TOLD = 0.02;
/** A picture's sides have the same proportion, whatever its size, to this. */
const PROPORTION_TOLERANCE = 0.01;
/** A calibration that differs by more belongs to another size: the picture was made smaller or cut. */
const DIFFERENCE_MAX = 0.1;

/** The calibration that some cameras write of themselves, pixels (DJI's DewarpData). */
export interface OwnCalibration {
  readonly fxPx: number;
  readonly fyPx: number;
  /** k1, k2, p1, p2, k3, where the picture still has its distortion; null where it was removed. */
  readonly distortion: readonly [number, number, number, number, number] | null;
  /** Principal point from the middle of the picture, pixels. */
  readonly offsetPx: readonly [number, number];
}

/** Lengths on the sensor, millimetres. */
export interface PerspectiveCalibration {
  readonly focalMm: number;
  readonly distortion: readonly [number, number, number, number, number];
}

interface CalibrationTags {
  readonly model: string | null;
  readonly focalLengthMm: number | null;
  readonly focalLength35Mm: number | null;
  /** Not by a tag: for photographs that have none. */
  readonly statedFocalLength35Mm?: number | null;
  /** Sensor pixels per millimetre horizontally, from FocalPlaneXResolution and its unit. */
  readonly focalPlanePxPerMm: number | null;
  readonly ownCalibration?: OwnCalibration | null;
  /** DJI's CalibratedFocalLength. */
  readonly calibratedFocalPx?: number | null;
  /** Of the Camera namespace, with its distortion (Sequoia). */
  readonly perspective?: PerspectiveCalibration | null;
  /** Size that the camera wrote (ExifImageWidth and -Height): the picture may have been made smaller since. */
  readonly writtenPx?: { readonly widthPx: number; readonly heightPx: number } | null;
  /** Above 1 where the middle of the picture was enlarged. */
  readonly digitalZoom?: number | null;
  readonly widthPx: number;
  readonly heightPx: number;
}

interface FoundCalibration {
  readonly calibration: CameraCalibration;
  readonly source: CalibrationSource;
  /** The figure that is used; two sources that disagree. */
  readonly notes: readonly string[];
}

/**
 * Focal length in pixels, from the first source there is: what the camera measured of itself, a known
 * sensor (of a picture of other sides than the sensor's, the part that was cut out), the focal plane's
 * resolution, the 35 mm equivalent by the diagonal. The principal point is in the middle and distortion
 * zero unless the camera states them.
 *
 * @throws DataError when no tag gives the focal length, or it is implausible.
 */
export function calibrationFromTags(tags: CalibrationTags, name: string): FoundCalibration {
  const tagged = candidates(tags);
  const all = tagged.length > 0 ? tagged : candidates({
    ...tags,
    focalLength35Mm: tags.statedFocalLength35Mm ?? null,
  });
  const others = all.filter(({ source }) => !isOwn(source));
  const chosen = all.find(({ source, focalPx }) =>
    others.length === 0 || !isOwn(source) ||
    Math.abs(focalPx / others[0].focalPx - 1) <= DIFFERENCE_MAX
  );
  if (chosen === undefined) {
    throw new DataError(
      name,
      `no focal length: neither FocalLengthIn35mmFormat nor FocalLength with a known sensor ` +
        `(model ${tags.model ?? "not named"}); give --equivalent-focal-length MM`,
    );
  }
  const { focalPx, source } = chosen;
  // Half the picture's width over the focal length: fields of view of 3° to 127°.
  if (!(focalPx > 0.25 * tags.widthPx && focalPx < 20 * tags.widthPx)) {
    throw new DataError(
      name,
      `its tags state a focal length of ${focalPx.toFixed(0)} pixels on ${tags.widthPx}, ` +
        "which is implausible; correct FocalLength (exiftool)",
    );
  }
  const own = source === "dewarp" ? tags.ownCalibration ?? null : null;
  const resized = resizedBy(tags);
  const [offsetX, offsetY] = own?.distortion ? own.offsetPx.map((px) => px * resized) : [0, 0];
  const perspective = source === "perspective" ? tags.perspective?.distortion : undefined;
  const calibration = CameraCalibrationSchema.parse({
    id: `${tags.model ?? "camera"} ${tags.widthPx}x${tags.heightPx}`,
    widthPx: tags.widthPx,
    heightPx: tags.heightPx,
    fxPx: focalPx,
    fyPx: own === null ? focalPx : own.fyPx * resized,
    cxPx: (tags.widthPx - 1) / 2 + offsetX,
    cyPx: (tags.heightPx - 1) / 2 + offsetY,
    distortion: [...own?.distortion ?? perspective ?? [0, 0, 0, 0, 0]],
    bodyFromCamera: [...BODY_FROM_NADIR_CAMERA],
  });
  const notes = [...notesOf(calibration.id, chosen, all), ...cutNotes(calibration.id, tags)];
  return { calibration, source, notes };
}

interface Candidate {
  readonly focalPx: number;
  readonly source: CalibrationSource;
}

/** What the camera states of itself. */
function isOwn(source: CalibrationSource): boolean {
  return source === "calibrated" || source === "dewarp" || source === "perspective";
}

/** Size of the picture over that which the camera wrote; 1 where it is not known, or a part was cut out. */
function resizedBy({ widthPx, heightPx, writtenPx }: CalibrationTags): number {
  if (!writtenPx) return 1;
  const ratio = widthPx / writtenPx.widthPx;
  const proportion = ratio * writtenPx.heightPx / heightPx;
  return Math.abs(proportion - 1) <= PROPORTION_TOLERANCE ? ratio : 1;
}

/** Of a picture that has neither the proportion of what the camera wrote nor, turned, its inverse. */
function cutNotes(
  id: string,
  { widthPx, heightPx, writtenPx }: CalibrationTags,
): readonly string[] {
  if (!writtenPx) return [];
  const written = writtenPx.widthPx / writtenPx.heightPx;
  const isWhole = [widthPx / heightPx, heightPx / widthPx].some((proportion) =>
    Math.abs(proportion / written - 1) <= PROPORTION_TOLERANCE
  );
  if (isWhole) return [];
  return [
    `${id}: a part of the ${writtenPx.widthPx}x${writtenPx.heightPx} that the camera wrote; its middle is ` +
    "taken for the camera's own: where another part was cut out, places are wrong by as much",
  ];
}

const SOURCE_NAMES: Readonly<Record<CalibrationSource, string>> = {
  dewarp: "DewarpData",
  perspective: "PerspectiveFocalLength",
  calibrated: "CalibratedFocalLength",
  table: "FocalLength and the known sensor",
  focal_plane: "FocalLength and FocalPlaneXResolution",
  "35_mm": "FocalLengthIn35mmFormat, by the diagonal",
};

function notesOf(id: string, chosen: Candidate, all: readonly Candidate[]): readonly string[] {
  const figure = ({ focalPx, source }: Candidate) =>
    `${focalPx.toFixed(1)} pixels by ${SOURCE_NAMES[source]}`;
  const other = all.find(({ focalPx }) => Math.abs(focalPx / chosen.focalPx - 1) > DIFFERENCE_TOLD);
  const notes = [`focal length of ${id}: ${figure(chosen)}`];
  if (other === undefined) return notes;
  const percent = (100 * Math.abs(other.focalPx / chosen.focalPx - 1)).toFixed(1);
  return [
    ...notes,
    `its tags disagree by ${percent} % (${figure(other)}): check the scale of the tiles`,
  ];
}

/** Of all sources that the tags have, the best first. */
function candidates(tags: CalibrationTags): readonly Candidate[] {
  const { widthPx, heightPx, focalLengthMm, focalPlanePxPerMm, perspective } = tags;
  const zoom = Math.max(1, tags.digitalZoom ?? 1);
  const resized = resizedBy(tags);
  const found: Candidate[] = [];
  if (tags.ownCalibration) {
    found.push({ focalPx: tags.ownCalibration.fxPx * resized, source: "dewarp" });
  }
  if (perspective && focalPlanePxPerMm !== null) {
    const focalPx = perspective.focalMm * focalPlanePxPerMm * resized;
    found.push({ focalPx, source: "perspective" });
  }
  if (tags.calibratedFocalPx) {
    found.push({ focalPx: tags.calibratedFocalPx * resized, source: "calibrated" });
  }
  const sensorMm = tags.model === null ? undefined : SENSOR_WIDTH_MM[tags.model];
  if (sensorMm !== undefined && focalLengthMm !== null) {
    const sensorHeightMm = sensorMm * (sensorMm === ONE_INCH_WIDTH_MM ? 2 / 3 : 3 / 4);
    const pxPerMm = Math.max(widthPx / sensorMm, heightPx / sensorHeightMm);
    found.push({ focalPx: focalLengthMm * pxPerMm * zoom, source: "table" });
  }
  const by35MmPx = tags.focalLength35Mm === null
    ? null
    : Math.hypot(widthPx, heightPx) * tags.focalLength35Mm / FULL_FRAME_DIAGONAL_MM;
  if (focalPlanePxPerMm !== null && focalLengthMm !== null) {
    const focalPx = focalLengthMm * focalPlanePxPerMm * zoom * resized;
    // The resolution is of the size that the camera wrote; the equivalent is of every size.
    if (by35MmPx === null || Math.abs(focalPx / by35MmPx - 1) <= DIFFERENCE_MAX) {
      found.push({ focalPx, source: "focal_plane" });
    }
  }
  if (by35MmPx !== null) found.push({ focalPx: by35MmPx, source: "35_mm" });
  return found;
}
