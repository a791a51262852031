/**
 * Ground sources: ground with a picture on it, flat or raised, which the simulated camera looks at.
 *
 * @module
 */
import type { WgsPosition } from "../../core/mod.ts";
import type { Picture, Relief } from "../../native/vision/mod.ts";
import type { LocalBox } from "./route.ts";

/** A rectangle of ground, in the local frame of the source. */
export interface PatchRequest {
  readonly westM: number;
  readonly southM: number;
  readonly widthPx: number;
  readonly heightPx: number;
  readonly gsdM: number;
}

/** A picture of a rectangle of ground: row 0 is its northern edge, pixels are squares of gsdM. */
export interface GroundPatch {
  readonly picture: Picture;
  readonly westM: number;
  readonly northM: number;
  readonly gsdM: number;
}

/** Ground around `origin` (whose height is the ground's), in the `LocalFrame` of `origin`. */
export interface GroundSource {
  readonly name: string;
  readonly origin: WgsPosition;
  /** The known area of the source; null: everywhere. */
  readonly box: LocalBox | null;
  /** Finest detail, metres per pixel. */
  readonly gsdM: number;
  /** Heights over that of `origin`; absent: flat. */
  readonly relief?: Relief;
  /**
   * Grey or RGB. A source with a `box` may return more or less than requested, but always
   * something: beyond the edges of a patch the camera sees its mirror image.
   */
  patch(request: PatchRequest): Promise<GroundPatch>;
}

/** One picture of the ground: north up, its centre at `origin`. */
export class PictureGround implements GroundSource {
  readonly name: string;
  readonly origin: WgsPosition;
  readonly box: LocalBox;
  readonly gsdM: number;
  readonly #whole: GroundPatch;

  constructor(options: { name: string; picture: Picture; centre: WgsPosition; gsdM: number }) {
    const { picture, gsdM } = options;
    this.name = options.name;
    this.origin = options.centre;
    this.gsdM = gsdM;
    const halfEastM = picture.widthPx * gsdM / 2, halfNorthM = picture.heightPx * gsdM / 2;
    this.box = { westM: -halfEastM, eastM: halfEastM, southM: -halfNorthM, northM: halfNorthM };
    this.#whole = { picture, westM: -halfEastM, northM: halfNorthM, gsdM };
  }

  /** Always returns the whole picture, which is in memory anyway. */
  patch(): Promise<GroundPatch> {
    return Promise.resolve(this.#whole);
  }
}

/** Another ground with heights of its own. */
export class RaisedGround implements GroundSource {
  readonly name: string;
  readonly origin: WgsPosition;
  readonly box: LocalBox | null;
  readonly gsdM: number;
  readonly relief: Relief;
  readonly #flat: GroundSource;

  /** `heightM`: over the ellipsoid, from which the relief counts. */
  constructor(flat: GroundSource, heightM: number, relief: Relief) {
    this.name = `${flat.name} with terrain`;
    this.origin = { ...flat.origin, heightM };
    this.box = flat.box;
    this.gsdM = flat.gsdM;
    this.relief = relief;
    this.#flat = flat;
  }

  patch(request: PatchRequest): Promise<GroundPatch> {
    return this.#flat.patch(request);
  }
}

/** Luma of ITU-R BT.601, as the Y of a JPEG. */
export function greyOf(picture: Picture): Picture {
  if (picture.channels === 1) return picture;
  const { widthPx, heightPx, pixels } = picture;
  const grey = new Uint8Array(widthPx * heightPx);
  for (let i = 0, o = 0; i < grey.length; i++, o += 3) {
    grey[i] = (19595 * pixels[o] + 38470 * pixels[o + 1] + 7471 * pixels[o + 2] + 32768) >> 16;
  }
  return { widthPx, heightPx, channels: 1, pixels: grey };
}
