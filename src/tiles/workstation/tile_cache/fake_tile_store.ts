/**
 * A tile store in memory for tests: the same checks and errors, without files and database.
 *
 * @module
 */
// deno-lint-ignore-file require-await
import { tileBounds } from "../../../core/mod.ts";
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
  locationHash,
  type LruCandidate,
  newerCapture,
  type NewTile,
  pixelHandle,
  refuseDuplicates,
  refusedVote,
  sidecarBytes,
  type StoredTile,
  type TileCatalogue,
  TileFsError,
  type TileId,
  tileKey,
  type TileMetadata,
  TileMetadataError,
  type TileMetadataPersistent,
  type TileMetadataStore,
  TileNotFoundError,
  type TilePage,
  type TilePixelHandle,
  tileRange,
  type TileStatistics,
  type TileStore,
  type TileStoreCollaborators,
  tileUuid,
  type VotingStatus,
  WriteJournal,
  type WriteOptions,
  type WriteSummary,
} from "../../tile_contract/mod.ts";

/** The changeable part of what is stored about a tile. */
interface Held {
  metadata: TileMetadata;
  jpeg: Uint8Array<ArrayBuffer>;
  readonly createdAt: Date;
  accessedAt: Date | null;
  uploadedAt: Date | null;
  uploadAttempts: number;
}

export class FakeTileStore implements TileStore, TileMetadataStore, TileCatalogue {
  readonly #tiles = new Map<string, Held>();
  readonly #collaborators: TileStoreCollaborators;
  readonly #journal: WriteJournal;
  /** Missions and the keys of their pinned tiles, for eviction. */
  readonly pinned = new Set<string>();

  constructor(collaborators: TileStoreCollaborators = {}) {
    this.#collaborators = collaborators;
    this.#journal = new WriteJournal(collaborators);
  }

  async writeTile(metadata: TileMetadata, jpeg: Uint8Array): Promise<void> {
    await this.writeTiles([{ metadata, jpeg }]);
  }

  async writeTiles(tiles: readonly NewTile[], options: WriteOptions = {}): Promise<WriteSummary> {
    return await this.#journal.watch(tiles, async () => {
      const checked = tiles.map((tile) => this.#admitted(checkNewTile(tile)));
      refuseDuplicates(checked);
      await checkPictures(checked, this.#collaborators);
      const batch = new Map(checked.map((tile) => [tileKey(tile.metadata.tileId), tile]));
      const existing = [...batch.keys()].filter((key) => this.#tiles.has(key));
      if (existing.length > 0 && options.existing !== "keep") {
        throw new TileMetadataError(`Cannot write tile ${existing[0]}: it exists already`);
      }
      for (const key of existing) batch.delete(key);
      for (const [key, tile] of batch) this.#tiles.set(key, held(tile, this.#now() ?? new Date()));
      const result = { written: batch.size, kept: existing.length };
      return { result, written: [...batch.values()] };
    });
  }

  async renewTile(metadata: TileMetadata, jpeg: Uint8Array): Promise<void> {
    await this.#journal.watch([{ metadata, jpeg }], async () => {
      const tile = this.#admitted(checkNewTile({ metadata, jpeg }));
      const old = this.#held(tile.metadata.tileId);
      if (!newerCapture(tile.metadata, old.metadata)) {
        throw new TileMetadataError(`Cannot renew tile ${tileKey(metadata.tileId)}: not newer`);
      }
      const { createdAt, accessedAt } = old;
      Object.assign(old, held(tile, createdAt), { accessedAt });
      return { result: undefined, written: [tile] };
    });
  }

  async readTilePixels(tileId: TileId): Promise<TilePixelHandle> {
    const tile = this.#held(tileId);
    const now = this.#now();
    if (now !== null) stamp(tile, now);
    return pixelHandle(tile.jpeg.slice());
  }

  async tileExists(tileId: TileId): Promise<boolean> {
    return this.#tiles.has(tileKey(checkTileId(tileId)));
  }

  async deleteTile(tileId: TileId): Promise<void> {
    if (!this.#tiles.delete(tileKey(checkTileId(tileId)))) throw notFound(tileId);
  }

  async *tilesInArea(bbox: Bbox, zoom: number): AsyncIterable<StoredTile> {
    for (const metadata of await this.queryByBbox(bbox, zoom)) {
      const tile = this.#tiles.get(tileKey(metadata.tileId));
      if (tile !== undefined) yield { metadata, jpeg: tile.jpeg.slice() };
    }
  }

  /** This store has no files, so no metadata can be inserted for existing ones. */
  async insertMetadata(metadata: TileMetadata): Promise<void> {
    const key = tileKey(checkTileId(metadata.tileId));
    if (this.#tiles.has(key)) throw new TileMetadataError(`Cannot write tile ${key}: it exists`);
    throw new TileFsError(`Cannot use tile ${key}: its files are not there`);
  }

  async getById(tileId: TileId): Promise<TileMetadataPersistent | null> {
    const tile = this.#tiles.get(tileKey(checkTileId(tileId)));
    return tile === undefined ? null : persistent(tile);
  }

  async queryByBbox(bbox: Bbox, zoom: number, at?: Date): Promise<readonly TileMetadata[]> {
    const range = tileRange(bbox, zoom);
    const inside = ({ x, y, zoom: z }: TileId) =>
      z === zoom && y >= range.yMin && y <= range.yMax &&
      range.columns.some(({ xMin, xMax }) => x >= xMin && x <= xMax);
    const found = [...this.#tiles.values()].map((tile) => tile.metadata)
      .filter((metadata) => inside(metadata.tileId))
      .sort((a, b) => compare(a.tileId, b.tileId));
    return asOf(found, this.#collaborators.freshnessGate, at);
  }

  async pendingUploads(flightId: string | null): Promise<readonly TileMetadataPersistent[]> {
    const flight = checkFlightId(flightId);
    return [...this.#tiles.values()].filter(isPending)
      .filter(({ metadata }) => flight === null || metadata.tileId.flightId === flight)
      .map(persistent)
      .sort((a, b) => text(a.tileId.flightId ?? "", b.tileId.flightId ?? ""));
  }

  async markUploaded(tileId: TileId): Promise<void> {
    const tile = this.#held(tileId);
    tile.uploadedAt ??= this.#now() ?? new Date();
  }

  async updateVotingStatus(tileId: TileId, status: VotingStatus): Promise<void> {
    const tile = this.#held(tileId);
    const before = tile.metadata.votingStatus ?? null;
    if (before === status) return;
    const movable = (GIVE_UP_FROM as readonly (string | null)[]).includes(before);
    if (status !== "upload_giveup" || !movable) throw refusedVote(tileId, before, status);
    tile.metadata = { ...tile.metadata, votingStatus: status };
  }

  async incrementUploadAttempts(tileId: TileId): Promise<number> {
    return ++this.#held(tileId).uploadAttempts;
  }

  async recordLruAccess(tileId: TileId, at: Date): Promise<void> {
    const tile = this.#tiles.get(tileKey(checkTileId(tileId)));
    if (tile !== undefined) stamp(tile, at);
  }

  async lruCandidates(limit: number): Promise<readonly LruCandidate[]> {
    const usedAt = (tile: Held) => (tile.accessedAt ?? tile.createdAt).getTime();
    return [...this.#tiles].filter(([key, tile]) => !this.pinned.has(key) && !isPending(tile))
      .map(([, tile]) => tile)
      .sort((a, b) => usedAt(a) - usedAt(b))
      .slice(0, limit)
      .map((tile) => ({
        tileId: tile.metadata.tileId,
        diskBytes: bytesOf(tile),
        accessedAt: tile.accessedAt,
      }));
  }

  async totalDiskBytes(): Promise<number> {
    let total = 0;
    for (const tile of this.#tiles.values()) total += bytesOf(tile);
    return total;
  }

  async listTiles(page: TilePage): Promise<readonly TileMetadataPersistent[]> {
    const { limit, after = "", source, zoom } = checkPage(page);
    return [...this.#tiles.values()].map(persistent)
      .filter(({ tileUuid, tileId }) =>
        tileUuid > after && (source ?? tileId.source) === tileId.source &&
        (zoom ?? tileId.zoom) === tileId.zoom
      )
      .sort((a, b) => text(a.tileUuid, b.tileUuid))
      .slice(0, limit);
  }

  async statistics(): Promise<readonly TileStatistics[]> {
    const groups = new Map<string, TileStatistics>();
    for (const tile of this.#tiles.values()) {
      const { tileId: { source, zoom }, freshnessLabel = null, votingStatus = null } =
        tile.metadata;
      const key = [source, String(zoom).padStart(2, "0"), freshnessLabel, votingStatus].join("/");
      const { tiles = 0, diskBytes = 0 } = groups.get(key) ?? {};
      groups.set(key, {
        ...{ source, zoom, freshnessLabel, votingStatus },
        tiles: tiles + 1,
        diskBytes: diskBytes + bytesOf(tile),
      });
    }
    return [...groups].sort(([a], [b]) => text(a, b)).map(([, group]) => group);
  }

  #now(): Date | null {
    const { clock } = this.#collaborators;
    return clock === undefined ? null : clock.utc(clock.now());
  }

  #held(tileId: TileId): Held {
    const tile = this.#tiles.get(tileKey(checkTileId(tileId)));
    if (tile === undefined) throw notFound(tileId);
    return tile;
  }

  #admitted(tile: NewTile): NewTile {
    return admitted(tile, this.#collaborators.freshnessGate);
  }
}

function held({ metadata, jpeg }: NewTile, createdAt: Date): Held {
  return {
    metadata,
    jpeg: new Uint8Array(jpeg),
    createdAt,
    accessedAt: null,
    uploadedAt: null,
    uploadAttempts: 0,
  };
}

function persistent({ metadata, jpeg: _jpeg, ...rest }: Held): TileMetadataPersistent {
  const bounds = tileBounds(metadata.tileId);
  return {
    ...metadata,
    ...rest,
    tileUuid: tileUuid(metadata.tileId),
    locationHash: locationHash(metadata.tileId),
    latitudeDeg: (bounds.southDeg + bounds.northDeg) / 2,
    longitudeDeg: (bounds.westDeg + bounds.eastDeg) / 2,
  };
}

function isPending({ metadata, uploadedAt }: Held): boolean {
  return metadata.tileId.source === "onboard_ingest" && metadata.votingStatus === "pending" &&
    uploadedAt === null;
}

function stamp(tile: Held, at: Date): void {
  if (tile.accessedAt === null || tile.accessedAt < at) tile.accessedAt = at;
}

const bytesOf = ({ metadata }: Held) => metadata.diskBytes + sidecarBytes(metadata);

const text = (one: string, other: string) => one < other ? -1 : one > other ? 1 : 0;

function compare(a: TileId, b: TileId): number {
  return a.y - b.y || a.x - b.x || text(a.source, b.source) ||
    text(a.flightId ?? "", b.flightId ?? "");
}

function notFound(id: TileId): TileNotFoundError {
  return new TileNotFoundError(`No tile ${tileKey(id)} in the cache`);
}
