/**
 * Opens the picture files of a recorded flight and checks that they are inside its folder and of
 * the calibration's size.
 *
 * @module
 */
import type { CameraCalibration } from "../../navigation/camera/mod.ts";
import {
  DataError,
  jpegHeaderSize,
  messageOf,
  openPlainFile,
  readPlainFile,
} from "../../core/mod.ts";
import { quote } from "./csv_stream.ts";

const PICTURE_BYTES_MAX = 64 * 1024 * 1024;
/** EXIF and thumbnails come before the size: most headers end within this. */
const HEADER_BYTES = 64 * 1024;
/**
 * The end marker is searched for in this many bytes at the end before the whole picture is read.
 */
const TAIL_BYTES = 64;

/**
 * Checks that a picture's name stays inside the folder.
 *
 * @returns whether there is a file of that name
 * @throws DataError from `fault` when the name leads out of the folder, or through a link
 */
export async function checkFrameName(
  folder: string,
  name: string,
  fault: (message: string) => DataError,
): Promise<boolean> {
  if (!/^[A-Za-z0-9_][A-Za-z0-9_.\-]*(\/[A-Za-z0-9_][A-Za-z0-9_.\-]*)*$/.test(name)) {
    throw fault(
      `file is ${
        quote(name)
      }; a relative path of letters, digits, _ - . inside the flight folder ` +
        "is needed",
    );
  }
  const parts = name.split("/");
  for (let count = 1; count <= parts.length; count++) {
    const path = `${folder}/${parts.slice(0, count).join("/")}`;
    const info = await Deno.lstat(path).catch((error) => {
      if (error instanceof Deno.errors.NotFound) return null;
      throw fault(`the picture ${path} cannot be read: ${messageOf(error)}`);
    });
    if (info === null) return false;
    // A link can lead anywhere: out of the folder, or to a device.
    if (info.isSymlink) {
      throw fault(`${path} is a symbolic link; copy the file itself to that path`);
    }
  }
  return true;
}

/**
 * Checks that a picture is inside the folder, whole, and of the calibration's size.
 *
 * @throws DataError, from `fault` when the name leads out of the folder or to no file
 */
export async function checkFrameFile(
  folder: string,
  name: string,
  calibration: CameraCalibration,
  fault: (message: string) => DataError,
): Promise<void> {
  const path = `${folder}/${name}`;
  if (!await checkFrameName(folder, name, fault)) {
    throw fault(`the picture ${path} is missing; copy the flight again`);
  }
  const size = jpegHeaderSize(await readStart(path, HEADER_BYTES)) ??
    jpegHeaderSize(await readPicture(path));
  if (size === null) throw new DataError(path, "is not a JPEG picture; copy the flight again");
  if (size.widthPx !== calibration.widthPx || size.heightPx !== calibration.heightPx) {
    throw new DataError(
      path,
      `is ${size.widthPx}×${size.heightPx} pixels, the calibration ${quote(calibration.id)} in ` +
        `flight.json is for ${calibration.widthPx}×${calibration.heightPx}; ` +
        "use the calibration of the camera that flew",
    );
  }
  await checkEnd(path);
}

/**
 * A copy that was cut lacks the end marker, which comes last, except for data that some cameras
 * append.
 */
async function checkEnd(path: string): Promise<void> {
  if (hasEndMarker(await readEnd(path, TAIL_BYTES)) || hasEndMarker(await readPicture(path))) {
    return;
  }
  throw new DataError(path, "was cut: the JPEG has no end marker; copy the flight again");
}

function hasEndMarker(bytes: Uint8Array): boolean {
  for (let at = bytes.length - 2; at >= 0; at--) {
    if (bytes[at] === 0xff && bytes[at + 1] === 0xd9) return true;
  }
  return false;
}

/** All bytes of a picture. @throws DataError */
export async function readPicture(path: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await readPlainFile(path, { bytesMax: PICTURE_BYTES_MAX });
  } catch (error) {
    if (error instanceof DataError) throw error;
    throw new DataError(path, `cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

function readStart(path: string, bytes: number): Promise<Uint8Array> {
  return readPart(path, bytes, () => 0);
}

function readEnd(path: string, bytes: number): Promise<Uint8Array> {
  return readPart(path, bytes, (size) => Math.max(0, size - bytes));
}

async function readPart(
  path: string,
  bytes: number,
  offset: (size: number) => number,
): Promise<Uint8Array> {
  try {
    using file = await openPlainFile(path);
    const at = offset((await file.stat()).size);
    if (at > 0) await file.seek(at, Deno.SeekMode.Start);
    const part = new Uint8Array(bytes);
    let filled = 0;
    while (filled < bytes) {
      const read = await file.read(part.subarray(filled));
      if (read === null) break;
      filled += read;
    }
    return part.subarray(0, filled);
  } catch (error) {
    if (error instanceof DataError) throw error;
    throw new DataError(path, `cannot be read: ${messageOf(error)}`, { cause: error });
  }
}
