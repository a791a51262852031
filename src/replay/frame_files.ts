/**
 * Picture files of a recorded flight: inside its folder, of the calibration's size.
 *
 * @module
 */
import type { CameraCalibration } from "../camera/mod.ts";
import { DataError, jpegHeaderSize, messageOf } from "../core/mod.ts";
import { quote } from "./csv_stream.ts";

const PICTURE_BYTES_MAX = 64 * 1024 * 1024;
/** EXIF and thumbnails stand before the size: most headers end within this. */
const HEADER_BYTES = 64 * 1024;

/** @throws DataError from `fault` when the name leads out of the folder or to no file. */
export async function checkFrameFile(
  folder: string,
  name: string,
  calibration: CameraCalibration,
  fault: (message: string) => DataError,
): Promise<void> {
  if (!/^[A-Za-z0-9_][A-Za-z0-9_.\-]*(\/[A-Za-z0-9_][A-Za-z0-9_.\-]*)*$/.test(name)) {
    throw fault(
      `file is ${
        quote(name)
      }; a relative path of letters, digits, _ - . inside the flight folder ` +
        "is needed",
    );
  }
  const path = `${folder}/${name}`;
  const parts = name.split("/");
  for (let count = 1; count <= parts.length; count++) {
    await refuseLink(`${folder}/${parts.slice(0, count).join("/")}`, fault);
  }
  const size = jpegHeaderSize(await readStart(path, HEADER_BYTES)) ??
    jpegHeaderSize(await readPicture(path));
  if (size === null) throw new DataError(path, "is no JPEG picture; copy the flight again");
  if (size.widthPx !== calibration.widthPx || size.heightPx !== calibration.heightPx) {
    throw new DataError(
      path,
      `is ${size.widthPx}×${size.heightPx} pixels, the calibration ${quote(calibration.id)} in ` +
        `flight.json is for ${calibration.widthPx}×${calibration.heightPx}; ` +
        "give the calibration of the camera that flew",
    );
  }
}

/** A link can lead anywhere: out of the folder, to a device. */
async function refuseLink(path: string, fault: (message: string) => DataError): Promise<void> {
  const info = await Deno.lstat(path).catch((error) => {
    throw fault(`the picture ${path} is not there (${messageOf(error)}); copy the flight again`);
  });
  if (info.isSymlink) throw fault(`${path} is a symbolic link; copy the file itself there`);
}

/** Whole bytes of a picture. @throws DataError */
export async function readPicture(path: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    const { size, isFile } = await Deno.stat(path);
    if (!isFile || size > PICTURE_BYTES_MAX) {
      throw new DataError(path, `is no picture of at most ${PICTURE_BYTES_MAX} bytes`);
    }
    return await Deno.readFile(path);
  } catch (error) {
    if (error instanceof DataError) throw error;
    throw new DataError(path, `cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

async function readStart(path: string, bytes: number): Promise<Uint8Array> {
  try {
    using file = await Deno.open(path);
    const start = new Uint8Array(bytes);
    let filled = 0;
    while (filled < bytes) {
      const read = await file.read(start.subarray(filled));
      if (read === null) break;
      filled += read;
    }
    return start.subarray(0, filled);
  } catch (error) {
    throw new DataError(path, `cannot be read: ${messageOf(error)}`, { cause: error });
  }
}
