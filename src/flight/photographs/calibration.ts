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

/** Width over height. */
function sensorProportion(widthMm: number): number {
  return widthMm === ONE_INCH_WIDTH_MM ? 3 / 2 : 4 / 3;
}

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
  /** Its sides are exchanged against the camera's: it was turned by a quarter, which way is not known. */
  readonly isTurned: boolean;
  /**
   * How far the camera's optical axis may be from the middle of the picture, pixels, both ways: above 0 where a
   * part was cut out.
   */
  readonly middleWithinPx: readonly [x: number, y: number];
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
  return isTurned(tags) ? turned(tags, name) : asWritten(tags, name);
}

/** Sides that are those of the camera, exchanged. */
function isTurned({ model, widthPx, heightPx, writtenPx }: CalibrationTags): boolean {
  const isAlike = (proportion: number, other: number) =>
    Math.abs(proportion / other - 1) <= PROPORTION_TOLERANCE;
  // These sensors lie; whoever turns a picture may write its new size into its tags.
  const sensorMm = model === null ? undefined : SENSOR_WIDTH_MM[model];
  if (sensorMm !== undefined && heightPx > widthPx) {
    return [sensorProportion(sensorMm), 16 / 9].some((of) => isAlike(heightPx / widthPx, of));
  }
  if (!writtenPx || isAlike(writtenPx.widthPx / writtenPx.heightPx, 1)) return false;
  return isAlike(heightPx / widthPx, writtenPx.widthPx / writtenPx.heightPx);
}

/** As it was before it was turned; what is not alike on all sides of the axis is not known any more. */
function turned(tags: CalibrationTags, name: string): FoundCalibration {
  const { widthPx, heightPx, writtenPx } = tags;
  // Its tags may have been written anew.
  const isWrittenToo = writtenPx && writtenPx.widthPx < writtenPx.heightPx === widthPx < heightPx;
  const before = asWritten({
    ...tags,
    widthPx: heightPx,
    heightPx: widthPx,
    writtenPx: isWrittenToo
      ? { widthPx: writtenPx.heightPx, heightPx: writtenPx.widthPx }
      : writtenPx,
  }, name);
  const [k1, k2, , , k3] = before.calibration.distortion;
  const calibration = CameraCalibrationSchema.parse({
    ...before.calibration,
    id: idOf(tags),
    widthPx,
    heightPx,
    fyPx: before.calibration.fxPx,
    cxPx: (widthPx - 1) / 2,
    cyPx: (heightPx - 1) / 2,
    distortion: [k1, k2, 0, 0, k3],
  });
  const note = `${calibration.id} was turned by a quarter: its heading is sought both ways`;
  return { ...before, calibration, isTurned: true, notes: [...before.notes, note] };
}

function idOf({ model, widthPx, heightPx }: CalibrationTags): string {
  return `${model ?? "camera"} ${widthPx}x${heightPx}`;
}

function asWritten(tags: CalibrationTags, name: string): FoundCalibration {
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
    id: idOf(tags),
    widthPx: tags.widthPx,
    heightPx: tags.heightPx,
    fxPx: focalPx,
    fyPx: own === null ? focalPx : own.fyPx * resized,
    cxPx: (tags.widthPx - 1) / 2 + offsetX,
    cyPx: (tags.heightPx - 1) / 2 + offsetY,
    distortion: [...own?.distortion ?? perspective ?? [0, 0, 0, 0, 0]],
    bodyFromCamera: [...BODY_FROM_NADIR_CAMERA],
  });
  const middleWithinPx = middleWithin(tags);
  const notes = [...notesOf(calibration.id, chosen, all)];
  if (Math.max(...middleWithinPx) > 0) notes.push(cutNote(calibration.id, tags));
  return { calibration, source, isTurned: false, middleWithinPx, notes };
}

interface Candidate {
  readonly focalPx: number;
  readonly source: CalibrationSource;
}

/** What the camera states of itself. */
function isOwn(source: CalibrationSource): boolean {
  return source === "calibrated" || source === "dewarp" || source === "perspective";
}

/**
 * Scale of the picture over that which the camera wrote; 1 where it is not known. A part is taken to have as much of
 * the whole as it can.
 */
function resizedBy({ widthPx, heightPx, writtenPx }: CalibrationTags): number {
  if (!writtenPx) return 1;
  return Math.max(widthPx / writtenPx.widthPx, heightPx / writtenPx.heightPx);
}

function isPart({ widthPx, heightPx, writtenPx }: CalibrationTags): boolean {
  if (!writtenPx) return false;
  const proportion = widthPx / writtenPx.widthPx * writtenPx.heightPx / heightPx;
  return Math.abs(proportion - 1) > PROPORTION_TOLERANCE;
}

/** A scale that is wrong by more is not taken for right: the map, or the neighbours, would show it. */
const SCALE_DOUBT = 0.08;

/** A part lies anywhere within what the camera wrote, whose scale may be a little larger than it is taken to be. */
function middleWithin(tags: CalibrationTags): readonly [x: number, y: number] {
  const { widthPx, heightPx, writtenPx } = tags;
  if (!writtenPx || !isPart(tags)) return [0, 0];
  const least = resizedBy(tags);
  const scale = Math.max(least, Math.min(1, (1 + SCALE_DOUBT) * least));
  return [
    (scale * writtenPx.widthPx - widthPx) / 2,
    (scale * writtenPx.heightPx - heightPx) / 2,
  ];
}

function cutNote(id: string, { writtenPx }: CalibrationTags): string {
  return `${id}: a part of the ${writtenPx!.widthPx}x${
    writtenPx!.heightPx
  } that the camera wrote, which part is ` +
    "not known: the claimed errors are widened by as much";
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

/** What the camera wrote, at the picture's scale. */
function wholePx(tags: CalibrationTags): readonly [widthPx: number, heightPx: number] {
  const { widthPx, heightPx, writtenPx } = tags;
  if (!writtenPx || !isPart(tags)) return [widthPx, heightPx];
  return [resizedBy(tags) * writtenPx.widthPx, resizedBy(tags) * writtenPx.heightPx];
}

/** Of all sources that the tags have, the best first. */
function candidates(tags: CalibrationTags): readonly Candidate[] {
  const { focalLengthMm, focalPlanePxPerMm, perspective } = tags;
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
    const sensorHeightMm = sensorMm / sensorProportion(sensorMm);
    const [widthPx, heightPx] = wholePx(tags);
    const pxPerMm = Math.max(widthPx / sensorMm, heightPx / sensorHeightMm);
    found.push({ focalPx: focalLengthMm * pxPerMm * zoom, source: "table" });
  }
  const by35MmPx = tags.focalLength35Mm === null
    ? null
    : Math.hypot(...wholePx(tags)) * tags.focalLength35Mm / FULL_FRAME_DIAGONAL_MM;
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
