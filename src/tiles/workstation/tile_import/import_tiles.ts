/**
 * Imports imagery: paints tile after tile and stores the new ones.
 *
 * @module
 */
import { boundsAround } from "./bounds.ts";
import { checkZoom, GarbageBound, sha256Hex, tileBounds, zoomForGsd } from "../../../core/mod.ts";
import type { NewTile, TileId } from "../../tile_contract/mod.ts";
import { TileBatch } from "./tile_batch.ts";
import type { Imagery, ImportOptions, ImportSummary, PaintedTile, TileSink } from "./contract.ts";

/** Tiles that are written together; a transaction for each would be slow. */
const BATCH_TILES = 64;
/** Tiles that are painted concurrently; the native warps run in parallel. */
const PARALLEL_TILES = 4;

/** The zoom at which `imagery` is imported. */
export function importZoom(imagery: Imagery, wanted: number | null): number {
  return checkZoom(wanted ?? zoomForGsd(imagery.latitudeDeg, imagery.gsdM));
}

/**
 * Imports every tile of `imagery`. Tiles that the store holds already are left unchanged, so that
 * an interrupted import is completed by running it again.
 */
export async function importTiles(
  imagery: Imagery,
  sink: TileSink,
  options: ImportOptions,
  observe: { progress?: (done: number, total: number) => void; signal?: AbortSignal } = {},
): Promise<ImportSummary> {
  const zoom = importZoom(imagery, options.zoom);
  const tiles = imagery.tiles(zoom);
  const count = { kept: 0, empty: 0 };
  const batch = new TileBatch(sink);
  const garbage = new GarbageBound();
  let bounds: ImportSummary["bounds"] = null;
  for (let next = 0; next < tiles.length;) {
    observe.signal?.throwIfAborted();
    const group = tiles.slice(next, next + PARALLEL_TILES);
    const outcomes = await Promise.all(group.map(async (tile) => {
      const tileId: TileId = { zoom, x: tile.x, y: tile.y, source: options.source };
      if (await sink.tileExists(tileId)) return "kept";
      const painted = await imagery.paint(tile);
      return painted ? newTile(tileId, painted, imagery, options) : "empty";
    }));
    outcomes.forEach((outcome, i) => {
      if (outcome === "empty") {
        count.empty++;
        return;
      }
      bounds = boundsAround(bounds, tileBounds(group[i]));
      if (outcome === "kept") count.kept++;
      else batch.add(outcome);
    });
    if (batch.size >= BATCH_TILES) await batch.flush();
    next += group.length;
    garbage.add(group.length);
    observe.progress?.(next, tiles.length);
  }
  await batch.flush();
  const { kept, ...stored } = batch.counts;
  return {
    zoom,
    source: options.source,
    ...stored,
    kept: count.kept + kept,
    empty: count.empty,
    refusals: batch.refusals,
    gsdM: imagery.gsdM,
    bounds,
    notes: imagery.notes,
  };
}

function newTile(
  tileId: TileId,
  painted: PaintedTile,
  imagery: Imagery,
  options: ImportOptions,
): NewTile {
  const metadata = {
    tileId,
    tileSizePx: 256 as const,
    sourceGsdM: imagery.gsdM,
    capturedAt: options.capturedAt ?? imagery.capturedAt,
    contentSha256: sha256Hex(painted.jpeg),
    diskBytes: painted.jpeg.length,
    coverage: painted.coverage,
    attribution: options.attribution,
    ...(imagery.registrationErrorM > 0 ? { registrationErrorM: imagery.registrationErrorM } : {}),
  };
  return { metadata, jpeg: painted.jpeg };
}
