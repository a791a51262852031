/**
 * Reads pictures of common formats with sharp. Not for the aircraft: simulation and operator only.
 *
 * @module
 */
import sharp from "sharp";
import {
  DataError,
  EXIT,
  GdnError,
  messageOf,
  NotPlainFileError,
  readPlainFile,
} from "../../core/mod.ts";
import type { Picture } from "../../native/vision/mod.ts";

const PICTURE_BYTES_MAX = 1024 * 1024 * 1024;

/**
 * Decodes an image file to RGB.
 *
 * @throws DataError when the file is not an image; GdnError with exit code 66 when it does not
 * exist.
 */
export async function readRasterFile(path: string): Promise<Picture> {
  let bytes: Uint8Array;
  try {
    bytes = await readPlainFile(path, { bytesMax: PICTURE_BYTES_MAX });
  } catch (error) {
    if (error instanceof NotPlainFileError) throw error;
    throw new GdnError("NO_INPUT", `Cannot read the image ${path}: ${messageOf(error)}`, {
      cause: error,
      exitCode: EXIT.noInput,
    });
  }
  try {
    const { data, info } = await sharp(bytes, { limitInputPixels: 400_000_000 })
      .toColourspace("srgb").removeAlpha().raw().toBuffer({ resolveWithObject: true });
    return {
      widthPx: info.width,
      heightPx: info.height,
      channels: info.channels === 1 ? 1 : 3,
      pixels: new Uint8Array(data),
    };
  } catch (error) {
    throw new DataError(
      path,
      `it cannot be decoded as an image (${messageOf(error)}); give a PNG, JPEG or TIFF file`,
      { cause: error },
    );
  }
}
