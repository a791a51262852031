/**
 * Which values of 16-bit and floating point samples become black and white: the percentiles 1 and 99
 * of all shown samples, because single hot pixels would leave a picture of a few greys.
 *
 * @module
 */
import { DataError } from "../../../../core/mod.ts";
import type { BlockReader } from "./block_reader.ts";
import { isAbsent, type Stretch } from "./colour.ts";

const BLOCKS_MAX = 256;
const VALUES_MAX = 1_000_000;

/** @throws DataError where all samples are equal, or none is a number */
export async function measuredStretch(path: string, picture: BlockReader): Promise<Stretch> {
  const { noData, alphaSample } = picture.layout;
  const present = [];
  for (let i = 0; i < picture.blocks; i++) if (!picture.isSparse(i)) present.push(i);
  const every = Math.max(1, Math.ceil(present.length / BLOCKS_MAX));
  const chosen = present.filter((_, i) => i % every === 0);
  const perBlock = Math.ceil(VALUES_MAX / Math.max(1, chosen.length));
  const values: number[] = [];
  for (const index of chosen) {
    const planes = await picture.planes(index);
    const { column, row, widthPx, rowsPx } = picture.placeOf(index);
    // What a tile has beyond the edges of the picture is filling.
    const insideX = picture.layout.widthPx - column * widthPx;
    const insideY = picture.layout.heightPx - row * picture.layout.blockHeightPx;
    const alpha = planes?.get(alphaSample ?? -1);
    for (const [sample, plane] of planes ?? []) {
      if (sample === alphaSample) continue;
      const absent = noData?.[sample] ?? null;
      const count = widthPx * Math.min(rowsPx, insideY);
      const step = Math.max(1, Math.floor(count * 3 / perBlock));
      for (let i = 0; i < count; i += step) {
        const value = plane.values[plane.offset + i * plane.stride];
        if (i % widthPx >= insideX || !Number.isFinite(value) || isAbsent(value, absent)) continue;
        if (alpha?.values[alpha.offset + i * alpha.stride] === 0) continue;
        values.push(value);
      }
    }
  }
  const sorted = Float64Array.from(values).sort();
  const low = sorted[Math.floor(0.01 * (sorted.length - 1))];
  const high = sorted[Math.ceil(0.99 * (sorted.length - 1))];
  if (high > low) return { low, high };
  throw new DataError(path, "its samples are all equal: there is nothing to be seen on it");
}
