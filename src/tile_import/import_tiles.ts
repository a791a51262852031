/**
 * The import itself: paints tile after tile and stores what is new.
 *
 * @module
 */
import { checkZoom, type SlippyTile, tileBounds, zoomForGsd } from "../core/mod.ts";
import type { TileId } from "../tile_cache/contract.ts";
import type { Imagery, ImportOptions, ImportSummary, PaintedTile, TileSink } from "./contract.ts";

/** The zoom at which `imagery` is imported. */
export function importZoom(imagery: Imagery, wanted: number | null): number {
  return imagery.onlyZoom ?? checkZoom(wanted ?? zoomForGsd(imagery.latitudeDeg, imagery.gsdM));
}

/**
 * Imports every tile of `imagery`. Tiles that the store holds already are kept as they are, so that
 * an import that was broken off is finished by running it again.
 */
export async function importTiles(
  imagery: Imagery,
  sink: TileSink,
  options: ImportOptions,
  observe: { progress?: (done: number, total: number) => void; signal?: AbortSignal } = {},
): Promise<ImportSummary> {
  const zoom = importZoom(imagery, options.zoom);
  const tiles = imagery.tiles(zoom);
  const count = { written: 0, kept: 0, empty: 0, partial: 0, bytes: 0 };
  const held: SlippyTile[] = [];
  for (const [index, tile] of tiles.entries()) {
    observe.signal?.throwIfAborted();
    const tileId: TileId = { zoom, x: tile.x, y: tile.y, source: options.source };
    if (await sink.tileExists(tileId)) {
      count.kept++;
      held.push(tile);
    } else {
      const painted = await imagery.paint(tile);
      if (painted) {
        await store(sink, tileId, painted, imagery, options);
        count.written++;
        count.bytes += painted.jpeg.length;
        if (painted.coverage < 1) count.partial++;
        held.push(tile);
      } else {
        count.empty++;
      }
    }
    observe.progress?.(index + 1, tiles.length);
  }
  return {
    zoom,
    source: options.source,
    ...count,
    gsdM: imagery.gsdM,
    bounds: boundsOf(held),
    notes: imagery.notes,
  };
}

async function store(
  sink: TileSink,
  tileId: TileId,
  painted: PaintedTile,
  imagery: Imagery,
  options: ImportOptions,
): Promise<void> {
  await sink.writeTile({
    tileId,
    tileSizePx: 256,
    sourceGsdM: imagery.gsdM,
    capturedAt: options.capturedAt ?? imagery.capturedAt,
    contentSha256: await sha256Hex(painted.jpeg),
    diskBytes: painted.jpeg.length,
    coverage: painted.coverage,
    attribution: options.attribution,
  }, painted.jpeg);
}

async function sha256Hex(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function boundsOf(tiles: readonly SlippyTile[]): ImportSummary["bounds"] {
  if (tiles.length === 0) return null;
  const boxes = tiles.map(tileBounds);
  return {
    southDeg: Math.min(...boxes.map((box) => box.southDeg)),
    westDeg: Math.min(...boxes.map((box) => box.westDeg)),
    northDeg: Math.max(...boxes.map((box) => box.northDeg)),
    eastDeg: Math.max(...boxes.map((box) => box.eastDeg)),
  };
}
