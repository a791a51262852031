/**
 * Queries that are searched for once after loading, so that the first real one finds the memory of
 * the index in place.
 *
 * @module
 */
import { messageOf, readPlainFile } from "../../core/mod.ts";
import { checkQuery } from "./descriptors.ts";
import { unavailable } from "./read_files.ts";

const WARM_UP_BYTES_MAX = 64 * 1024 * 1024;

/**
 * Rows of `dimension` float32 from the file.
 *
 * @throws IndexUnavailableError when it is absent or holds no descriptors of this index.
 */
export async function readWarmUpQueries(
  path: string,
  dimension: number,
): Promise<Float32Array<ArrayBuffer>[]> {
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = await readPlainFile(path, { bytesMax: WARM_UP_BYTES_MAX });
  } catch (error) {
    throw unavailable(`its warm-up queries ${path} cannot be read (${messageOf(error)})`, error);
  }
  const rowBytes = 4 * dimension;
  if (bytes.length === 0 || bytes.length % rowBytes !== 0) {
    throw unavailable(
      `its warm-up queries ${path} have ${bytes.length} bytes, no rows of ${rowBytes}`,
    );
  }
  const rows: Float32Array<ArrayBuffer>[] = [];
  for (let at = 0; at < bytes.length; at += rowBytes) {
    const row = new Float32Array(bytes.buffer.slice(at, at + rowBytes));
    try {
      checkQuery(row, dimension, 1);
    } catch (error) {
      throw unavailable(`its warm-up queries ${path}: ${messageOf(error)}`, error);
    }
    rows.push(row);
  }
  return rows;
}
