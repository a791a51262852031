/**
 * Pictures of another place: what the same camera saw some way back, sharp and credible.
 *
 * @module
 */
import type { Vector3 } from "../../core/mod.ts";

/** A minute and a half at three pictures a second. */
const KEPT_MAX = 270;

interface EarlierPicture {
  readonly positionLocalM: Vector3;
  readonly jpeg: Uint8Array;
}

export class EarlierPictures {
  readonly #kept: EarlierPicture[] = [];

  keep(picture: EarlierPicture): void {
    this.#kept.push(picture);
    if (this.#kept.length > KEPT_MAX) this.#kept.shift();
  }

  /** The newest one taken at least so far away, horizontally; undefined where there is none yet. */
  newestBeyond(distanceM: number, [east, north]: Vector3): Uint8Array | undefined {
    return this.#kept.findLast(({ positionLocalM }) =>
      Math.hypot(positionLocalM[0] - east, positionLocalM[1] - north) >= distanceM
    )?.jpeg;
  }
}
