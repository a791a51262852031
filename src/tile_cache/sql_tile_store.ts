/**
 * Tile store and metadata store in one: JPEG files below a data folder, rows in PostgreSQL.
 *
 * Order of a write: the row inside of an open transaction (a key that exists stops it before a byte
 * is written), then the files (synced), then the commit. Whenever the process dies, there is either
 * no row, or a row whose files are on the disk; files without a row are no tiles, for every read
 * begins with the row.
 *
 * @module
 */
import { messageOf } from "../core/mod.ts";
import { checkNewTile, checkTileId } from "./check_tile.ts";
import type {
  Bbox,
  NewTile,
  StoredTile,
  TileId,
  TileMetadata,
  TileMetadataStore,
  TilePixelHandle,
  TileStore,
  WriteOptions,
  WriteSummary,
} from "./contract.ts";
import {
  TileCacheError,
  TileDatabaseError,
  TileMetadataError,
  TileNotFoundError,
} from "./errors.ts";
import { tileKey, tileUuid } from "./identity.ts";
import { pixelHandle } from "./pixel_handle.ts";
import { readAhead } from "./read_ahead.ts";
import { type SqlDatabase, SQLSTATE, sqlStateOf } from "./sql/database.ts";
import { readTileFile, removeTileFiles, writeTileFiles } from "./tile_files.ts";
import { tileRange } from "./tile_range.ts";
import {
  deleteRow,
  insertRows,
  lockKeys,
  selectRange,
  selectRow,
  selectTotals,
} from "./tile_rows.ts";
import type { UncleanMarker } from "./unclean_marker.ts";

/** Files read at the same time by `tilesInArea`. */
const READS_AT_ONCE = 8;

export class SqlTileStore implements TileStore, TileMetadataStore {
  readonly #dataFolder: string;
  readonly #database: SqlDatabase;
  readonly #marker: UncleanMarker;
  #leftFiles = false;

  constructor(dataFolder: string, database: SqlDatabase, marker: UncleanMarker) {
    this.#dataFolder = dataFolder;
    this.#database = database;
    this.#marker = marker;
  }

  /** True when a failed write could not clean up: the next open must reconcile. */
  get leftFiles(): boolean {
    return this.#leftFiles;
  }

  async writeTile(metadata: TileMetadata, jpeg: Uint8Array): Promise<void> {
    await this.writeTiles([{ metadata, jpeg }]);
  }

  async writeTiles(tiles: readonly NewTile[], options: WriteOptions = {}): Promise<WriteSummary> {
    const { existing = "refuse" } = options;
    const checked = tiles.map(checkNewTile);
    refuseTwins(checked);
    if (checked.length === 0) return { written: 0, kept: 0 };
    await this.#marker.mark();
    let fresh: readonly NewTile[] = [];
    try {
      await this.#database.transaction(async (sql) => {
        const inserted = await insertRows(sql, checked, existing);
        fresh = checked.filter((tile) => inserted.has(tileUuid(tile.metadata.tileId)));
        await writeTileFiles(this.#dataFolder, fresh);
      });
    } catch (error) {
      await this.#removeFilesWithoutRow(fresh.map((tile) => tile.metadata.tileId));
      throw writeFault(error, checked);
    }
    return { written: fresh.length, kept: checked.length - fresh.length };
  }

  async readTilePixels(tileId: TileId): Promise<TilePixelHandle> {
    const id = checkTileId(tileId);
    const tile = await this.#read(await this.getById(id));
    if (tile === null) throw notFound(id);
    return pixelHandle(tile.jpeg);
  }

  async tileExists(tileId: TileId): Promise<boolean> {
    return await this.getById(tileId) !== null;
  }

  async deleteTile(tileId: TileId): Promise<void> {
    const id = checkTileId(tileId);
    await this.#marker.mark();
    // The row goes first and for good; only then the files, unless a writer was quicker.
    const existed = await this.#ask(() =>
      this.#database.transaction(async (sql) => {
        await lockKeys(sql, [id]);
        return await deleteRow(sql, id);
      })
    );
    if (!existed) throw notFound(id);
    await this.#removeFilesWithoutRow([id]);
  }

  async *tilesInArea(bbox: Bbox, zoom: number): AsyncIterable<StoredTile> {
    const found = await this.queryByBbox(bbox, zoom);
    for await (const tile of readAhead(found, READS_AT_ONCE, (metadata) => this.#read(metadata))) {
      if (tile !== null) yield tile;
    }
  }

  async getById(tileId: TileId): Promise<TileMetadata | null> {
    const id = checkTileId(tileId);
    return await this.#ask(() => selectRow(this.#database, id));
  }

  async queryByBbox(bbox: Bbox, zoom: number): Promise<readonly TileMetadata[]> {
    const range = tileRange(bbox, zoom);
    return await this.#ask(() => selectRange(this.#database, range, zoom));
  }

  async totalDiskBytes(): Promise<number> {
    return (await this.#ask(() => selectTotals(this.#database))).diskBytes;
  }

  /** Null when there is no such tile, also when it was deleted while its file was being read. */
  async #read(metadata: TileMetadata | null): Promise<StoredTile | null> {
    if (metadata === null) return null;
    try {
      return { metadata, jpeg: await readTileFile(this.#dataFolder, metadata) };
    } catch {
      // Perhaps it was deleted, or deleted and written anew, since its row was read: ask once more.
      const now = await this.getById(metadata.tileId);
      return now && { metadata: now, jpeg: await readTileFile(this.#dataFolder, now) };
    }
  }

  /** Removes files unless somebody has written their tile meanwhile; never throws. */
  async #removeFilesWithoutRow(ids: readonly TileId[]): Promise<void> {
    if (ids.length === 0) return;
    try {
      await this.#database.transaction(async (sql) => {
        await lockKeys(sql, ids);
        for (const id of ids) {
          if (await selectRow(sql, id) === null) await removeTileFiles(this.#dataFolder, id);
        }
      });
    } catch {
      // Files without a row are no tiles; the marker stays, and the next open moves them away.
      this.#leftFiles = true;
    }
  }

  async #ask<T>(question: () => Promise<T>): Promise<T> {
    try {
      return await question();
    } catch (error) {
      throw databaseFault(error);
    }
  }
}

function refuseTwins(tiles: readonly NewTile[]): void {
  const seen = new Set<string>();
  for (const { metadata } of tiles) {
    const key = tileKey(metadata.tileId);
    if (seen.has(key)) throw new TileMetadataError(`Cannot write tile ${key} twice in one batch`);
    seen.add(key);
  }
}

function writeFault(error: unknown, tiles: readonly NewTile[]): Error {
  if (sqlStateOf(error) !== SQLSTATE.uniqueViolation) return databaseFault(error);
  const one = tiles.length === 1 ? tileKey(tiles[0].metadata.tileId) : `one of ${tiles.length}`;
  const { detail } = error as { detail?: string };
  return new TileMetadataError(
    `Cannot write tile ${one}: it exists already and is never overwritten` +
      `${tiles.length > 1 && detail ? ` (${detail})` : ""}; delete it first, or keep it`,
    { cause: error },
  );
}

function databaseFault(error: unknown): Error {
  if (error instanceof TileCacheError) return error;
  return new TileDatabaseError(
    `The tile cache's database failed: ${messageOf(error)}; check that it runs and has disk space`,
    { cause: error },
  );
}

function notFound(id: TileId): TileNotFoundError {
  return new TileNotFoundError(`No tile ${tileKey(id)} in the cache`);
}
