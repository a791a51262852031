/**
 * Draws the coverage of an area as text: what is covered, and where the holes are.
 *
 * @module
 */
import type { TileRectangle } from "./select_tiles.ts";

const COLUMNS_MAX = 64;
const ROWS_MAX = 24;

/**
 * `#` all tiles present and full, `+` some ground missing, `.` no tile; north is up. For larger
 * areas a character stands for several tiles.
 */
export function coverageMap(
  rectangle: TileRectangle,
  tiles: readonly { readonly x: number; readonly y: number; readonly coverage: number }[],
): string[] {
  const { xMin, xMax, yMin, yMax } = rectangle;
  const width = xMax - xMin, height = yMax - yMin;
  // A character is about twice as high as wide: one column for two rows keeps the aspect ratio.
  const tilesPerColumn = Math.ceil(Math.max(width / COLUMNS_MAX, height / (2 * ROWS_MAX)));
  const tilesPerRow = tilesPerColumn === 1 ? Math.ceil(height / ROWS_MAX) : 2 * tilesPerColumn;
  const columns = Math.ceil(width / tilesPerColumn), rows = Math.ceil(height / tilesPerRow);
  const covered = new Float64Array(columns * rows), possible = new Float64Array(columns * rows);
  const cell = (x: number, y: number) =>
    Math.floor((y - yMin) / tilesPerRow) * columns + Math.floor((x - xMin) / tilesPerColumn);
  for (let y = yMin; y < yMax; y++) for (let x = xMin; x < xMax; x++) possible[cell(x, y)]++;
  for (const { x, y, coverage } of tiles) covered[cell(x, y)] += coverage;
  return Array.from({ length: rows }, (_, row) => {
    let line = "";
    for (let i = row * columns; i < (row + 1) * columns; i++) {
      line += covered[i] === 0 ? "." : covered[i] >= possible[i] - 1e-9 ? "#" : "+";
    }
    return line;
  });
}
