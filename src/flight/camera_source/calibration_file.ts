/**
 * Reads the calibration of a camera.
 *
 * @module
 */
import * as z from "zod";
import { DataError, messageOf, parseBoundedJson, readPlainTextFile } from "../../core/mod.ts";
import { type CameraCalibration, CameraCalibrationSchema } from "../../navigation/camera/mod.ts";

const BYTES_MAX = 64 * 1024;
const FlightCameraSchema = z.object({ camera: z.unknown() });

/** @throws DataError (exit 65) that names the file and what is wrong; errors of the file system */
export async function readCalibration(path: string): Promise<CameraCalibration> {
  return parseCalibration(await readPlainTextFile(path, { bytesMax: BYTES_MAX }), path);
}

/** @throws DataError (exit 65) that names `path` and what is wrong */
export function parseCalibration(text: string, path: string): CameraCalibration {
  let json: unknown;
  try {
    json = parseBoundedJson(text);
  } catch (error) {
    throw new DataError(path, `cannot be read as JSON (${messageOf(error)})`, { cause: error });
  }
  // flight.json of a recorded flight holds one as well.
  const ofFlight = FlightCameraSchema.safeParse(json);
  const parsed = CameraCalibrationSchema.safeParse(ofFlight.success ? ofFlight.data.camera : json);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.slice(0, 5)
    .map((issue) => `${issue.path.join(".")} ${issue.message}`);
  throw new DataError(path, `is no calibration of a camera: ${faults.join("; ")}`);
}
