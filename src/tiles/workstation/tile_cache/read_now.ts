/**
 * One picture, read without giving up the processor: a file that the kernel has in memory takes
 * 40 µs, while each hand-over to a thread that reads and back takes as long again, and the slowest
 * of them a millisecond. A file that comes from the disk makes this process wait for the disk, which
 * it would do for its one picture anyway; who reads many reads them side by side, with `readTileFile`.
 *
 * @module
 */
import { sha256Hex } from "../../../core/mod.ts";
import { JPEG_BYTES_MAX, type TileId } from "../../tile_contract/mod.ts";
import { tilePath } from "./tile_path.ts";

/** Room for every picture that may be stored, and a byte that shows a larger one. */
const scratch = new Uint8Array(JPEG_BYTES_MAX + 1);

/**
 * Null for whatever is not the whole picture of that hash in its place, not behind a link: absent,
 * renewed a moment ago, damaged. `readTileFile` finds out which.
 */
export function readPictureNow(
  dataFolder: string,
  id: TileId,
  contentSha256: string,
): Uint8Array<ArrayBuffer> | null {
  try {
    const path = `${dataFolder}/${tilePath(id)}`;
    // A pipe or a device would never end.
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
