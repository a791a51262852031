/**
 * Fetches the tiles of an area that the cache does not hold yet. The cache is the record of what is
 * done: a download that was interrupted is completed by running it again, and fetches nothing
 * twice.
 *
 * @module
 */
import {
  forEachBounded,
  groundSampleDistanceM,
  type Logger,
  messageOf,
  sha256Hex,
  type SlippyTile,
  tileBounds,
  UsageError,
} from "../../../../core/mod.ts";
import {
  newerCapture,
  type NewTile,
  type TileId,
  type TileMetadata,
  TileNotFoundError,
} from "../../../tile_contract/mod.ts";
import { FreshnessRejectionError } from "../../tile_cache/mod.ts";
import type {
  Area,
  DownloadPlan,
  DownloadReport,
  DownloadRequest,
  RemoteCoverage,
  TileDownloader,
} from "../contract.ts";
import { ResolutionRejectionError } from "../errors.ts";
import { boxTileCount, consideredTileCount, tilesOfArea } from "./area.ts";
import { BatchWriter, type DownloadCache } from "./batch_writer.ts";
import { graceAfter } from "./grace.ts";
import { EtagNotes, type EtagStore } from "./etag_notes.ts";
import { failed, Tally } from "./tally.ts";
import { bandsOf, keyOf } from "./tile_bands.ts";
import type { FetchedTile, HeldVersion, HttpTileSource, ListedTile } from "./tile_source.ts";

/** Checks a picture: JPEG of 256 × 256 pixels, or null when it is fully transparent. */
type CheckTile = (
  name: string,
  bytes: Uint8Array<ArrayBuffer>,
) => Promise<{ readonly jpeg: Uint8Array<ArrayBuffer>; readonly coverage: number } | null>;

export interface HttpTileDownloaderParts {
  readonly source: HttpTileSource;
  readonly cache: DownloadCache;
  readonly checkTile: CheckTile;
  readonly logger: Logger;
  /** Capture time to use where the provider states none. */
  readonly capturedAt: Date | null;
  readonly attribution: string;
  /** Tiles coarser than this are refused. */
  readonly gsdMaxM: number;
  /** Request tiles again that the cache holds, in case the provider has newer ones. */
  readonly refresh: boolean;
  /** Where the provider's ETags are kept; without it a refresh sends conditions by date only. */
  readonly etags?: EtagStore;
}

/** How long requests under way may still take after an interruption. */
const GRACE_MS = 2000;
/** 20 GB of pictures, and six hours at 50 requests a second. */
const TILES_MAX = 1_000_000;

/** What there is to do, and what is known about it. */
interface Work {
  readonly wanted: readonly SlippyTile[];
  readonly toFetch: readonly SlippyTile[];
  readonly held: ReadonlyMap<string, TileMetadata>;
  /** ETags of the tiles that are held. */
  readonly etagOf: (tileId: TileId) => string | null;
  /** null: the provider has no inventory. */
  readonly listed: ReadonlyMap<string, ListedTile> | null;
  readonly absent: number;
}

export class HttpTileDownloader implements TileDownloader {
  readonly #parts: HttpTileDownloaderParts;

  constructor(parts: HttpTileDownloaderParts) {
    this.#parts = parts;
  }

  async enumerateRemoteCoverage(area: Area, zooms: readonly number[]): Promise<RemoteCoverage> {
    const wanted = tilesOf(area, zooms);
    const listed = await this.#parts.source.inventory(wanted);
    if (listed === null) return null;
    const times = listed.flatMap(({ capturedAt }) => capturedAt?.getTime() ?? []);
    return {
      available: listed.length,
      absent: wanted.length - listed.length,
      bytes: listed.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0),
      newestCapturedAt: times.length === 0
        ? null
        : new Date(times.reduce((a, b) => Math.max(a, b))),
      oldestCapturedAt: times.length === 0
        ? null
        : new Date(times.reduce((a, b) => Math.min(a, b))),
    };
  }

  async plan(request: DownloadRequest): Promise<DownloadPlan> {
    const work = await this.#work(request);
    const { budgetBytes } = this.#parts.cache;
    const used = await this.#parts.cache.usedBytes();
    return {
      tiles: work.wanted.length,
      kept: work.wanted.length - work.toFetch.length - work.absent,
      toFetch: work.toFetch.length,
      bytes: bytesOf(work),
      absent: work.absent,
      budgetBytes,
      headroomBytes: budgetBytes === null ? null : budgetBytes - used,
      boxTiles: request.zooms.reduce((sum, zoom) => sum + boxTileCount(request.area, zoom), 0),
    };
  }

  async download(
    request: DownloadRequest,
    options: { readonly signal?: AbortSignal; readonly onProgress?: (done: number) => void } = {},
  ): Promise<DownloadReport> {
    const work = await this.#work(request);
    const tally = new Tally();
    const stop = new AbortController();
    // After an interruption nothing new begins; requests under way may finish, so that they are not
    // fetched twice.
    using grace = graceAfter(options.signal, GRACE_MS);
    const signal = AbortSignal.any([grace.signal, stop.signal]);
    const writer = new BatchWriter(this.#parts.cache, tally);
    const etags = this.#etags();
    const [end] = await Promise.allSettled([
      forEachBounded(work.toFetch, request.concurrency, async (tile) => {
        if (options.signal?.aborted) return;
        await this.#one(tile, request, work, { tally, writer, etags, signal }).catch((error) => {
          stop.abort(error);
          throw error;
        });
        options.onProgress?.(++tally.done);
      }),
    ]);
    // Tiles that were fetched are written also when the run ends early.
    await writer.flush();
    await etags.flush();
    options.signal?.throwIfAborted();
    if (end.status === "rejected") throw stop.signal.reason ?? end.reason;
    return {
      fetched: tally.fetched,
      kept: work.wanted.length - work.toFetch.length - work.absent,
      absent: tally.absent + work.absent,
      unchanged: tally.unchanged,
      refused: tally.refused,
      failed: tally.failed,
      bytes: tally.bytes,
      retryCount: tally.retryCount,
    };
  }

  async #work(request: DownloadRequest): Promise<Work> {
    const wanted = request.only === undefined
      ? tilesOf(request.area, request.zooms)
      : [...new Map(request.only.map((tile) => [keyOf(tile), tile])).values()];
    this.#checkResolution(wanted);
    const held = await this.#held(wanted, request.source);
    const etagOf = await this.#etags().of(
      this.#parts.refresh ? [...held.values()].map(({ tileId }) => tileId) : [],
    );
    const missing = this.#parts.refresh ? wanted : wanted.filter((tile) => !held.has(keyOf(tile)));
    const inventory = missing.length === 0 ? null : await this.#parts.source.inventory(missing);
    const listed = inventory === null
      ? null
      : new Map(inventory.map((one) => [keyOf(one.tile), one]));
    const there = listed === null ? missing : missing.filter((tile) => listed.has(keyOf(tile)));
    // In the order of the cache's folders, so that each batch writes into few of them.
    const toFetch = there.toSorted((a, b) => a.zoom - b.zoom || a.x - b.x || a.y - b.y);
    return { wanted, toFetch, held, etagOf, listed, absent: missing.length - toFetch.length };
  }

  #etags(): EtagNotes {
    return new EtagNotes(this.#parts.etags ?? null, this.#parts.source.originSha256);
  }

  /** Checked for the first tile of each zoom. */
  #checkResolution(wanted: readonly SlippyTile[]): void {
    const checked = new Set<number>();
    for (const tile of wanted) {
      if (checked.has(tile.zoom)) continue;
      checked.add(tile.zoom);
      const { northDeg, southDeg } = tileBounds(tile);
      const gsdM = groundSampleDistanceM((northDeg + southDeg) / 2, tile.zoom);
      if (gsdM <= this.#parts.gsdMaxM) continue;
      throw new ResolutionRejectionError(
        `Cannot use zoom ${tile.zoom} here: ${gsdM.toFixed(2)} m per pixel is coarser than the ` +
          `limit of ${this.#parts.gsdMaxM} m; choose a higher zoom, or raise --gsd-max`,
      );
    }
  }

  async #held(
    wanted: readonly SlippyTile[],
    source: string,
  ): Promise<ReadonlyMap<string, TileMetadata>> {
    const held = new Map<string, TileMetadata>();
    for (const band of bandsOf(wanted)) {
      for (const metadata of await this.#parts.cache.queryByBbox(band.box, band.zoom)) {
        if (metadata.tileId.source === source) held.set(keyOf(metadata.tileId), metadata);
      }
    }
    return held;
  }

  async #one(
    tile: SlippyTile,
    request: DownloadRequest,
    work: Work,
    run: {
      readonly tally: Tally;
      readonly writer: BatchWriter;
      readonly etags: EtagNotes;
      readonly signal: AbortSignal;
    },
  ): Promise<void> {
    const { tally, writer, etags } = run;
    const tileId: TileId = { ...tile, source: request.source };
    const found = await this.#fetch(tileId, work, run);
    if (found === null) return;
    switch (found.kind) {
      case "absent":
        tally.absent++;
        return;
      case "unchanged":
        tally.unchanged++;
        return;
      case "refused":
        tally.refused.push({ tileId, reason: found.reason });
        return;
    }
    const made = await this.#newTile(tileId, found, work.listed?.get(keyOf(tile)), tally);
    if (made === null) return;
    const held = work.held.get(keyOf(tile));
    const isKept = held !== undefined && await this.#keptOrRenewed(made, held, tally);
    if (!isKept) await writer.add(made);
    etags.add(tileId, made.metadata.contentSha256, found.etag);
    if (!etags.isFull) return;
    await writer.flush();
    await etags.flush();
  }

  /** null: it failed, and the failure is counted. */
  async #fetch(
    tileId: TileId,
    work: Work,
    { tally, signal }: { readonly tally: Tally; readonly signal: AbortSignal },
  ): Promise<FetchedTile | null> {
    const ask = async (version: HeldVersion | null) => {
      const found = await this.#parts.source.fetch(tileId, version, signal);
      tally.failedInARow = 0;
      tally.retryCount += found.retryCount;
      return found;
    };
    const held = work.held.get(keyOf(tileId));
    const version = held && { capturedAt: held.capturedAt, etag: work.etagOf(tileId) };
    try {
      const found = await ask(version ?? null);
      const isUseless = found.kind === "unchanged" && !await this.#isHeld(tileId);
      return isUseless ? await ask(null) : found;
    } catch (error) {
      failed(tally, tileId, error);
      return null;
    }
  }

  /** A tile that was held when the run began may have been evicted since. */
  async #isHeld(tileId: TileId): Promise<boolean> {
    return (await this.#held([tileId], tileId.source)).has(keyOf(tileId));
  }

  async #newTile(
    tileId: TileId,
    found: Extract<FetchedTile, { kind: "tile" }>,
    listed: ListedTile | undefined,
    tally: Tally,
  ): Promise<NewTile | null> {
    const name = `${this.#parts.source.name} ${tileId.zoom}/${tileId.x}/${tileId.y}`;
    try {
      const picture = await this.#parts.checkTile(name, found.bytes);
      if (picture === null) {
        tally.absent++;
        return null;
      }
      const { northDeg, southDeg } = tileBounds(tileId);
      return {
        jpeg: picture.jpeg,
        metadata: {
          tileId,
          tileSizePx: 256,
          sourceGsdM: groundSampleDistanceM((northDeg + southDeg) / 2, tileId.zoom),
          capturedAt: listed?.capturedAt ?? this.#parts.capturedAt ?? found.lastModified,
          contentSha256: sha256Hex(picture.jpeg),
          diskBytes: picture.jpeg.length,
          coverage: picture.coverage,
          attribution: listed?.attribution ?? this.#parts.attribution,
        },
      };
    } catch (error) {
      tally.refused.push({ tileId, reason: messageOf(error) });
      return null;
    }
  }

  /**
   * Returns false when the tile that was held has been evicted, so that the new one must be
   * written. A provider that returns to older pictures costs this tile, not the run.
   */
  async #keptOrRenewed(
    { metadata, jpeg }: NewTile,
    held: TileMetadata,
    tally: Tally,
  ): Promise<boolean> {
    const { tileId, capturedAt } = metadata;
    const isSame = held.contentSha256 === metadata.contentSha256;
    if (isSame || !newerCapture(metadata, held)) {
      if (!await this.#isHeld(tileId)) return false;
      const reason = capturedAt === null
        ? "it differs from the tile in the cache, and its capture time is unknown"
        : `it was captured ${capturedAt.toISOString()}, and the tile in the cache is newer`;
      if (isSame) tally.unchanged++;
      else tally.refused.push({ tileId, reason });
      return true;
    }
    try {
      await this.#parts.cache.renewTile(metadata, jpeg);
      tally.fetched++;
      tally.bytes += jpeg.length;
    } catch (error) {
      if (error instanceof TileNotFoundError) return false;
      if (!(error instanceof FreshnessRejectionError)) throw error;
      tally.refused.push({ tileId, reason: messageOf(error) });
    }
    return true;
  }
}

/** @throws UsageError where there are too many to keep a list of. */
function tilesOf(area: Area, zooms: readonly number[]): readonly SlippyTile[] {
  const count = zooms.reduce((sum, zoom) => sum + consideredTileCount(area, zoom), 0);
  if (count > TILES_MAX) {
    throw new UsageError(
      `the area has about ${count.toPrecision(3)} tiles at zoom ${zooms.join(", ")}, at most ` +
        `${TILES_MAX} are fetched at once; take a smaller area or a lower zoom`,
    );
  }
  return zooms.flatMap((zoom) => tilesOfArea(area, zoom));
}

/**
 * From the inventory, else from the mean size of the tiles that are held; null when neither is
 * known.
 */
function bytesOf({ toFetch, listed, held }: Work): number | null {
  if (listed !== null) {
    return toFetch.reduce((sum, tile) => sum + (listed.get(keyOf(tile))?.bytes ?? 0), 0);
  }
  if (held.size === 0) return null;
  const total = [...held.values()].reduce((sum, { diskBytes }) => sum + diskBytes, 0);
  return Math.round(total / held.size * toFetch.length);
}
