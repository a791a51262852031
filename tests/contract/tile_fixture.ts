/**
 * Tiles for tests: real JPEG structure around bytes from a seed, without a codec.
 *
 * @module
 */
import { seededRandom, sha256Hex } from "../../src/core/mod.ts";
import type { NewTile, TileId, TileMetadata } from "../../src/tiles/tile_contract/mod.ts";

export const FLIGHT_ID = "3f2504e0-4f89-11d3-9a0c-0305e82c3301";

interface MadeTile extends NewTile {
  readonly jpeg: Uint8Array<ArrayBuffer>;
}

/** Start of image, start of frame with a size, a comment of seeded bytes, end of image. */
function makeJpeg(seed: number, widthPx: number, heightPx: number): Uint8Array<ArrayBuffer> {
  const random = seededRandom(seed);
  const comment = new Uint8Array(500 + random.integer(500));
  for (let i = 0; i < comment.length; i++) comment[i] = random.integer(255);
  const word = (value: number) => [value >> 8, value & 0xff];
  return Uint8Array.from([
    ...[0xff, 0xd8, 0xff, 0xc0, ...word(11), 8, ...word(heightPx), ...word(widthPx), 1, 1, 0x11, 0],
    ...[0xff, 0xfe, ...word(comment.length + 2), ...comment],
    ...[0xff, 0xd9],
  ]);
}

/** A tile at zoom 18 unless another is given; the same arguments make the same tile. */
export function makeTile(
  tileId: Partial<TileId>,
  change: Partial<TileMetadata> = {},
  seed = 1,
  size = { widthPx: 256, heightPx: 256 },
): MadeTile {
  const jpeg = makeJpeg(seed, size.widthPx, size.heightPx);
  return {
    metadata: {
      tileId: { zoom: 18, x: 77213, y: 106845, source: "local_import", ...tileId },
      tileSizePx: 256,
      sourceGsdM: 0.5,
      capturedAt: null,
      contentSha256: sha256Hex(jpeg),
      diskBytes: jpeg.length,
      coverage: 0.75,
      attribution: "a person's survey, 'quoted'; 100 %",
      ...change,
    },
    jpeg,
  };
}
