/**
 * Heights laid on a grid in a local frame.
 *
 * @module
 */
import type { LocalFrame, WgsPosition } from "../../core/mod.ts";
import type { GridBounds, GroundBox, HeightGrid, HeightSource } from "./contract.ts";

/** 32 MB. */
const POSTS_MAX = 8_000_000;
const SPACING_MIN_M = 1;

/** Places of the area at which the source has no height. */
interface MissingHeights {
  readonly posts: number;
  readonly missing: number;
  readonly first: { readonly latitudeDeg: number; readonly longitudeDeg: number };
}

/**
 * As fine as the source, within eight million posts. Beyond `area` a place without a height gets that of the
 * nearest place of the area.
 */
export function heightGrid(
  source: HeightSource,
  localFrame: LocalFrame,
  bounds: GridBounds,
  area: GroundBox,
): HeightGrid | MissingHeights {
  let missing = 0;
  let first = { latitudeDeg: NaN, longitudeDeg: NaN };
  const grid = lay(source, localFrame, bounds, (place) => {
    const height = heightNear(source, place, area);
    if (height === null && missing++ === 0) first = place;
    return height;
  });
  return missing === 0 ? grid : { posts: grid.heightM.length, missing, first };
}

/** As far as the source knows them; elsewhere the ground is as high as the lowest of them. */
export function knownHeights(
  source: HeightSource,
  localFrame: LocalFrame,
  bounds: GridBounds,
): HeightGrid {
  const grid = lay(
    source,
    localFrame,
    bounds,
    (place) => source.heightM(place.latitudeDeg, place.longitudeDeg),
  );
  const lowestM = grid.heightM.reduce((low, height) => height < low ? height : low, Infinity);
  return {
    ...grid,
    heightM: grid.heightM.map((height) => Number.isNaN(height) ? lowestM : height),
  };
}

/** NaN where `heightOf` says null. */
function lay(
  { spacingM: sourceSpacingM }: HeightSource,
  localFrame: LocalFrame,
  { eastMinM, eastMaxM, northMinM, northMaxM }: GridBounds,
  heightOf: (place: WgsPosition) => number | null,
): HeightGrid {
  const widthM = eastMaxM - eastMinM, lengthM = northMaxM - northMinM;
  const spacingM = Math.max(
    SPACING_MIN_M,
    sourceSpacingM,
    Math.sqrt(widthM * lengthM / POSTS_MAX),
  );
  const columns = Math.max(2, Math.ceil(widthM / spacingM) + 1);
  const rows = Math.max(2, Math.ceil(lengthM / spacingM) + 1);
  const heightM = new Float32Array(columns * rows);
  for (let row = 0, at = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++, at++) {
      const east = eastMinM + column * spacingM, north = northMinM + row * spacingM;
      heightM[at] = heightOf(localFrame.wgsFromLocal([east, north, 0])) ?? NaN;
    }
  }
  return { westM: eastMinM, southM: northMinM, spacingM, columns, rows, heightM };
}

function heightNear(
  source: HeightSource,
  { latitudeDeg, longitudeDeg }: { latitudeDeg: number; longitudeDeg: number },
  { southDeg, westDeg, northDeg, eastDeg }: GroundBox,
): number | null {
  const height = source.heightM(latitudeDeg, longitudeDeg);
  if (height !== null) return height;
  const nearLatitude = Math.min(northDeg, Math.max(southDeg, latitudeDeg));
  const nearLongitude = Math.min(eastDeg, Math.max(westDeg, longitudeDeg));
  return nearLatitude === latitudeDeg && nearLongitude === longitudeDeg
    ? null
    : source.heightM(nearLatitude, nearLongitude);
}

/** Lowest, highest and mean height, metres. */
export function heightRange({ heightM }: HeightGrid): {
  readonly minimumM: number;
  readonly maximumM: number;
  readonly meanM: number;
} {
  let [minimumM, maximumM, sum] = [Infinity, -Infinity, 0];
  for (const height of heightM) {
    minimumM = Math.min(minimumM, height);
    maximumM = Math.max(maximumM, height);
    sum += height;
  }
  return { minimumM, maximumM, meanM: sum / heightM.length };
}
