/**
 * Reads the tags of one photograph.
 *
 * @module
 */
import { DataError, jpegHeaderSize } from "../../core/mod.ts";
import { cameraAttitude } from "./attitude.ts";
import {
  calibrationFromTags,
  type OwnCalibration,
  type PerspectiveCalibration,
} from "./calibration.ts";
import type { Photograph, PositionTag } from "./contract.ts";
import { djiMakerNote } from "./dji_maker_note.ts";
import { type PhotographPoses, withPose } from "./poses_file.ts";
import { type PhotographTags, readTags } from "./tags.ts";

const MM_PER_FOCAL_PLANE_UNIT: Readonly<Record<number, number>> = { 2: 25.4, 3: 10, 4: 1 };
/** RtkFlag: 16 single, 34 float, 50 fixed. */
const RTK_FLOAT = 34;

export interface PhotographReading {
  /** A photograph without a position, or one in an unknown hemisphere, is refused; otherwise it has none. */
  readonly requirePosition?: boolean;
  /** What is known apart from the tags; it goes before them. */
  readonly poses?: PhotographPoses | null;
  /** 35 mm equivalent, millimetres, of photographs whose tags give no focal length. */
  readonly focalLength35Mm?: number | null;
}

/**
 * Reads the tags of a JPEG. `name` is for messages.
 *
 * @throws DataError naming the file and the tag: not a JPEG, no position, no focal length, or a
 * value that is not a number or out of range.
 */
export async function readPhotograph(
  bytes: Uint8Array<ArrayBuffer>,
  name: string,
  { requirePosition = true, poses = null, focalLength35Mm = null }: PhotographReading = {},
): Promise<Photograph> {
  const size = frameSize(bytes, name);
  const tags = await readTags(bytes, name);
  const { source, notes, ...found } = calibrationFromTags({
    statedFocalLength35Mm: focalLength35Mm,
    model: tags.text("Model"),
    focalLengthMm: tags.number(["FocalLength"], 0.1, 2000),
    // 0 means unknown in EXIF.
    focalLength35Mm: tags.number(["FocalLengthIn35mmFormat"], 0, 5000) || null,
    focalPlanePxPerMm: focalPlaneResolution(tags),
    ownCalibration: dewarpData(tags),
    calibratedFocalPx: tags.number(["CalibratedFocalLength"], 0, 1e6) || null,
    perspective: perspective(tags),
    writtenPx: writtenSize(tags),
    // 0 means that none was used.
    digitalZoom: tags.number(["DigitalZoomRatio"], 0, 1000) || null,
    ...size,
  }, name);
  const makerNote = tags.text("Make")?.startsWith("DJI")
    ? djiMakerNote(tags.bytes("makerNote"))
    : null;
  const pose = poses?.find(name) ?? null;
  const photograph: Photograph = {
    name,
    positionTag: position(tags, name, requirePosition && (pose?.positionTag ?? null) === null),
    heightAboveTakeoffM: heightAboveTakeoff(tags),
    gpsAltitudeM: gpsAltitude(tags),
    gimbal: cameraAttitude(tags, makerNote),
    airframeYawDeg: tags.number(["FlightYawDegree"], -360, 360) ?? makerNote?.airframeYawDeg ??
      null,
    camera: `${tags.text("Model") ?? ""} ${tags.text("ImageSource") ?? ""}`.trim(),
    isThermal: isThermal(tags),
    capturedAt: tags.date("DateTimeOriginal") ?? tags.date("CreateDate"),
    ...found,
    calibrationSource: source,
    calibrationNotes: notes,
    positionSigmaM: positionSigma(tags),
  };
  return pose === null ? photograph : withPose(photograph, pose);
}

/** DJI names the sensor; FLIR and the older cameras of DJI are thermal by their name. */
function isThermal(tags: PhotographTags): boolean {
  const source = tags.text("ImageSource") ?? "";
  const camera = `${tags.text("Make") ?? ""} ${tags.text("Model") ?? ""}`;
  return /infrared|thermal/i.test(source) || /\bflir\b|zenmuse ?xt/i.test(camera);
}

/** Without their references, tags of the southern and western hemisphere read as the other one. */
function position(tags: PhotographTags, name: string, isRequired: boolean): PositionTag | null {
  try {
    return requiredPosition(tags, name);
  } catch (error) {
    if (isRequired) throw error;
    return null;
  }
}

function requiredPosition(tags: PhotographTags, name: string): PositionTag {
  const latitudeDeg = tags.required(["latitude"], -90, 90);
  const longitudeDeg = tags.required(["longitude"], -180, 180);
  const missing = [["GPSLatitudeRef", /^[NS]/i], ["GPSLongitudeRef", /^[EW]/i]] as const;
  const absent = missing.filter(([key, form]) => !form.test(tags.text(key) ?? ""))
    .map(([key]) => key);
  if (absent.length > 0) {
    throw new DataError(
      name,
      `no ${absent.join(" and no ")} tag: its position may be in the other hemisphere; add it ` +
        "(exiftool -GPSLatitudeRef=S -GPSLongitudeRef=W FILE)",
    );
  }
  if (latitudeDeg === 0 && longitudeDeg === 0) {
    throw new DataError(name, "its position is 0,0: GPS had none; leave the photograph out");
  }
  return { latitudeDeg, longitudeDeg };
}

/** DJI: date;fx,fy,cx,cy,k1,k2,p1,p2,k3; with DewarpFlag 0 the picture still has the distortion. */
function dewarpData(tags: PhotographTags): OwnCalibration | null {
  const numbers = (tags.text("DewarpData") ?? "").split(";").at(-1)?.split(",").map(Number) ?? [];
  if (numbers.length !== 9 || !numbers.every(Number.isFinite) || !(numbers[0] > 0)) return null;
  const [fxPx, fyPx, cx, cy, k1, k2, p1, p2, k3] = numbers;
  const isDistorted = tags.number(["DewarpFlag"], 0, 100) === 0;
  return {
    fxPx,
    fyPx: fyPx > 0 ? fyPx : fxPx,
    distortion: isDistorted ? [k1, k2, p1, p2, k3] : null,
    offsetPx: [cx, cy],
  };
}

/** DJI's RTK: the larger of the two horizontal deviations; of single fixes they mean nothing. */
function positionSigma(tags: PhotographTags): number | null {
  const flag = tags.number(["RtkFlag"], 0, 100) ?? 0;
  const latitudeM = tags.number(["RtkStdLat"], 0, 1000);
  const longitudeM = tags.number(["RtkStdLon"], 0, 1000);
  if (flag < RTK_FLOAT || !latitudeM || !longitudeM) return null;
  return Math.max(latitudeM, longitudeM);
}

function frameSize(bytes: Uint8Array, name: string): { widthPx: number; heightPx: number } {
  const size = jpegHeaderSize(bytes);
  if (!size) {
    throw new DataError(name, "not a JPEG, or a damaged one; photographs must be JPEG files");
  }
  const { widthPx, heightPx } = size;
  if (Math.min(widthPx, heightPx) < 16 || Math.max(widthPx, heightPx) > 20_000) {
    throw new DataError(name, `${widthPx}×${heightPx} pixels; a side must have 16 to 20,000`);
  }
  return size;
}

function focalPlaneResolution(tags: PhotographTags): number | null {
  const perUnit = tags.number(["FocalPlaneXResolution"], 0, 1e7);
  const unit = tags.number(["FocalPlaneResolutionUnit"], 0, 5) ?? 2;
  const unitMm = MM_PER_FOCAL_PLANE_UNIT[unit];
  return perUnit && unitMm ? perUnit / unitMm : null;
}

/** GPSAltitudeRef 1 means below sea level. */
function gpsAltitude(tags: PhotographTags): number | null {
  const altitudeM = tags.number(["GPSAltitude"], -20_000, 100_000);
  if (altitudeM === null) return null;
  const below = tags.number(["GPSAltitudeRef"], 0, 3) === 1;
  return below ? -altitudeM : altitudeM;
}

/** DJI's RelativeAltitude; senseFly's Height, which stands beside a Heading. */
function heightAboveTakeoff(tags: PhotographTags): number | null {
  const keys = tags.has("Heading") ? ["RelativeAltitude", "Height"] : ["RelativeAltitude"];
  return tags.number(keys, -1000, 20_000);
}

/** Camera namespace: focal length in millimetres, R1, R2, R3, T1, T2. */
function perspective(tags: PhotographTags): PerspectiveCalibration | null {
  if (tags.text("ModelType") !== "perspective") return null;
  const focalMm = tags.number(["PerspectiveFocalLength"], 0.1, 2000);
  const numbers = (tags.text("PerspectiveDistortion") ?? "").split(",").map(Number);
  if (focalMm === null || numbers.length !== 5 || !numbers.every(Number.isFinite)) return null;
  const [k1, k2, k3, p1, p2] = numbers;
  return { focalMm, distortion: [k1, k2, p1, p2, k3] };
}

function writtenSize(tags: PhotographTags) {
  const widthPx = tags.number(["ExifImageWidth"], 0, 1e6);
  const heightPx = tags.number(["ExifImageHeight"], 0, 1e6);
  return widthPx && heightPx ? { widthPx, heightPx } : null;
}
