/**
 * Attitude in the maker note of DJI's EXIF: an image file directory of single-precision numbers.
 *
 * Source of the tags: ExifTool, Image::ExifTool::DJI::Main (0x0006 to 0x000b).
 *
 * @module
 */
import type { GimbalAttitude } from "./contract.ts";

export interface MakerNoteAngles {
  readonly camera: GimbalAttitude;
  readonly airframeYawDeg: number | null;
}

const AIRFRAME_YAW = 0x0007;
const CAMERA_PITCH = 0x0009, CAMERA_YAW = 0x000a, CAMERA_ROLL = 0x000b;
const TYPE_FLOAT = 11;
const ENTRY_BYTES = 12, ENTRIES_MAX = 64;

/** null where the bytes are not such a directory, or name no camera yaw and pitch. Never throws. */
export function djiMakerNote(bytes: Uint8Array): MakerNoteAngles | null {
  if (bytes.length < 2) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const count = view.getUint16(0, true);
  if (count > ENTRIES_MAX || 2 + count * ENTRY_BYTES > bytes.length) return null;
  const found = new Map<number, number>();
  for (let at = 2; at < 2 + count * ENTRY_BYTES; at += ENTRY_BYTES) {
    // One number of four bytes stands in the entry itself.
    if (view.getUint16(at + 2, true) !== TYPE_FLOAT || view.getUint32(at + 4, true) !== 1) continue;
    const value = view.getFloat32(at + 8, true);
    if (Math.abs(value) <= 360) found.set(view.getUint16(at, true), value);
  }
  const yawDeg = found.get(CAMERA_YAW), pitchDeg = found.get(CAMERA_PITCH);
  if (yawDeg === undefined || pitchDeg === undefined) return null;
  return {
    camera: { yawDeg, pitchDeg, rollDeg: found.get(CAMERA_ROLL) ?? 0 },
    airframeYawDeg: found.get(AIRFRAME_YAW) ?? null,
  };
}
