/** Tiles in memory for the export's tests, with pictures that are real JPEGs. */
import sharp from "sharp";
import { seededRandom, sha256Hex, type SlippyTile } from "../../src/core/mod.ts";
import { type TileMetadata, tileRange } from "../../src/tiles/tile_contract/mod.ts";
import type {
  ExportableTiles,
  TileSelection,
} from "../../src/tiles/workstation/tile_export/mod.ts";

export type Picture = Uint8Array<ArrayBuffer>;

/** A smooth picture of 256 × 256 pixels, the same for the same seed. */
export async function makePicture(seed: number, format: "jpeg" | "png" | "webp" = "jpeg") {
  const random = seededRandom(seed);
  const phases = Array.from({ length: 6 }, () => 6 * random.uniform());
  const raw = new Uint8Array(256 * 256 * 3);
  for (let i = 0; i < raw.length; i++) {
    const x = Math.floor(i / 3) % 256, y = Math.floor(i / 768), c = i % 3;
    raw[i] = 128 + 60 * Math.sin(x / 20 + phases[c]) + 60 * Math.cos(y / 15 + phases[3 + c]);
  }
  const image = sharp(raw, { raw: { width: 256, height: 256, channels: 3 } });
  return new Uint8Array(await image.toFormat(format, { quality: 80 }).toBuffer());
}

/** A cache in memory that can lose a file. */
export class MemoryTiles implements ExportableTiles {
  readonly tiles = new Map<string, { metadata: TileMetadata; jpeg: Picture }>();

  add(tile: SlippyTile, jpeg: Picture, change: Partial<TileMetadata> = {}): void {
    const metadata = {
      tileId: { ...tile, source: "bing" },
      tileSizePx: 256 as const,
      sourceGsdM: 0.5,
      capturedAt: new Date("2024-05-31"),
      contentSha256: sha256Hex(jpeg),
      diskBytes: jpeg.length,
      coverage: 1,
      attribution: "a survey",
      ...change,
    };
    this.tiles.set(MemoryTiles.key(tile), { metadata, jpeg });
  }

  static key({ zoom, x, y }: SlippyTile): string {
    return `${zoom}/${x}/${y}`;
  }

  async *list(selection: TileSelection): AsyncGenerator<TileMetadata> {
    const all = [...this.tiles.values()].map(({ metadata }) => metadata)
      .filter(({ tileId }) => selection.zoom === undefined || tileId.zoom === selection.zoom)
      .filter(({ tileId: { zoom, x, y } }) => {
        if (selection.bbox === undefined) return true;
        const { yMin, yMax, columns } = tileRange(selection.bbox, zoom);
        return y >= yMin && y <= yMax && columns.some((c) => x >= c.xMin && x <= c.xMax);
      })
      .sort(({ tileId: a }, { tileId: b }) => a.zoom - b.zoom || a.y - b.y || a.x - b.x);
    yield* all;
  }

  // deno-lint-ignore require-await
  async readFile({ tileId }: Pick<TileMetadata, "tileId">): Promise<Picture> {
    const tile = this.tiles.get(MemoryTiles.key(tileId));
    if (tile === undefined) throw new Error(`the file of ${MemoryTiles.key(tileId)} is gone`);
    return tile.jpeg;
  }
}

export function namesIn(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map((entry) => entry.name).sort();
}
