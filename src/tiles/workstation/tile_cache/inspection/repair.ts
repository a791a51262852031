/**
 * Repairs for `verify --repair`. Nothing of value is deleted: files are moved to `orphaned/`, from
 * where a person can restore them; only temporary files are deleted.
 *
 * @module
 */
import { dirname } from "node:path";
import {
  readPlainFile,
  replaceFile,
  sha256Hex,
  syncPath,
  TEMPORARY_MARK,
} from "../../../../core/mod.ts";
import {
  JPEG_BYTES_MAX,
  sidecarBytes,
  sidecarContents,
  SIDECARS,
} from "../../../tile_contract/mod.ts";
import { tilePath } from "../tile_path.ts";
import { COLUMNS, metadataOf } from "../packed_row.ts";
import { RENEWAL_MARK } from "../tile_renewal.ts";
import { deleteRow, lockKeys, selectRow } from "../tile_rows.ts";
import type { OpenCache } from "./cache_inspection.ts";
import type { ListedTile } from "./contract.ts";
import { tileOfFile } from "./files.ts";

/** Deletes the row, then moves the files that exist away. */
export async function removeBrokenTile(cache: OpenCache, tile: ListedTile): Promise<boolean> {
  return await cache.database.transaction(async (sql) => {
    await lockKeys(sql, [tile.tileId]);
    const now = await selectRow(sql, tile.tileId);
    if (now?.contentSha256 !== tile.contentSha256) return false; // Changed meanwhile.
    await deleteRow(sql, tile.tileId);
    const picture = tilePath(tile.tileId);
    for (const suffix of [".jpg", ...SIDECARS]) {
      await move(cache.dataFolder, picture.replace(/\.jpg$/, suffix));
    }
    return true;
  });
}

/** Writes the sidecars again from the row, unless the picture does not match the row. */
export async function rewriteSidecars(cache: OpenCache, tile: ListedTile): Promise<boolean> {
  const picture = `${cache.dataFolder}/${tilePath(tile.tileId)}`;
  return await cache.database.transaction(async (sql) => {
    await lockKeys(sql, [tile.tileId]);
    const rows = await sql.query(`SELECT ${COLUMNS} FROM tiles WHERE tile_uuid = $1::uuid`, [
      tile.tileUuid,
    ]);
    if (rows.length === 0) return false;
    const now = metadataOf(rows[0]);
    if (
      sha256Hex(await readPlainFile(picture, { bytesMax: JPEG_BYTES_MAX })) !== now.contentSha256
    ) return false;
    for (const [index, bytes] of sidecarContents(now).entries()) {
      await replaceFile(picture.replace(/\.jpg$/, SIDECARS[index]), bytes);
    }
    await sql.query("UPDATE tiles SET sidecar_bytes = $2::bigint WHERE tile_uuid = $1::uuid", [
      tile.tileUuid,
      sidecarBytes(now),
    ]);
    return true;
  });
}

/** Deletes temporary files, moves the others to `orphaned/`. */
export async function moveOrphan(cache: OpenCache, path: string): Promise<boolean> {
  if (path.includes(TEMPORARY_MARK) || path.includes(RENEWAL_MARK)) {
    await Deno.remove(`${cache.dataFolder}/${path}`);
    return true;
  }
  const tileId = tileOfFile(path);
  if (tileId === null) return await move(cache.dataFolder, path);
  return await cache.database.transaction(async (sql) => {
    await lockKeys(sql, [tileId]);
    // The tile may have been written since the file was judged.
    return await selectRow(sql, tileId) === null && await move(cache.dataFolder, path);
  });
}

async function move(dataFolder: string, path: string): Promise<boolean> {
  const target = `${dataFolder}/${path.replace(/^tiles/, "orphaned")}`;
  await Deno.mkdir(dirname(target), { recursive: true });
  try {
    await Deno.rename(`${dataFolder}/${path}`, target);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
  await syncPath(dirname(target));
  return true;
}
