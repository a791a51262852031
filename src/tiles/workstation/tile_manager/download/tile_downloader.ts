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
import { boxTileCount } from "./area.ts";
import { BatchWriter, type DownloadCache } from "./batch_writer.ts";
import { graceAfter } from "./grace.ts";
import { EtagNotes, type EtagStore } from "./etag_notes.ts";
import { Placeholders } from "./placeholders.ts";
import { failed, Tally } from "./tally.ts";
import { bandsOf, keyOf } from "./tile_bands.ts";
import type { FetchedTile, HeldVersion, HttpTileSource, ListedTile } from "./tile_source.ts";
import { checkResolution, checkTileCount, countTiles, partsOf } from "./wanted_tiles.ts";

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

/** What there is to do for a part of the tiles, and what is known about it. */
interface Work {
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
    checkTileCount({ area, zooms });
    let available = 0, absent = 0, bytes = 0, oldestMs = Infinity, newestMs = -Infinity;
    for (const wanted of partsOf({ area, zooms })) {
      const listed = await this.#parts.source.inventory(wanted);
      if (listed === null) return null;
      available += listed.length;
      absent += wanted.length - listed.length;
      for (const one of listed) {
        bytes += one.bytes ?? 0;
        oldestMs = Math.min(oldestMs, one.capturedAt?.getTime() ?? Infinity);
        newestMs = Math.max(newestMs, one.capturedAt?.getTime() ?? -Infinity);
      }
    }
    const isDated = newestMs >= oldestMs;
    return {
      available,
      absent,
      bytes,
      newestCapturedAt: isDated ? new Date(newestMs) : null,
      oldestCapturedAt: isDated ? new Date(oldestMs) : null,
    };
  }

  /** @throws UsageError, ResolutionRejectionError: no such download is begun */
  tileCount(request: DownloadRequest): number {
    checkTileCount(request);
    checkResolution(request, this.#parts.gsdMaxM);
    return countTiles(request);
  }

  async plan(request: DownloadRequest): Promise<DownloadPlan> {
    const tiles = this.tileCount(request);
    let toFetch = 0, absent = 0, listedBytes: number | null = 0, heldBytes = 0, held = 0;
    for (const wanted of partsOf(request)) {
      const work = await this.#work(wanted, request);
      toFetch += work.toFetch.length;
      absent += work.absent;
      held += work.held.size;
      for (const { diskBytes } of work.held.values()) heldBytes += diskBytes;
      const { listed } = work;
      // Where all tiles of a part are held, nobody was asked.
      if (listed === null && work.toFetch.length > 0) listedBytes = null;
      if (listed === null || listedBytes === null) continue;
      for (const tile of work.toFetch) listedBytes += listed.get(keyOf(tile))?.bytes ?? 0;
    }
    const estimated = held === 0 ? null : Math.round(heldBytes / held * toFetch);
    const { budgetBytes } = this.#parts.cache;
    const used = await this.#parts.cache.usedBytes();
    return {
      tiles,
      kept: tiles - toFetch - absent,
      toFetch,
      bytes: listedBytes ?? estimated,
      absent,
      budgetBytes,
      headroomBytes: budgetBytes === null ? null : budgetBytes - used,
      boxTiles: request.zooms.reduce((sum, zoom) => sum + boxTileCount(request.area, zoom), 0),
    };
  }

  async download(
    request: DownloadRequest,
    options: { readonly signal?: AbortSignal; readonly onProgress?: (done: number) => void } = {},
  ): Promise<DownloadReport> {
    checkTileCount(request);
    checkResolution(request, this.#parts.gsdMaxM);
    const tally = new Tally();
    const stop = new AbortController();
    // After an interruption nothing new begins; requests under way may finish, so that they are not
    // fetched twice.
    using grace = graceAfter(options.signal, GRACE_MS);
    const signal = AbortSignal.any([grace.signal, stop.signal]);
    const writer = new BatchWriter(this.#parts.cache, tally);
    const placeholders = new Placeholders();
    const etags = this.#etags();
    const fetchAll = async () => {
      for (const wanted of partsOf(request)) {
        if (options.signal?.aborted) return;
        const work = await this.#work(wanted, request);
        tally.kept += wanted.length - work.toFetch.length - work.absent;
        tally.absent += work.absent;
        tally.done += wanted.length - work.toFetch.length;
        options.onProgress?.(tally.done);
        await forEachBounded(work.toFetch, request.concurrency, async (tile) => {
          if (options.signal?.aborted) return;
          await this.#one(tile, request, work, { tally, writer, placeholders, etags, signal })
            .catch((error) => {
              stop.abort(error);
              throw error;
            });
          options.onProgress?.(++tally.done);
        });
      }
    };
    const [end] = await Promise.allSettled([fetchAll()]);
    // Tiles that were fetched are written also when the run ends early.
    await writer.flush();
    await this.#takeBack(placeholders, tally);
    await etags.flush();
    options.signal?.throwIfAborted();
    if (end.status === "rejected") throw stop.signal.reason ?? end.reason;
    const { fetched, kept, absent, unchanged, refused, bytes, retryCount } = tally;
    const counts = { fetched, kept, absent, placeholders: placeholders.count, unchanged };
    return { ...counts, refused, failed: tally.failed, bytes, retryCount };
  }

  /** Placeholders that were written before they were known to be some. */
  async #takeBack(placeholders: Placeholders, tally: Tally): Promise<void> {
    for (const tileId of placeholders.takenForGround()) {
      try {
        await this.#parts.cache.deleteTile(tileId);
      } catch (error) {
        if (error instanceof TileNotFoundError) continue;
        throw error;
      }
      tally.fetched--;
      tally.absent++;
    }
  }

  async #work(wanted: readonly SlippyTile[], { source }: DownloadRequest): Promise<Work> {
    const held = await this.#held(wanted, source);
    const etagOf = await this.#etags().of(
      this.#parts.refresh ? [...held.values()].map(({ tileId }) => tileId) : [],
    );
    const missing = this.#parts.refresh ? wanted : wanted.filter((tile) => !held.has(keyOf(tile)));
    const inventory = missing.length === 0 ? null : await this.#parts.source.inventory(missing);
    const listed = inventory === null
      ? null
      : new Map(inventory.map((one) => [keyOf(one.tile), one]));
    const toFetch = listed === null ? missing : missing.filter((tile) => listed.has(keyOf(tile)));
    return { toFetch, held, etagOf, listed, absent: missing.length - toFetch.length };
  }

  #etags(): EtagNotes {
    return new EtagNotes(this.#parts.etags ?? null, this.#parts.source.originSha256);
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
      readonly placeholders: Placeholders;
      readonly etags: EtagNotes;
      readonly signal: AbortSignal;
    },
  ): Promise<void> {
    const { tally, writer, placeholders, etags } = run;
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
    // What a provider lists in its inventory are its pictures.
    const mayBePlaceholder = work.listed === null && held === undefined;
    if (mayBePlaceholder && placeholders.add(made.metadata.contentSha256, tileId)) {
      tally.absent++;
      return;
    }
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
