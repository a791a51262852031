/**
 * What a package says of the flight beside its map: the camera's calibration, and settings.
 *
 * @module
 */
import { messageOf, parseBoundedJson } from "../../core/mod.ts";
import { type CameraCalibration, CameraCalibrationSchema } from "../../navigation/camera/mod.ts";
import { type FlightPackage, type Manifest, PACKAGE_PATHS } from "./contract.ts";
import { PackageError } from "./errors.ts";
import { readVerified } from "./verify.ts";

/** Neither is longer. */
const BYTES_MAX = 64 * 1024;

/** The bytes of a package's calibration: the same calibration gives the same bytes. */
export function encodeCalibration(calibration: CameraCalibration): Uint8Array<ArrayBuffer> {
  const ordered = CameraCalibrationSchema.parse(calibration);
  return new TextEncoder().encode(`${JSON.stringify(ordered, null, 2)}\n`);
}

/** @throws PackageError */
export async function readMission(
  root: string,
  manifest: Manifest,
): Promise<Pick<FlightPackage, "calibration" | "configuration">> {
  const calibration = await readText(root, manifest, PACKAGE_PATHS.calibration);
  return {
    calibration: calibration === null ? null : parseCalibration(calibration),
    configuration: await readText(root, manifest, PACKAGE_PATHS.configuration),
  };
}

function parseCalibration({ text, name }: { readonly text: string; readonly name: string }) {
  try {
    return CameraCalibrationSchema.parse(parseBoundedJson(text));
  } catch (cause) {
    throw new PackageError(
      name,
      `is no calibration of a camera (${messageOf(cause).slice(0, 200)}); provision again`,
      { cause },
    );
  }
}

/** null where the package has no such file. */
async function readText(root: string, { files }: Manifest, path: string) {
  const file = files.find((each) => each.path === path);
  if (file === undefined) return null;
  const name = `${root}/${path}`;
  if (file.bytes > BYTES_MAX) {
    throw new PackageError(name, `has ${file.bytes} bytes, more than is allowed`);
  }
  return { text: new TextDecoder().decode(await readVerified(root, file)), name };
}
