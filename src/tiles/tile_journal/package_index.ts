/**
 * Index of the metadata of a package's tiles, by key and by box, in the records of the tile
 * contract.
 *
 * @module
 */
import type { FlightPackage } from "../../flight/flight_package/mod.ts";
import { packageTilePath } from "../../flight/flight_package/mod.ts";
import {
  checkTileId,
  type TileId,
  tileKey,
  type TileMetadata,
  TileMetadataError,
  type TileRange,
} from "../tile_contract/mod.ts";

/** Tiles by row (y), each row sorted by x: a box reads only its rows. */
export class TileIndex {
  readonly #byKey = new Map<string, TileMetadata>();
  readonly #rows = new Map<string, TileMetadata[]>();

  get(tileId: TileId): TileMetadata | undefined {
    return this.#byKey.get(tileKey(tileId));
  }

  values(): IterableIterator<TileMetadata> {
    return this.#byKey.values();
  }

  set(metadata: TileMetadata): void {
    this.delete(metadata.tileId);
    this.#byKey.set(tileKey(metadata.tileId), metadata);
    const name = rowOf(metadata.tileId);
    const row = this.#rows.get(name);
    if (row === undefined) this.#rows.set(name, [metadata]);
    else row.splice(firstNotBefore(row, metadata.tileId), 0, metadata);
  }

  delete(tileId: TileId): void {
    if (!this.#byKey.delete(tileKey(tileId))) return;
    const row = this.#rows.get(rowOf(tileId)) ?? [];
    row.splice(firstNotBefore(row, tileId), 1);
    if (row.length === 0) this.#rows.delete(rowOf(tileId));
  }

  /** Ordered by y, x and source. */
  within(range: TileRange, zoom: number): TileMetadata[] {
    const found: TileMetadata[] = [];
    for (const y of this.#rowsWithin(range, zoom)) {
      const row = this.#rows.get(`${zoom}/${y}`) ?? [];
      const inRow: TileMetadata[] = [];
      for (const { xMin, xMax } of range.columns) {
        for (let i = firstNotBefore(row, { x: xMin }); i < row.length; i++) {
          if (row[i].tileId.x > xMax) break;
          inRow.push(row[i]);
        }
      }
      found.push(...range.columns.length > 1 ? [...new Set(inRow)].sort(compare) : inRow);
    }
    return found;
  }

  /**
   * A box of the whole world has more rows than there are tiles: then the existing rows are walked.
   */
  #rowsWithin({ yMin, yMax }: TileRange, zoom: number): number[] {
    if (yMax - yMin < this.#rows.size) {
      return Array.from({ length: yMax - yMin + 1 }, (_, i) => yMin + i);
    }
    const prefix = `${zoom}/`;
    return [...this.#rows.keys()].filter((name) => name.startsWith(prefix))
      .map((name) => Number(name.slice(prefix.length)))
      .filter((y) => y >= yMin && y <= yMax)
      .sort((a, b) => a - b);
  }
}

const rowOf = ({ zoom, y }: TileId) => `${zoom}/${y}`;

const text = (one: string, other: string) => one < other ? -1 : one > other ? 1 : 0;

function compare({ tileId: a }: TileMetadata, { tileId: b }: TileMetadata): number {
  return a.x - b.x || text(a.source, b.source) || text(a.flightId ?? "", b.flightId ?? "");
}

/** Index of the first tile not before `id`; of any source when only x is given. */
function firstNotBefore(row: readonly TileMetadata[], id: { x: number } | TileId): number {
  let low = 0, high = row.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const { tileId } = row[middle];
    const order = tileId.x - id.x ||
      ("source" in id
        ? text(tileId.source, id.source) || text(tileId.flightId ?? "", id.flightId ?? "")
        : 0);
    if (order < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** @throws TileMetadataError for a source that is not valid in a cache */
export function packageMetadata(flightPackage: FlightPackage): TileMetadata[] {
  const { manifest, tileMetadata, path } = flightPackage;
  const files = new Map(manifest.files.map((file) => [file.path, file]));
  return tileMetadata.map((tile) => {
    const place = { zoom: manifest.zoom, x: tile.x, y: tile.y };
    const file = files.get(packageTilePath(place));
    if (file === undefined) {
      throw new TileMetadataError(`${path}: manifest.json lists no ${packageTilePath(place)}`);
    }
    return {
      tileId: checkTileId({ ...place, source: tile.source }),
      tileSizePx: 256,
      sourceGsdM: tile.sourceGsdM,
      capturedAt: tile.capturedAt === null ? null : new Date(tile.capturedAt),
      contentSha256: file.sha256,
      diskBytes: file.bytes,
      coverage: tile.coverage,
      attribution: tile.attribution,
    };
  });
}
