/**
 * Imagery from nadir photographs projected onto flat ground: each pixel is taken from the
 * photograph whose centre is nearest.
 *
 * @module
 */
import {
  groundSampleDistanceM,
  type SlippyTile,
  TILE_SIZE_PX,
  wgsFromWorldPixel,
} from "../../../core/mod.ts";
import {
  type CameraView,
  frameFootprint,
  type GroundPosition,
  tileProjection,
} from "../../orthorectification/mod.ts";
import { emptyCanvas, encodeCanvas, type SquareCanvas, type TileToolkit } from "./canvas.ts";
import type { Imagery, PaintedTile } from "./contract.ts";
import {
  gsdOf,
  middleOf,
  PhotographPixelCache,
  type PhotographSet,
  type PlacedPhotograph,
  type Placement,
  scaleKnots,
  viewOf,
} from "./photograph_set.ts";
import { tilesUnderOutline } from "./outline.ts";

/** Positions along each side of a frame's footprint. */
const OUTLINE_STEPS = 8;

interface Layer {
  readonly photograph: PlacedPhotograph;
  readonly view: CameraView;
  readonly middle: GroundPosition;
  readonly outline: readonly GroundPosition[];
}

export class PhotographImagery implements Imagery {
  readonly gsdM: number;
  readonly latitudeDeg: number;
  readonly registrationErrorM: number;
  readonly capturedAt: Date | null;
  readonly notes: readonly string[];
  readonly #set: PhotographSet;
  readonly #layers: readonly Layer[];
  readonly #toolkit: TileToolkit;
  readonly #cache: PhotographPixelCache;

  constructor(
    set: PhotographSet,
    { placements, registrationErrorM }: {
      readonly placements: readonly Placement[];
      readonly registrationErrorM: number;
    },
    toolkit: TileToolkit,
    notes: readonly string[] = [],
  ) {
    this.#set = set;
    this.registrationErrorM = registrationErrorM;
    this.#toolkit = toolkit;
    this.#cache = new PhotographPixelCache(toolkit);
    this.notes = notes;
    this.#layers = set.photographs.map((photograph, index) => {
      const view = viewOf(photograph, placements[index]);
      const outline = frameFootprint(toolkit.lens, view, 0, OUTLINE_STEPS);
      // Only a lens whose distortion bends its rim far outwards would still show the horizon.
      return { photograph, view, middle: middleOf(toolkit.lens, view), outline: outline ?? [] };
    }).filter((layer) => layer.outline.length > 0);
    const gsds = set.photographs.map(gsdOf).sort((a, b) => a - b);
    this.gsdM = gsds[gsds.length >> 1];
    this.latitudeDeg = set.localFrame.origin.latitudeDeg;
    this.capturedAt = earliest(set);
  }

  /**
   * In Morton order: consecutive tiles are neighbours, so that few photographs are decoded twice.
   */
  tiles(zoom: number): readonly SlippyTile[] {
    const found = new Map<string, SlippyTile>();
    for (const layer of this.#layers) {
      const outline = layer.outline.map(([east, north]) =>
        this.#set.localFrame.wgsFromLocal([east, north, 0])
      );
      for (const tile of tilesUnderOutline(outline, zoom)) found.set(`${tile.x}/${tile.y}`, tile);
    }
    return [...found.values()].map((tile) => ({ tile, key: mortonKey(tile.x, tile.y) }))
      .sort((a, b) => a.key < b.key ? -1 : 1).map(({ tile }) => tile);
  }

  async paint(tile: SlippyTile): Promise<PaintedTile | null> {
    const ground = this.#groundOf(tile);
    const reachM = ground.halfDiagonalM;
    const order = this.#layers.map((layer) => ({
      layer,
      distanceM: Math.hypot(
        layer.middle[0] - ground.middle[0],
        layer.middle[1] - ground.middle[1],
      ),
    })).filter(({ layer, distanceM }) => distanceM < reachM + radiusM(layer))
      .sort((a, b) => a.distanceM - b.distanceM);
    const canvas = emptyCanvas();
    const nearestM = new Float64Array(TILE_SIZE_PX * TILE_SIZE_PX).fill(Infinity);
    let worstM = Infinity;
    for (const { layer, distanceM } of order) {
      if (distanceM - reachM > worstM) break;
      worstM = await this.#add(layer, tile, ground, canvas, nearestM);
    }
    return await encodeCanvas(this.#toolkit, canvas);
  }

  /** Paints where `layer` is the nearest so far; returns the greatest value of `nearestM`. */
  async #add(
    layer: Layer,
    tile: SlippyTile,
    ground: TileGround,
    canvas: SquareCanvas,
    nearestM: Float64Array,
  ): Promise<number> {
    const grid = tileProjection(this.#toolkit.lens, layer.view, tile, this.#set.localFrame, 0);
    const denominator = decodeDenominator(ground.gsdM / gsdOf(layer.photograph));
    scaleKnots(grid.sourcePx, denominator);
    const source = await this.#cache.get(layer.photograph.file, denominator);
    const size = { widthPx: TILE_SIZE_PX, heightPx: TILE_SIZE_PX };
    const warped = await this.#toolkit.warp(source, grid, size);
    let worstM = 0;
    for (let i = 0; i < nearestM.length; i++) {
      if (warped.coverage[i]) {
        const east = ground.west + (i % TILE_SIZE_PX + 0.5) * ground.eastPerPx;
        const north = ground.north - (Math.floor(i / TILE_SIZE_PX) + 0.5) * ground.northPerPx;
        const distanceM = Math.hypot(east - layer.middle[0], north - layer.middle[1]);
        if (distanceM < nearestM[i]) {
          nearestM[i] = distanceM;
          canvas.coverage[i] = 255;
          for (let c = 3 * i; c < 3 * i + 3; c++) canvas.pixels[c] = warped.pixels[c];
        }
      }
      worstM = Math.max(worstM, nearestM[i]);
    }
    return worstM;
  }

  #groundOf(tile: SlippyTile): TileGround {
    const corner = (x: number, y: number) => {
      const at = wgsFromWorldPixel({ x: x * TILE_SIZE_PX, y: y * TILE_SIZE_PX }, tile.zoom);
      return this.#set.localFrame.localFromWgs({ ...at, heightM: 0 });
    };
    const [west, north] = corner(tile.x, tile.y);
    const [east, south] = corner(tile.x + 1, tile.y + 1);
    return {
      west,
      north,
      eastPerPx: (east - west) / TILE_SIZE_PX,
      northPerPx: (north - south) / TILE_SIZE_PX,
      middle: [(west + east) / 2, (north + south) / 2],
      halfDiagonalM: Math.hypot(east - west, north - south) / 2,
      gsdM: groundSampleDistanceM(this.latitudeDeg, tile.zoom),
    };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }
}

/**
 * A tile in the local frame of reference; straight enough over one tile to choose among
 * photographs.
 */
interface TileGround {
  readonly west: number;
  readonly north: number;
  readonly eastPerPx: number;
  readonly northPerPx: number;
  readonly middle: GroundPosition;
  readonly halfDiagonalM: number;
  readonly gsdM: number;
}

function radiusM(layer: Layer): number {
  return Math.max(
    ...layer.outline.map(([east, north]) =>
      Math.hypot(east - layer.middle[0], north - layer.middle[1])
    ),
  );
}

/**
 * Decoding at a smaller size averages boxes exactly: used while two source pixels remain for each
 * of ours.
 */
function decodeDenominator(shrink: number): 1 | 2 | 4 | 8 {
  return shrink >= 16 ? 8 : shrink >= 8 ? 4 : shrink >= 4 ? 2 : 1;
}

function mortonKey(x: number, y: number): bigint {
  let key = 0n;
  for (let bit = 0; bit < 22; bit++) {
    key |= BigInt((x >> bit) & 1) << BigInt(2 * bit);
    key |= BigInt((y >> bit) & 1) << BigInt(2 * bit + 1);
  }
  return key;
}

/** The ground is dated by the earliest photograph, the safe side. */
function earliest(set: PhotographSet): Date | null {
  const times = set.photographs.map(({ file }) => file.photograph.capturedAt?.getTime() ?? NaN);
  const first = Math.min(...times);
  return Number.isFinite(first) ? new Date(first) : null;
}
