/**
 * Keeps the piece of ground under the camera in native memory.
 *
 * @module
 */
import { matrixVector } from "../../core/mod.ts";
import {
  type CameraModel,
  RenderGround,
  type RenderPose,
  type VisionLibrary,
} from "../../native/vision/mod.ts";
import { greyOf, type GroundSource } from "./ground.ts";
import type { LocalBox } from "./route.ts";

/** Rays to the side reach no further than this, in heights above ground. */
const REACH_HEIGHTS = 2.5;
/** Extra ground fetched around a footprint, in heights. */
const MARGIN_HEIGHTS = 0.4;

export class GroundWindow implements Disposable {
  readonly #source: GroundSource;
  readonly #vision: VisionLibrary;
  readonly #intrinsics: CameraModel;
  readonly #gsdM: number;
  /** Of the ground, over up = 0: from there a camera sees furthest. */
  readonly #lowestM: number;
  #loaded: RenderGround | null = null;
  #box: LocalBox | null = null;

  constructor(
    source: GroundSource,
    camera: { vision: VisionLibrary; intrinsics: CameraModel; gsdM: number },
  ) {
    this.#source = source;
    this.#vision = camera.vision;
    this.#intrinsics = camera.intrinsics;
    this.#gsdM = Math.max(source.gsdM, camera.gsdM);
    let lowestM = 0;
    for (const upM of source.relief?.upM ?? []) lowestM = Math.min(lowestM, upM);
    this.#lowestM = lowestM;
  }

  /**
   * The ground under an exposure; `settle` waits for the pictures that still use the previous
   * piece.
   */
  async under(
    moments: readonly RenderPose[],
    settle: () => Promise<unknown>,
  ): Promise<RenderGround> {
    const seen = needed(
      seenBox(moments, this.#intrinsics, this.#lowestM),
      0,
      this.#source.box,
    );
    if (this.#loaded !== null && this.#box !== null && contains(this.#box, seen)) {
      return this.#loaded;
    }
    await settle();
    this.#loaded?.close();
    this.#loaded = null;
    const marginM = MARGIN_HEIGHTS * moments[0].positionLocalM[2];
    const wanted = needed(seen, marginM, this.#source.box);
    const patch = await this.#source.patch({
      westM: wanted.westM,
      southM: wanted.southM,
      widthPx: Math.ceil((wanted.eastM - wanted.westM) / this.#gsdM),
      heightPx: Math.ceil((wanted.northM - wanted.southM) / this.#gsdM),
      gsdM: this.#gsdM,
    });
    this.#box = wanted;
    this.#loaded = new RenderGround(this.#vision, greyOf(patch.picture), patch);
    if (this.#source.relief !== undefined) this.#loaded.raise(this.#source.relief);
    return this.#loaded;
  }

  [Symbol.dispose](): void {
    this.#loaded?.close();
    this.#loaded = null;
  }
}

/**
 * The ground that must be available to draw `seen`: `marginM` more on each side, and at an edge of
 * the ground as much inside of it as is seen beyond it, for the mirror image.
 */
function needed(seen: LocalBox, marginM: number, edges: LocalBox | null): LocalBox {
  const beyondM = edges === null ? 0 : Math.max(
    0,
    edges.westM - seen.westM,
    seen.eastM - edges.eastM,
    edges.southM - seen.southM,
    seen.northM - edges.northM,
  );
  const grownM = marginM + beyondM;
  const grown = {
    westM: seen.westM - grownM,
    southM: seen.southM - grownM,
    eastM: seen.eastM + grownM,
    northM: seen.northM + grownM,
  };
  if (edges === null) return grown;
  return {
    westM: Math.max(edges.westM, grown.westM),
    southM: Math.max(edges.southM, grown.southM),
    eastM: Math.min(edges.eastM, grown.eastM),
    northM: Math.min(edges.northM, grown.northM),
  };
}

function contains(outer: LocalBox, inner: LocalBox): boolean {
  return inner.westM >= outer.westM && inner.eastM <= outer.eastM &&
    inner.southM >= outer.southM && inner.northM <= outer.northM;
}

/** Bounds of what the first and the last moment see, from rays along the picture's edge. */
function seenBox(
  moments: readonly RenderPose[],
  camera: CameraModel,
  lowestM: number,
): LocalBox {
  let [west, south, east, north] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const pose of [moments[0], moments[moments.length - 1]]) {
    const [e, n, up] = pose.positionLocalM, height = up - lowestM;
    for (const u of [0, 0.5, 1]) {
      for (const v of [0, 0.5, 1]) {
        // 4 % more than the pinhole model: barrel distortion sees slightly further out.
        const x = 1.04 * (u * camera.widthPx - camera.cxPx) / camera.fxPx;
        const y = 1.04 * (v * camera.heightPx - camera.cyPx) / camera.fyPx;
        const ray = matrixVector(pose.localFromCamera, [x, y, 1]);
        const sideways = Math.hypot(ray[0], ray[1]);
        const reach = ray[2] < 0 ? Math.min(REACH_HEIGHTS, sideways / -ray[2]) : REACH_HEIGHTS;
        const scale = sideways > 0 ? reach * height / sideways : 0;
        west = Math.min(west, e + scale * ray[0]);
        east = Math.max(east, e + scale * ray[0]);
        south = Math.min(south, n + scale * ray[1]);
        north = Math.max(north, n + scale * ray[1]);
      }
    }
  }
  return { westM: west, southM: south, eastM: east, northM: north };
}
