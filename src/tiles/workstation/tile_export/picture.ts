/**
 * Pictures of archives: a tile's own JPEG, or a PNG with alpha where only a part of the tile is ground.
 *
 * @module
 */
import sharp from "sharp";
import { TILE_SIZE_PX } from "../../../core/mod.ts";
import { coverageMaskOf } from "../../tile_contract/mod.ts";

interface ArchivePicture {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly extension: "jpg" | "png";
}

/** The same bytes for the same JPEG. */
export async function archivePicture(jpeg: Uint8Array<ArrayBuffer>): Promise<ArchivePicture> {
  const mask = coverageMaskOf(jpeg);
  if (mask === null) return { bytes: jpeg, extension: "jpg" };
  const rgb = await sharp(jpeg, { failOn: "error" }).toColourspace("srgb").removeAlpha()
    .raw({ depth: "uchar" }).toBuffer();
  const raw = { width: TILE_SIZE_PX, height: TILE_SIZE_PX, channels: 4 } as const;
  const png = await sharp(withAlpha(rgb, mask), { raw }).png().toBuffer();
  return { bytes: new Uint8Array(png), extension: "png" };
}

/** RGBA; transparent pixels are black. */
export function withAlpha(rgb: Uint8Array, mask: Uint8Array | null): Uint8Array<ArrayBuffer> {
  const rgba = new Uint8Array(rgb.length / 3 * 4);
  for (let i = 0, from = 0, to = 0; to < rgba.length; i++, from += 3, to += 4) {
    if (mask !== null && mask[i] === 0) continue;
    rgba[to] = rgb[from];
    rgba[to + 1] = rgb[from + 1];
    rgba[to + 2] = rgb[from + 2];
    rgba[to + 3] = 255;
  }
  return rgba;
}
