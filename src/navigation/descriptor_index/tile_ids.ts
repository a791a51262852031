/**
 * A tile's place in the pyramid as one number, for an index that holds one descriptor for each tile
 * place. (An index of several descriptors for a tile, or of tiles of several sources at one place,
 * takes positions in a list of its own.)
 *
 * @module
 */
const ZOOM_MAX = 22;
const AXIS = 2 ** ZOOM_MAX;

interface TilePlace {
  readonly zoom: number;
  readonly x: number;
  readonly y: number;
}

/** 49 bits: 5 of zoom, 22 each of x and y; exact in a JavaScript number and in FAISS's int64. */
export function descriptorIdOfTile({ zoom, x, y }: TilePlace): number {
  const side = 2 ** zoom;
  const whole = [zoom, x, y].every((value) => Number.isInteger(value) && value >= 0);
  if (!whole || zoom > ZOOM_MAX || x >= side || y >= side) {
    throw new RangeError(`${zoom}/${x}/${y} is no tile of the zooms 0 to ${ZOOM_MAX}`);
  }
  return (zoom * AXIS + x) * AXIS + y;
}

/** The inverse. @throws RangeError on a number that no tile has. */
export function tileOfDescriptorId(id: number): TilePlace {
  const place = {
    zoom: Math.floor(id / AXIS / AXIS),
    x: Math.floor(id / AXIS) % AXIS,
    y: id % AXIS,
  };
  if (descriptorIdOfTile(place) !== id) throw new RangeError(`${id} is the number of no tile`);
  return place;
}
