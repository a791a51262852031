/**
 * Imports an archive: checks every tile, writes valid ones to the store in batches, and reports the
 * others by name.
 *
 * Memory does not grow with the archive: only one batch is held.
 *
 * @module
 */
import { boundsAround } from "../bounds.ts";
import {
  DataError,
  EXIT,
  GarbageBound,
  GdnError,
  messageOf,
  sha256Hex,
  tileBounds,
} from "../../../../core/mod.ts";
import { type NewTile, TileCacheError, tileKey } from "../../../tile_contract/mod.ts";
import type { TileToolkit } from "../canvas.ts";
import type { ImportOptions, ImportSummary, RefusedTile, TileSink } from "../contract.ts";
import { tileGsdM } from "../projection/georeference.ts";
import { type ArchiveSummary, type ArchiveTile, isRefused, type TileArchive } from "./contract.ts";
import { tileFromBytes } from "./tile_bytes.ts";

/** Tiles that are written together. */
const BATCH_TILES = 128;
/** Tiles that are decoded concurrently. */
const PARALLEL_TILES = 4;
/** Number of refusals that are listed with their reason; the others are counted. */
const REFUSALS_REPORTED = 20;

type Given = Pick<ImportOptions, "source" | "capturedAt" | "attribution">;
type Options = Given & Pick<TileArchive, "registrationErrorM">;
type Bounds = NonNullable<ImportSummary["bounds"]>;

/** Imports every tile; those that the store holds already are left unchanged. */
export async function importArchive(
  archive: TileArchive,
  sink: TileSink,
  toolkit: TileToolkit,
  options: Given,
  observe: { progress?: (done: number, total: number) => void; signal?: AbortSignal } = {},
): Promise<ArchiveSummary> {
  const run = new ArchiveImport(sink, toolkit, {
    ...options,
    capturedAt: options.capturedAt ?? archive.capturedAt,
    attribution: options.attribution || archive.attribution.slice(0, 1000),
    registrationErrorM: archive.registrationErrorM,
  });
  let group: ArchiveTile[] = [];
  let done = 0;
  for await (const item of archive.tiles()) {
    done++;
    if (isRefused(item)) run.refuse(item);
    else group.push(item);
    if (group.length < PARALLEL_TILES) continue;
    observe.signal?.throwIfAborted();
    await run.take(group);
    group = [];
    observe.progress?.(done, archive.total);
  }
  await run.take(group);
  await run.flush();
  observe.progress?.(done, archive.total);
  return run.summary();
}

class ArchiveImport {
  readonly #sink: TileSink;
  readonly #toolkit: TileToolkit;
  readonly #options: Options;
  readonly #count = { written: 0, kept: 0, empty: 0, partial: 0, refused: 0, bytes: 0 };
  readonly #refusals: RefusedTile[] = [];
  readonly #zooms = new Set<number>();
  readonly #garbage = new GarbageBound();
  #bounds: Bounds | null = null;
  #batch = new Map<string, { readonly name: string; readonly tile: NewTile }>();

  constructor(sink: TileSink, toolkit: TileToolkit, options: Options) {
    this.#sink = sink;
    this.#toolkit = toolkit;
    this.#options = options;
  }

  refuse(refused: RefusedTile): void {
    this.#count.refused++;
    if (this.#refusals.length < REFUSALS_REPORTED) this.#refusals.push(refused);
  }

  async take(group: readonly ArchiveTile[]): Promise<void> {
    const made = await Promise.all(group.map((item) => this.#make(item)));
    for (const [index, tile] of made.entries()) {
      if (tile === null) continue;
      const { name } = group[index];
      const key = tileKey(tile.metadata.tileId);
      if (this.#batch.has(key)) {
        const earlier = this.#batch.get(key)?.name;
        this.refuse({ name, reason: `the tile is in the archive twice, also as ${earlier}` });
      } else {
        this.#batch.set(key, { name, tile });
      }
    }
    if (this.#batch.size >= BATCH_TILES) await this.flush();
  }

  /** null for a tile that is refused or fully transparent. */
  async #make(item: ArchiveTile): Promise<NewTile | null> {
    try {
      const painted = await tileFromBytes(item.name, item.bytes, this.#toolkit);
      if (painted === null) {
        this.#count.empty++;
        return null;
      }
      const { jpeg, coverage } = painted;
      const { registrationErrorM } = this.#options;
      const metadata = {
        tileId: { ...item.tile, source: this.#options.source },
        tileSizePx: 256 as const,
        sourceGsdM: tileGsdM(item.tile),
        capturedAt: this.#options.capturedAt,
        contentSha256: sha256Hex(jpeg),
        diskBytes: jpeg.length,
        coverage,
        attribution: this.#options.attribution,
        ...(registrationErrorM > 0 ? { registrationErrorM } : {}),
      };
      return { metadata, jpeg };
    } catch (error) {
      if (!isAboutTheTile(error)) throw error;
      this.refuse({ name: item.name, reason: reasonOf(error, item.name) });
      return null;
    }
  }

  async flush(): Promise<void> {
    const batch = [...this.#batch.values()];
    this.#batch = new Map();
    if (batch.length === 0) return;
    try {
      await this.#write(batch.map(({ tile }) => tile));
    } catch (error) {
      if (!(error instanceof TileCacheError) || !isAboutTheTile(error)) throw error;
      // Nothing of the batch was written: write the tiles one by one to find the refused one.
      for (const { name, tile } of batch) await this.#writeAlone(name, tile);
    }
    this.#garbage.add(batch.length);
  }

  async #writeAlone(name: string, tile: NewTile): Promise<void> {
    try {
      await this.#write([tile]);
    } catch (error) {
      if (!(error instanceof TileCacheError) || !isAboutTheTile(error)) throw error;
      this.refuse({ name, reason: reasonOf(error, name) });
    }
  }

  async #write(tiles: readonly NewTile[]): Promise<void> {
    const { written, kept } = await this.#sink.writeTiles(tiles, { existing: "keep" });
    this.#count.written += written;
    this.#count.kept += kept;
    for (const { metadata, jpeg } of tiles) {
      this.#count.bytes += jpeg.length;
      if (metadata.coverage < 1) this.#count.partial++;
      this.#zooms.add(metadata.tileId.zoom);
      this.#bounds = boundsAround(this.#bounds, tileBounds(metadata.tileId));
    }
  }

  summary(): ArchiveSummary {
    return {
      zooms: [...this.#zooms].sort((a, b) => a - b),
      source: this.#options.source,
      ...this.#count,
      refusals: this.#refusals,
      bounds: this.#bounds,
    };
  }
}

/**
 * Whether the error concerns one tile only, as opposed to a full disk, a failed database, or a bug.
 */
function isAboutTheTile(error: unknown): boolean {
  return error instanceof DataError || error instanceof GdnError && error.exitCode === EXIT.data;
}

function reasonOf(error: unknown, name: string): string {
  const message = messageOf(error);
  return message.startsWith(`${name}: `) ? message.slice(name.length + 2) : message;
}
