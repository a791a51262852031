/**
 * The ground below the camera as a slippy tile and its surroundings should show it.
 *
 * @module
 */
import { LocalFrame, type SlippyTile } from "../../../src/core/mod.ts";
import {
  greyOf,
  type GroundPatch,
  type GroundSource,
  PictureGround,
  ProceduralGround,
  readRasterFile,
} from "../../../src/workstation/simulation/mod.ts";
import type { FlightCase } from "../cases.ts";
import { GROUND_HEIGHT_M } from "../../../src/workstation/evaluation/mod.ts";
import { nearbyGround, SIDE_PX } from "./mercator_area.ts";
import type { Raster } from "./registration.ts";

/** The true ground of a case, not its map, which is older. */
export async function worldOf({ ground }: FlightCase): Promise<GroundSource> {
  const [latitudeDeg, longitudeDeg] = ground.centre.split(",").map(Number);
  const centre = { latitudeDeg, longitudeDeg, heightM: GROUND_HEIGHT_M };
  if (ground.kind === "procedural") {
    return new ProceduralGround({ seed: String(ground.seed), centre, season: "world" });
  }
  const picture = await readRasterFile(ground.world);
  return new PictureGround({ name: ground.world, picture, centre, gsdM: ground.gsdM });
}

export class GroundView {
  readonly frame: LocalFrame;
  readonly #world: GroundSource;
  #whole: GroundPatch | null = null;

  constructor(world: GroundSource) {
    this.#world = world;
    this.frame = new LocalFrame(world.origin);
  }

  /** Whether the whole tile shows known ground, not its mirror image beyond the edge. */
  shows(tile: SlippyTile): boolean {
    const { box } = this.#world;
    if (box === null) return true;
    const at = nearbyGround(tile, this.frame, 0);
    return [[0, 0], [SIDE_PX, 0], [0, SIDE_PX], [SIDE_PX, SIDE_PX]].every(([column, row]) => {
      const [east, north] = at(column, row);
      return east >= box.westM && east <= box.eastM && north >= box.southM && north <= box.northM;
    });
  }

  /** The tile with `reachPx` of its pixels more on each side, one sample for `stepPx` × `stepPx`. */
  async around(tile: SlippyTile, reachPx: number, stepPx: number): Promise<Raster> {
    const at = nearbyGround(tile, this.frame, reachPx);
    const patch = await this.#patch(at, reachPx, stepPx);
    const side = Math.floor((SIDE_PX + 2 * reachPx) / stepPx);
    const grey = new Float32Array(side * side);
    for (let row = 0; row < side; row++) {
      for (let column = 0; column < side; column++) {
        const [east, north] = at(
          (column + 0.5) * stepPx - reachPx,
          (row + 0.5) * stepPx - reachPx,
        );
        grey[row * side + column] = sample(patch, east, north);
      }
    }
    return { widthPx: side, heightPx: side, grey };
  }

  async #patch(
    at: (columnPx: number, rowPx: number) => readonly [number, number],
    reachPx: number,
    stepPx: number,
  ): Promise<GroundPatch> {
    if (this.#world.box !== null && this.#whole !== null) return this.#whole;
    const [west, south] = at(-reachPx, SIDE_PX + reachPx);
    const [east, north] = at(SIDE_PX + reachPx, -reachPx);
    const gsdM = Math.max(this.#world.gsdM, stepPx * (east - west) / (SIDE_PX + 2 * reachPx));
    const marginM = 4 * gsdM;
    const patch = await this.#world.patch({
      westM: west - marginM,
      southM: south - marginM,
      widthPx: Math.ceil((east - west + 2 * marginM) / gsdM),
      heightPx: Math.ceil((north - south + 2 * marginM) / gsdM),
      gsdM,
    });
    const grey = { ...patch, picture: greyOf(patch.picture) };
    if (this.#world.box !== null) this.#whole = grey;
    return grey;
  }
}

/** Bilinear; beyond the edge the mirror image, as the simulated camera sees it. */
function sample(
  { picture, westM, northM, gsdM }: GroundPatch,
  east: number,
  north: number,
): number {
  const { widthPx, heightPx, pixels } = picture;
  const x = (east - westM) / gsdM - 0.5, y = (northM - north) / gsdM - 0.5;
  const x0 = Math.floor(x), y0 = Math.floor(y), u = x - x0, v = y - y0;
  const column0 = mirrored(x0, widthPx), column1 = mirrored(x0 + 1, widthPx);
  const row0 = mirrored(y0, heightPx) * widthPx, row1 = mirrored(y0 + 1, heightPx) * widthPx;
  return (1 - v) * ((1 - u) * pixels[row0 + column0] + u * pixels[row0 + column1]) +
    v * ((1 - u) * pixels[row1 + column0] + u * pixels[row1 + column1]);
}

function mirrored(index: number, count: number): number {
  const period = 2 * count, at = ((index % period) + period) % period;
  return at < count ? at : period - 1 - at;
}
