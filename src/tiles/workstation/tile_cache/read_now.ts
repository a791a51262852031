/**
 * Reads one picture synchronously: a file in the kernel's page cache takes 40 µs, while each
 * hand-over to a reading thread takes as long again, and up to a millisecond in the slowest cases.
 * A file that is not cached makes this process wait for the disk, as it would for its one picture
 * anyway. To read many pictures, read them concurrently with `readTileFile`.
 *
 * @module
 */
import { sha256Hex } from "../../../core/mod.ts";
import { JPEG_BYTES_MAX, type TileId } from "../../tile_contract/mod.ts";
import { tilePath } from "./tile_path.ts";

/** Space for the largest picture that may be stored, and one byte more to detect a larger one. */
const scratch = new Uint8Array(JPEG_BYTES_MAX + 1);

/**
 * null for anything but the complete picture with that hash as a regular file at that path: absent,
 * just renewed, damaged. `readTileFile` finds out which.
 */
export function readPictureNow(
  dataFolder: string,
  id: TileId,
  contentSha256: string,
): Uint8Array<ArrayBuffer> | null {
  try {
    const path = `${dataFolder}/${tilePath(id)}`;
    // Reading a pipe or a device would never end.
    if (Deno.realPathSync(path) !== path || !Deno.lstatSync(path).isFile) return null;
    const bytes = readIntoScratch(path);
    return bytes !== null && sha256Hex(bytes) === contentSha256 ? bytes.slice() : null;
  } catch {
    return null;
  }
}

function readIntoScratch(path: string): Uint8Array<ArrayBuffer> | null {
  using file = Deno.openSync(path, { read: true });
  for (let length = 0; length < scratch.length;) {
    const more = file.readSync(scratch.subarray(length));
    if (more === null) return scratch.subarray(0, length);
    length += more;
  }
  return null;
}
