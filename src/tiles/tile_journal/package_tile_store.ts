/**
 * The tile store on the aircraft, without a database: tiles of the flight package are read-only;
 * tiles made in flight go to the journal, which the operator merges after landing.
 *
 * @module
 */
// deno-lint-ignore-file require-await
import { messageOf, tileBounds } from "../../core/mod.ts";
import { type FlightPackage, PackageError } from "../../flight/flight_package/mod.ts";
import {
  admitted,
  asOf,
  type Bbox,
  checkFlightId,
  checkNewTile,
  checkPictures,
  checkTileId,
  ContentHashMismatchError,
  locationHash,
  type LruCandidate,
  newerCapture,
  type NewTile,
  NotImplementedError,
  pixelHandle,
  refuseDuplicates,
  type StoredTile,
  TileFsError,
  type TileId,
  tileKey,
  type TileMetadata,
  TileMetadataError,
  type TileMetadataPersistent,
  type TileMetadataStore,
  TileNotFoundError,
  type TilePixelHandle,
  tileRange,
  type TileStore,
  type TileStoreCollaborators,
  tileUuid,
  type VotingStatus,
  WriteJournal,
  type WriteOptions,
  type WriteSummary,
} from "../tile_contract/mod.ts";
import { TileJournal } from "./journal.ts";
import { packageMetadata, TileIndex } from "./package_index.ts";

interface PackageTileStoreOptions extends TileStoreCollaborators {
  /** A verified package. */
  readonly flightPackage: FlightPackage;
  /** Path of the journal for tiles made in flight; without it nothing can be written. */
  readonly journalPath?: string;
}

/**
 * The constructor does no I/O; `open()` reads the package's lists and the journal; dispose of it
 * after use.
 */
export function buildPackageTileStore(options: PackageTileStoreOptions): PackageTileStore {
  return new PackageTileStore(options);
}

export class PackageTileStore implements TileStore, TileMetadataStore, Disposable {
  readonly #options: PackageTileStoreOptions;
  readonly #records: WriteJournal;
  readonly #index = new TileIndex();
  #journal: TileJournal | null = null;
  #state: "built" | "open" | "closed" = "built";
  /** Writes run one at a time, so that a key cannot be taken between the check and the write. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: PackageTileStoreOptions) {
    this.#options = options;
    this.#records = new WriteJournal(options);
  }

  /** @throws TileFsError | TileMetadataError */
  async open(): Promise<void> {
    if (this.#state === "open") return;
    for (const metadata of packageMetadata(this.#options.flightPackage)) this.#index.set(metadata);
    const { journalPath } = this.#options;
    if (journalPath !== undefined) {
      this.#journal = await TileJournal.open(journalPath);
      for (const { metadata } of this.#journal.tiles()) this.#index.set(metadata);
    }
    this.#state = "open";
  }

  [Symbol.dispose](): void {
    this.#journal?.[Symbol.dispose]();
    this.#journal = null;
    this.#state = "closed";
  }

  async writeTile(metadata: TileMetadata, jpeg: Uint8Array): Promise<void> {
    await this.writeTiles([{ metadata, jpeg }]);
  }

  async writeTiles(tiles: readonly NewTile[], options: WriteOptions = {}): Promise<WriteSummary> {
    return await this.#records.watch(tiles, async () => {
      const checked = tiles.map((tile) => this.#checked(tile));
      refuseDuplicates(checked);
      await checkPictures(checked, this.#options);
      return await this.#inTurn(async () => {
        const fresh = checked.filter(({ metadata }) => !this.#index.get(metadata.tileId));
        const kept = checked.length - fresh.length;
        if (kept > 0 && options.existing !== "keep") {
          throw new TileMetadataError(
            `Cannot write ${kept} of ${checked.length} tiles: they exist already and are never ` +
              "overwritten",
          );
        }
        await this.#append("write", fresh);
        return { result: { written: fresh.length, kept }, written: fresh };
      });
    });
  }

  async renewTile(metadata: TileMetadata, jpeg: Uint8Array): Promise<void> {
    await this.#records.watch([{ metadata, jpeg }], () => {
      const tile = this.#checked({ metadata, jpeg });
      return this.#inTurn(async () => {
        const old = this.#existing(tile.metadata.tileId);
        if (!newerCapture(tile.metadata, old)) {
          throw new TileMetadataError(
            `Cannot renew tile ${tileKey(old.tileId)}: its capture is not newer than that of the ` +
              "tile in the store",
          );
        }
        await this.#append("renew", [tile]);
        return { result: undefined, written: [tile] };
      });
    });
  }

  async readTilePixels(tileId: TileId): Promise<TilePixelHandle> {
    return pixelHandle(await this.#read(this.#existing(checkTileId(tileId))));
  }

  async tileExists(tileId: TileId): Promise<boolean> {
    return this.#opened().get(checkTileId(tileId)) !== undefined;
  }

  async deleteTile(tileId: TileId): Promise<void> {
    const id = checkTileId(tileId);
    await this.#inTurn(async () => {
      const metadata = this.#existing(id);
      if (this.#journal?.find(id) === undefined) throw readOnly(id);
      await this.#journal.append("delete", [{ metadata, jpeg: new Uint8Array(0) }]);
      this.#index.delete(id);
    });
  }

  async *tilesInArea(bbox: Bbox, zoom: number): AsyncIterable<StoredTile> {
    for (const metadata of await this.queryByBbox(bbox, zoom)) {
      const now = this.#opened().get(metadata.tileId);
      if (now !== undefined) yield { metadata: now, jpeg: await this.#read(now) };
    }
  }

  async insertMetadata(metadata: TileMetadata): Promise<void> {
    throw missing(`a row without its picture (${tileKey(metadata.tileId)})`);
  }

  async getById(tileId: TileId): Promise<TileMetadataPersistent | null> {
    const metadata = this.#opened().get(checkTileId(tileId));
    return metadata === undefined ? null : persistent(metadata);
  }

  async queryByBbox(bbox: Bbox, zoom: number, at?: Date): Promise<readonly TileMetadata[]> {
    const found = this.#opened().within(tileRange(bbox, zoom), zoom);
    return asOf(found, this.#options.freshnessGate, at);
  }

  async pendingUploads(flightId: string | null): Promise<readonly TileMetadataPersistent[]> {
    this.#opened();
    const flight = checkFlightId(flightId);
    return [...this.#journal?.tiles() ?? []].map(({ metadata }) => metadata)
      .filter(({ tileId, votingStatus }) =>
        votingStatus === "pending" && (flight === null || tileId.flightId === flight)
      )
      .map(persistent);
  }

  async markUploaded(tileId: TileId): Promise<void> {
    throw missing(`uploads (${tileKey(tileId)})`);
  }

  async updateVotingStatus(tileId: TileId, _status: VotingStatus): Promise<void> {
    throw missing(`votes (${tileKey(tileId)})`);
  }

  async incrementUploadAttempts(tileId: TileId): Promise<number> {
    throw missing(`uploads (${tileKey(tileId)})`);
  }

  /** Nothing is evicted in flight, so times of use are not kept. */
  async recordLruAccess(_tileId: TileId, _at: Date): Promise<void> {}

  async lruCandidates(_limit: number): Promise<readonly LruCandidate[]> {
    return [];
  }

  async totalDiskBytes(): Promise<number> {
    let bytes = this.#journal?.bytes ?? 0;
    for (const { tileId, diskBytes } of this.#opened().values()) {
      if (this.#journal?.find(tileId) === undefined) bytes += diskBytes;
    }
    return bytes;
  }

  #opened(): TileIndex {
    if (this.#state === "open") return this.#index;
    throw new TileFsError("The tile store is not open: call open() before it is used");
  }

  #existing(id: TileId): TileMetadata {
    const metadata = this.#opened().get(id);
    if (metadata === undefined) {
      throw new TileNotFoundError(`No tile ${tileKey(id)} in the package`);
    }
    return metadata;
  }

  #checked(tile: NewTile): NewTile {
    this.#opened();
    const checked = checkNewTile(tile);
    const { tileId } = checked.metadata;
    if (tileId.source !== "onboard_ingest") throw readOnly(tileId);
    return admitted(checked, this.#options.freshnessGate);
  }

  async #append(operation: "write" | "renew", tiles: readonly NewTile[]): Promise<void> {
    if (this.#journal === null) {
      throw missing("tiles made in flight: it was opened without a journal");
    }
    await this.#journal.append(operation, tiles);
    for (const { metadata } of tiles) this.#index.set(metadata);
  }

  async #read(metadata: TileMetadata): Promise<Uint8Array<ArrayBuffer>> {
    const journalled = this.#journal?.find(metadata.tileId);
    if (journalled !== undefined && this.#journal !== null) {
      return await this.#journal.read(journalled);
    }
    const { x, y } = metadata.tileId;
    try {
      return await this.#options.flightPackage.tiles.readTileJpeg(x, y);
    } catch (error) {
      const message = `Cannot read tile ${tileKey(metadata.tileId)}: ${messageOf(error)}`;
      throw error instanceof PackageError
        ? new ContentHashMismatchError(message, { cause: error })
        : new TileFsError(message, { cause: error });
    }
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#turn.then(work, work);
    this.#turn = mine.catch(() => {});
    return mine;
  }
}

function readOnly(id: TileId): NotImplementedError {
  return new NotImplementedError(
    `Cannot change tile ${tileKey(id)}: a flight package is read-only, only tiles made in flight ` +
      "(onboard_ingest) are written; change the operator's cache and provision again",
  );
}

function missing(what: string): NotImplementedError {
  return new NotImplementedError(
    `The tile store of a flight package does not keep ${what}; the operator's cache does`,
  );
}

/** A package keeps no history: these fields mean "unknown". */
function persistent(metadata: TileMetadata): TileMetadataPersistent {
  const bounds = tileBounds(metadata.tileId);
  return {
    ...metadata,
    tileUuid: tileUuid(metadata.tileId),
    locationHash: locationHash(metadata.tileId),
    latitudeDeg: (bounds.southDeg + bounds.northDeg) / 2,
    longitudeDeg: (bounds.westDeg + bounds.eastDeg) / 2,
    createdAt: metadata.capturedAt ?? new Date(0),
    accessedAt: null,
    uploadedAt: null,
    uploadAttempts: 0,
  };
}
