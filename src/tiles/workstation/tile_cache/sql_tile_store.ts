/**
 * Tile store and metadata store in one: JPEG files below a data folder, rows in PostgreSQL.
 *
 * Order of a write: the row inside an open transaction (an existing key stops it before a byte is
 * written), then the files (synced), then the commit. Whenever the process dies, there is either no
 * row, or a row whose files are on the disk; files without a row are not tiles, because every read
 * begins with the row.
 *
 * @module
 */
import { readAhead } from "../../../core/mod.ts";
import { selectPage, selectStatistics } from "./catalogue_rows.ts";
import { LruStamps, selectLruCandidates } from "./lru_stamps.ts";
import { readPictureNow } from "./read_now.ts";
import {
  admitted,
  asOf,
  type Bbox,
  checkFlightId,
  checkNewTile,
  checkPage,
  checkPictures,
  checkTileId,
  GIVE_UP_FROM,
  type LruCandidate,
  newerCapture,
  type NewTile,
  pixelHandle,
  refuseDuplicates,
  refusedVote,
  type StoredTile,
  type TileCatalogue,
  TileDatabaseError,
  type TileId,
  tileKey,
  type TileMetadata,
  TileMetadataError,
  type TileMetadataPersistent,
  type TileMetadataStore,
  type TilePage,
  type TilePixelHandle,
  tileRange,
  type TileStatistics,
  type TileStore,
  type TileStoreCollaborators,
  tileUuid,
  type VotingStatus,
  type WriteFreshnessGate,
  WriteJournal,
  type WriteOptions,
  type WriteSummary,
} from "../../tile_contract/mod.ts";
import { databaseFault, type SqlDatabase } from "./sql/database.ts";
import { notFound, writeFault } from "./store_faults.ts";
import { checkTileFiles, readTileFile, removeTileFiles, writeTileFiles } from "./tile_files.ts";
import { TileFolders } from "./tile_folders.ts";
import { dropRenewal, finishRenewal, renewalTag, writeRenewal } from "./tile_renewal.ts";
import {
  deleteRow,
  insertRows,
  lockKeys,
  renewRow,
  selectHash,
  selectRange,
  selectRow,
  selectTotals,
} from "./tile_rows.ts";
import type { UncleanMarker } from "./unclean_marker.ts";
import {
  countUploadAttempt,
  moveVotingStatus,
  selectPendingUploads,
  stampUploaded,
} from "./upload_rows.ts";

/** Resolved, without symbolic links. */
const READS_AT_ONCE = 8;

/** What `open()` creates. */
export interface SqlTileStoreParts {
  /** Resolved, without symbolic links. */
  readonly dataFolder: string;
  readonly database: SqlDatabase;
  readonly marker: UncleanMarker;
  readonly syncSidecars: boolean;
  readonly freshnessGate?: WriteFreshnessGate;
}

interface Opened extends SqlTileStoreParts {
  readonly stamps: LruStamps;
  readonly folders: TileFolders;
}

export class SqlTileStore implements TileStore, TileMetadataStore, TileCatalogue, AsyncDisposable {
  readonly #collaborators: TileStoreCollaborators;
  readonly #journal: WriteJournal;
  readonly #openParts: () => Promise<SqlTileStoreParts & AsyncDisposable>;
  #opened: Opened & AsyncDisposable | null = null;
  /** A failed write could not clean up: the marker stays, and the next open reconciles. */
  #leftFiles = false;

  /** Does no I/O before `open()`. */
  constructor(
    collaborators: TileStoreCollaborators,
    openParts: () => Promise<SqlTileStoreParts & AsyncDisposable>,
  ) {
    this.#collaborators = collaborators;
    this.#journal = new WriteJournal(collaborators);
    this.#openParts = openParts;
  }

  /** @throws what `openTileCache` throws; a second call does nothing. */
  async open(): Promise<void> {
    if (this.#opened !== null) return;
    const parts = await this.#openParts();
    this.#opened = {
      ...parts,
      stamps: new LruStamps(parts.database),
      folders: new TileFolders(parts.dataFolder, parts),
      [Symbol.asyncDispose]: () => parts[Symbol.asyncDispose](),
    };
  }

  /** Writes what is buffered in memory, then closes what `open()` opened. */
  async [Symbol.asyncDispose](): Promise<void> {
    const opened = this.#opened;
    if (opened === null) return;
    this.#opened = null;
    await opened.stamps.flush().catch(() => {});
    if (!this.#leftFiles) await opened.marker.clear();
    await opened[Symbol.asyncDispose]();
  }

  get database(): SqlDatabase {
    return this.#parts.database;
  }

  get #parts(): Opened {
    if (this.#opened === null) {
      throw new TileDatabaseError("The tile store is not open: call open() before it is used");
    }
    return this.#opened;
  }

  async writeTile(metadata: TileMetadata, jpeg: Uint8Array): Promise<void> {
    await this.writeTiles([{ metadata, jpeg }]);
  }

  async writeTiles(tiles: readonly NewTile[], options: WriteOptions = {}): Promise<WriteSummary> {
    const { existing = "refuse" } = options;
    return await this.#journal.watch(tiles, async () => {
      const checked = tiles.map((tile) => this.#admitted(checkNewTile(tile)));
      refuseDuplicates(checked);
      await checkPictures(checked, this.#collaborators);
      const written = checked.length === 0 ? [] : await this.#write(checked, existing);
      return {
        result: { written: written.length, kept: checked.length - written.length },
        written,
      };
    });
  }

  async #write(
    checked: readonly NewTile[],
    existing: "refuse" | "keep",
  ): Promise<readonly NewTile[]> {
    const { database, marker } = this.#parts;
    await marker.mark();
    let fresh: readonly NewTile[] = [];
    try {
      await database.transaction(async (sql) => {
        const inserted = await insertRows(sql, checked.map((tile) => tile.metadata), existing);
        fresh = checked.filter((tile) => inserted.has(tileUuid(tile.metadata.tileId)));
        await writeTileFiles(this.#parts.folders, fresh);
      });
    } catch (error) {
      await this.#removeFilesWithoutRow(fresh.map((tile) => tile.metadata.tileId));
      throw writeFault(error, checked);
    }
    return fresh;
  }

  async renewTile(metadata: TileMetadata, jpeg: Uint8Array): Promise<void> {
    await this.#journal.watch([{ metadata, jpeg }], async () => {
      const tile = this.#admitted(checkNewTile({ metadata, jpeg }));
      await checkPictures([tile], this.#collaborators);
      await this.#renew(tile);
      return { result: undefined, written: [tile] };
    });
  }

  async #renew(tile: NewTile): Promise<void> {
    const { dataFolder, database, marker } = this.#parts;
    const { tileId } = tile.metadata;
    await marker.mark();
    try {
      await database.transaction(async (sql) => {
        await lockKeys(sql, [tileId]);
        const old = await selectRow(sql, tileId);
        if (old === null) throw notFound(tileId);
        if (!newerCapture(tile.metadata, old)) {
          throw new TileMetadataError(
            `Cannot renew tile ${
              tileKey(tileId)
            }: its capture is not newer than that of the tile ` +
              `in the cache (${old.capturedAt?.toISOString() ?? "unknown"})`,
          );
        }
        await renewRow(sql, tile.metadata);
        await writeRenewal(dataFolder, tile);
      });
    } catch (error) {
      await this.#settleRenewal(tile.metadata);
      throw writeFault(error, [tile]);
    }
    await this.#settleRenewal(tile.metadata);
  }

  /** The row decides whether the new files replace the old ones or are deleted. Never throws. */
  async #settleRenewal(metadata: TileMetadata): Promise<void> {
    const { dataFolder, database } = this.#parts;
    try {
      await database.transaction(async (sql) => {
        await lockKeys(sql, [metadata.tileId]);
        const row = await selectRow(sql, metadata.tileId);
        const renewed = row !== null && renewalTag(row) === renewalTag(metadata);
        await (renewed ? finishRenewal : dropRenewal)(dataFolder, metadata);
      });
    } catch {
      // Readers find the files under their temporary names; the marker stays, and the next open
      // moves them.
      this.#leftFiles = true;
    }
  }

  async readTilePixels(tileId: TileId): Promise<TilePixelHandle> {
    const id = checkTileId(tileId);
    const { dataFolder, database } = this.#parts;
    const sha256 = await this.#ask(() => selectHash(database, id));
    const jpeg = sha256 === null ? null : readPictureNow(dataFolder, id, sha256) ??
      (await this.#read(await this.getById(id)))?.jpeg ?? null;
    if (jpeg === null) throw notFound(id);
    const now = this.#now();
    if (now !== null) this.#parts.stamps.note(id, now);
    return pixelHandle(jpeg);
  }

  async tileExists(tileId: TileId): Promise<boolean> {
    const id = checkTileId(tileId);
    return await this.#ask(() => selectHash(this.#parts.database, id)) !== null;
  }

  async deleteTile(tileId: TileId): Promise<void> {
    const id = checkTileId(tileId);
    const { database, marker } = this.#parts;
    await marker.mark();
    // First delete and commit the row; only then the files, unless the tile was written again
    // meanwhile.
    const existed = await this.#ask(() =>
      database.transaction(async (sql) => {
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

  async insertMetadata(metadata: TileMetadata): Promise<void> {
    const { dataFolder, database, marker } = this.#parts;
    const jpeg = await checkTileFiles(dataFolder, metadata);
    const tile = this.#admitted(checkNewTile({ metadata, jpeg }));
    await marker.mark();
    try {
      await database.transaction((sql) => insertRows(sql, [tile.metadata], "refuse"));
    } catch (error) {
      throw writeFault(error, [tile]);
    }
  }

  async getById(tileId: TileId): Promise<TileMetadataPersistent | null> {
    const id = checkTileId(tileId);
    return await this.#ask(() => selectRow(this.#parts.database, id));
  }

  async queryByBbox(bbox: Bbox, zoom: number, at?: Date): Promise<readonly TileMetadata[]> {
    const range = tileRange(bbox, zoom);
    const found = await this.#ask(() => selectRange(this.#parts.database, range, zoom));
    return asOf(found, this.#parts.freshnessGate, at);
  }

  async pendingUploads(flightId: string | null): Promise<readonly TileMetadataPersistent[]> {
    const id = checkFlightId(flightId);
    return await this.#ask(() => selectPendingUploads(this.#parts.database, id));
  }

  async markUploaded(tileId: TileId): Promise<void> {
    const id = checkTileId(tileId);
    const { database } = this.#parts;
    if (!await this.#ask(() => stampUploaded(database, id, this.#now()))) throw notFound(id);
  }

  async updateVotingStatus(tileId: TileId, status: VotingStatus): Promise<void> {
    const id = checkTileId(tileId);
    const from = status === "upload_giveup" ? GIVE_UP_FROM : [];
    const change = { from, to: status };
    const after = await this.#ask(() => moveVotingStatus(this.#parts.database, id, change));
    if (after === null) throw notFound(id);
    if (!after.moved && after.status !== status) throw refusedVote(id, after.status, status);
  }

  async incrementUploadAttempts(tileId: TileId): Promise<number> {
    const id = checkTileId(tileId);
    const count = await this.#ask(() => countUploadAttempt(this.#parts.database, id));
    if (count === null) throw notFound(id);
    return count;
  }

  // deno-lint-ignore require-await
  async recordLruAccess(tileId: TileId, at: Date): Promise<void> {
    this.#parts.stamps.note(checkTileId(tileId), at);
  }

  async lruCandidates(limit: number): Promise<readonly LruCandidate[]> {
    return await this.#ask(async () => {
      await this.#parts.stamps.flush();
      return await selectLruCandidates(this.#parts.database, limit);
    });
  }

  async totalDiskBytes(): Promise<number> {
    return (await this.#ask(() => selectTotals(this.#parts.database))).diskBytes;
  }

  async listTiles(page: TilePage): Promise<readonly TileMetadataPersistent[]> {
    const checked = checkPage(page);
    return await this.#ask(() => selectPage(this.#parts.database, checked));
  }

  async statistics(): Promise<readonly TileStatistics[]> {
    return await this.#ask(() => selectStatistics(this.#parts.database));
  }

  #now(): Date | null {
    const { clock } = this.#collaborators;
    return clock === undefined ? null : clock.utc(clock.now());
  }

  #admitted(tile: NewTile): NewTile {
    return admitted(tile, this.#parts.freshnessGate);
  }

  /** null when there is no such tile, also when it was deleted while its file was being read. */
  async #read(metadata: TileMetadata | null): Promise<StoredTile | null> {
    if (metadata === null) return null;
    const { dataFolder } = this.#parts;
    try {
      return { metadata, jpeg: await readTileFile(dataFolder, metadata) };
    } catch {
      // It may have been deleted, renewed or written again since its row was read: query once more.
      const now = await this.getById(metadata.tileId);
      return now && { metadata: now, jpeg: await readTileFile(dataFolder, now) };
    }
  }

  /** Removes files unless their tile was written again meanwhile; never throws. */
  async #removeFilesWithoutRow(ids: readonly TileId[]): Promise<void> {
    if (ids.length === 0) return;
    const { dataFolder, database } = this.#parts;
    try {
      await database.transaction(async (sql) => {
        await lockKeys(sql, ids);
        for (const id of ids) {
          if (await selectRow(sql, id) === null) await removeTileFiles(dataFolder, id);
        }
      });
    } catch {
      // Files without a row are not tiles; the marker stays, and the next open moves them away.
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
