/**
 * Cuts north-up squares of ground out of the map, at a fixed number of pixels.
 *
 * @module
 */
import type { Matrix3 } from "../../core/mod.ts";
import type { MapSource } from "../../navigation/map/mod.ts";
import { type GreyPatch, type VisionLibrary, warpHomography } from "../../native/vision/mod.ts";
import type { PlaceCentre } from "./place_grid.ts";

/** A patch with less map than this describes its holes more than its place. */
const PATCH_COVERAGE_MIN = 0.6;

export class PatchRenderer {
  readonly #map: MapSource;
  readonly #vision: VisionLibrary;
  readonly #patchPx: number;

  constructor(map: MapSource, vision: VisionLibrary, patchPx: number) {
    this.#map = map;
    this.#vision = vision;
    this.#patchPx = patchPx;
  }

  /**
   * The square around a centre, turned by `turnRad` (clockwise) and `scale` times as large; null
   * when too little of it is covered by the map.
   */
  async render(centre: PlaceCentre, turnRad = 0, scale = 1): Promise<GreyPatch | null> {
    const { eastM, northM } = centre;
    const patchPx = this.#patchPx;
    const gsdM = centre.sideM * scale / patchPx;
    const reachM = centre.sideM * scale / 2 *
      (Math.abs(Math.cos(turnRad)) + Math.abs(Math.sin(turnRad)));
    const window = await this.#map.window(eastM, northM, reachM + 2 * gsdM, gsdM);
    if (window === null) return null;
    const { mosaic } = window;
    const [ue, un, u0, ve, vn, v0] = mosaic.pixelFromLocal;
    // Patch pixel → metres from the centre (column east, row south, turned) → mosaic pixel.
    const c = Math.cos(turnRad) * gsdM, s = Math.sin(turnRad) * gsdM;
    const middle = (patchPx - 1) / 2;
    const originEastM = centre.eastM - window.originEastM,
      originNorthM = centre.northM - window.originNorthM;
    const east = [c, -s, originEastM - c * middle + s * middle];
    const north = [-s, -c, originNorthM + s * middle + c * middle];
    const mosaicFromPatch: Matrix3 = [
      ue * east[0] + un * north[0],
      ue * east[1] + un * north[1],
      ue * east[2] + un * north[2] + u0,
      ve * east[0] + vn * north[0],
      ve * east[1] + vn * north[1],
      ve * east[2] + vn * north[2] + v0,
      0,
      0,
      1,
    ];
    const { pixels, coverage } = await warpHomography(
      this.#vision,
      { ...mosaic, channels: 1 },
      mosaicFromPatch,
      { widthPx: patchPx, heightPx: patchPx, sourceMask: mosaic.valid },
    );
    let covered = 0;
    for (const value of coverage) if (value !== 0) covered++;
    if (covered < PATCH_COVERAGE_MIN * coverage.length) return null;
    return { widthPx: patchPx, heightPx: patchPx, pixels, valid: coverage };
  }
}
