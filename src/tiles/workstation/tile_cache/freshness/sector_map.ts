/**
 * Finds the sectors that a box of ground touches, with an R-tree over their boxes.
 *
 * A tile counts as lying in every sector that its box shares a point with, edges and corners
 * included: where a part of the tile may be stale, the whole tile may be.
 *
 * @module
 */
// @ts-types="@types/rbush"
import RBush, { type BBox } from "rbush";
import type { Bbox, SectorBoundary } from "../../../tile_contract/mod.ts";

/** Degrees; 0.1 mm of ground: rounding must not separate a sector from a tile that it touches. */
const EDGE_DEG = 1e-9;

interface Entry extends BBox {
  readonly sector: SectorBoundary;
}

export class SectorMap {
  readonly #tree = new RBush<Entry>();

  constructor(sectors: readonly SectorBoundary[]) {
    this.#tree.load(sectors.flatMap(entriesOf));
  }

  /** Every sector that the box touches, by name. */
  touching(box: Bbox): readonly SectorBoundary[] {
    const found = new Set<SectorBoundary>();
    for (const part of planarBoxes(box)) {
      for (const { sector } of this.#tree.search(grown(part))) found.add(sector);
    }
    return [...found].sort((a, b) => a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
  }
}

/**
 * The box, and copies shifted by a full turn where it reaches 180°: the meridians -180° and 180°
 * are the same. A box that reaches a pole contains the pole at every longitude.
 */
function entriesOf(sector: SectorBoundary): Entry[] {
  const { southDeg, northDeg } = sector.bbox;
  const turns = planarBoxes(sector.bbox).flatMap((box) =>
    [-360, 0, 360].map((turn) => ({ ...box, minX: box.minX + turn, maxX: box.maxX + turn }))
      .filter(({ minX, maxX }) => minX <= 180 + EDGE_DEG && maxX >= -180 - EDGE_DEG)
  );
  const poles = [90, -90].filter((pole) => southDeg <= pole && northDeg >= pole)
    .map((pole) => ({ minX: -180, maxX: 180, minY: pole, maxY: pole }));
  return [...turns, ...poles].map((box) => ({ ...box, sector }));
}

/** A box over the antimeridian becomes two boxes. */
function planarBoxes({ southDeg, westDeg, northDeg, eastDeg }: Bbox): BBox[] {
  const latitudes = { minY: southDeg, maxY: northDeg };
  return westDeg <= eastDeg ? [{ minX: westDeg, maxX: eastDeg, ...latitudes }] : [
    { minX: westDeg, maxX: 180, ...latitudes },
    { minX: -180, maxX: eastDeg, ...latitudes },
  ];
}

function grown({ minX, minY, maxX, maxY }: BBox): BBox {
  return {
    minX: minX - EDGE_DEG,
    minY: minY - EDGE_DEG,
    maxX: maxX + EDGE_DEG,
    maxY: maxY + EDGE_DEG,
  };
}
