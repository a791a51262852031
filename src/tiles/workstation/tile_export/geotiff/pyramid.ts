/**
 * Paints a mosaic and its overviews depth first: an overview tile is made from the four below it as
 * soon as they exist, so that a few dozen tiles are held, however large the area is.
 *
 * @module
 */

export const SIDE_PX = 256;
const CHANNELS = 4;
export const SQUARE_BYTES = SIDE_PX * SIDE_PX * CHANNELS;

/** Range of slippy tiles that the mosaic covers. */
export interface MosaicRange {
  readonly zoom: number;
  readonly xMin: number;
  readonly yMin: number;
  readonly columns: number;
  readonly rows: number;
}

/** One level: 0 is the full resolution, each further one has half of it. */
export interface Level {
  readonly level: number;
  readonly widthPx: number;
  readonly heightPx: number;
  readonly columns: number;
  readonly rows: number;
}

/** Number of levels up to the one that is a single tile. */
export function levelsOf(range: MosaicRange): readonly Level[] {
  const levels: Level[] = [];
  for (let level = 0;; level++) {
    const widthPx = Math.ceil(range.columns * SIDE_PX / 2 ** level);
    const heightPx = Math.ceil(range.rows * SIDE_PX / 2 ** level);
    const columns = Math.ceil(widthPx / SIDE_PX), rows = Math.ceil(heightPx / SIDE_PX);
    levels.push({ level, widthPx, heightPx, columns, rows });
    if (columns === 1 && rows === 1) return levels;
  }
}

/** RGBA pixels of a tile; null when it is empty. */
type Square = Uint8Array<ArrayBuffer> | null;

interface PyramidParts {
  /** The tile in that column and row of level 0. */
  readonly read: (column: number, row: number) => Promise<Square>;
  /** Loads everything below a tile of level `BLOCK_LEVEL`; false: there is nothing. */
  readonly open: (column: number, row: number) => Promise<boolean>;
  /** Called for each tile that is not empty, the four parts before the overview. */
  readonly write: (level: number, column: number, row: number, pixels: Uint8Array) => Promise<void>;
}

/** A tile of this level covers 16 × 16 tiles. */
export const BLOCK_LEVEL = 4;

export async function paintPyramid(
  levels: readonly Level[],
  parts: PyramidParts,
): Promise<void> {
  const top = levels.length - 1;
  const paint = async (level: number, column: number, row: number): Promise<Square> => {
    if (column >= levels[level].columns || row >= levels[level].rows) return null;
    const opens = level === BLOCK_LEVEL || level === top && top < BLOCK_LEVEL;
    if (opens && !await parts.open(column, row)) return null;
    const square = level === 0 ? await parts.read(column, row) : await quarters(level, column, row);
    if (square !== null) await parts.write(level, column, row, square);
    return square;
  };
  const quarters = async (level: number, column: number, row: number): Promise<Square> => {
    const square = new Uint8Array(SQUARE_BYTES);
    let something = false;
    for (const [right, down] of [[0, 0], [1, 0], [0, 1], [1, 1]]) {
      const quarter = await paint(level - 1, 2 * column + right, 2 * row + down);
      if (quarter === null) continue;
      halveInto(quarter, square, right * SIDE_PX / 2, down * SIDE_PX / 2);
      something = true;
    }
    return something ? square : null;
  };
  await paint(top, 0, 0);
}

/** Every pixel is the mean of those of the four under it that are not empty. */
function halveInto(from: Uint8Array, to: Uint8Array, left: number, top: number): void {
  for (let y = 0; y < SIDE_PX / 2; y++) {
    for (let x = 0; x < SIDE_PX / 2; x++) {
      const at = (2 * y * SIDE_PX + 2 * x) * CHANNELS;
      averageFour(from, at, to, ((top + y) * SIDE_PX + left + x) * CHANNELS);
    }
  }
}

function averageFour(from: Uint8Array, at: number, to: Uint8Array, target: number): void {
  let red = 0, green = 0, blue = 0, count = 0;
  for (let corner = 0; corner < 4; corner++) {
    const i = at + (corner & 1) * CHANNELS + (corner >> 1) * SIDE_PX * CHANNELS;
    if (from[i + 3] === 0) continue;
    red += from[i];
    green += from[i + 1];
    blue += from[i + 2];
    count++;
  }
  if (count === 0) return;
  to[target] = Math.round(red / count);
  to[target + 1] = Math.round(green / count);
  to[target + 2] = Math.round(blue / count);
  to[target + 3] = 255;
}
