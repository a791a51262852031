/**
 * Reads the tags of one photograph, or of a folder of them.
 *
 * @module
 */
import { DataError, jpegHeaderSize, readPlainFile } from "../../core/mod.ts";
import { calibrationFromTags, type OwnCalibration } from "./calibration.ts";
import type { GimbalAttitude, Photograph } from "./contract.ts";
import { type PhotographTags, readTags } from "./tags.ts";

const MM_PER_FOCAL_PLANE_UNIT: Readonly<Record<number, number>> = { 2: 25.4, 3: 10, 4: 1 };
/** RtkFlag: 16 single, 34 float, 50 fixed. */
const RTK_FLOAT = 34;
const PHOTOGRAPH_BYTES_MAX = 256 * 1024 * 1024;

/**
 * Reads the tags of a JPEG. `name` is for messages.
 *
 * @throws DataError naming the file and the tag: not a JPEG, no position, no focal length, or a
 * value that is not a number or out of range.
 */
export async function readPhotograph(
  bytes: Uint8Array<ArrayBuffer>,
  name: string,
): Promise<Photograph> {
  const size = frameSize(bytes, name);
  const tags = await readTags(bytes, name);
  const { calibration, source, notes } = calibrationFromTags({
    model: tags.text("Model"),
    focalLengthMm: tags.number(["FocalLength"], 0.1, 2000),
    // 0 means unknown in EXIF.
    focalLength35Mm: tags.number(["FocalLengthIn35mmFormat"], 0, 5000) || null,
    focalPlanePxPerMm: focalPlaneResolution(tags),
    ownCalibration: dewarpData(tags),
    calibratedFocalPx: tags.number(["CalibratedFocalLength"], 0, 1e6) || null,
    // 0 means that none was used.
    digitalZoom: tags.number(["DigitalZoomRatio"], 0, 1000) || null,
    ...size,
  }, name);
  return {
    name,
    ...position(tags, name),
    heightAboveTakeoffM: tags.number(["RelativeAltitude"], -1000, 20_000),
    gpsAltitudeM: gpsAltitude(tags),
    gimbal: gimbalAttitude(tags),
    capturedAt: tags.date("DateTimeOriginal") ?? tags.date("CreateDate"),
    calibration,
    calibrationSource: source,
    calibrationNotes: notes,
    positionSigmaM: positionSigma(tags),
  };
}

/** Without their references, tags of the southern and western hemisphere read as the other one. */
function position(tags: PhotographTags, name: string) {
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

function gimbalAttitude(tags: PhotographTags): GimbalAttitude | null {
  const yawDeg = tags.number(["GimbalYawDegree"], -360, 360);
  const pitchDeg = tags.number(["GimbalPitchDegree"], -180, 180);
  const rollDeg = tags.number(["GimbalRollDegree"], -180, 180);
  if (yawDeg === null) return null;
  return { yawDeg, pitchDeg: pitchDeg ?? -90, rollDeg: rollDeg ?? 0 };
}

/** A photograph in a folder: its tags, and its bytes on demand. */
export interface PhotographFile {
  readonly photograph: Photograph;
  readonly path: string;
  readBytes(): Promise<Uint8Array<ArrayBuffer>>;
}

/**
 * All JPEGs of a folder, by capture time, then name.
 *
 * @throws DataError when the folder holds none, a link leads out of it, or one has no pose.
 */
export async function readPhotographFolder(path: string): Promise<readonly PhotographFile[]> {
  const files: PhotographFile[] = [];
  for await (const entry of entriesOf(path)) {
    if (!/\.jpe?g$/i.test(entry.name) || entry.isDirectory) continue;
    const file = `${path.replace(/\/+$/, "")}/${entry.name}`;
    const readBytes = () => readBounded(file, path);
    files.push({
      photograph: await readPhotograph(await readBytes(), file),
      path: file,
      readBytes,
    });
  }
  if (files.length === 0) throw new DataError(path, "the folder holds no photographs (*.jpg)");
  return files.sort((a, b) => captureOrder(a.photograph, b.photograph));
}

function captureOrder(a: Photograph, b: Photograph): number {
  const byTime = (a.capturedAt?.getTime() ?? 0) - (b.capturedAt?.getTime() ?? 0);
  return byTime !== 0 ? byTime : a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}

async function readBounded(path: string, folder: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await readPlainFile(path, { within: folder, bytesMax: PHOTOGRAPH_BYTES_MAX });
  } catch (error) {
    throw namingAbsent(error, path);
  }
}

async function* entriesOf(folder: string): AsyncGenerator<Deno.DirEntry> {
  try {
    yield* Deno.readDir(folder);
  } catch (error) {
    throw namingAbsent(error, folder);
  }
}

function namingAbsent(error: unknown, name: string): unknown {
  if (!(error instanceof Deno.errors.NotFound)) return error;
  return new DataError(name, "there is no such file or folder", { cause: error });
}
