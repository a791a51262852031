/**
 * A picture that a provider sends at many places shows no ground: it is what the provider shows where it has
 * none ("no imagery here"), or plain water.
 *
 * @module
 */
import type { TileId } from "../../../tile_contract/mod.ts";

/** Places with the same bytes. Pictures of ground are not even equal at two. */
const PLACES = 8;
/** Of the latest pictures places are known; about 200 bytes each. */
const PICTURES_MAX = 100_000;

export class Placeholders {
  readonly #places = new Map<string, TileId[]>();
  readonly #found = new Set<string>();
  #count = 0;

  /** Tiles that were such pictures. */
  get count(): number {
    return this.#count;
  }

  /** Notes a picture of one place; whether it is a placeholder by now. */
  add(sha256: string, tileId: TileId): boolean {
    if (this.#found.has(sha256)) {
      this.#count++;
      return true;
    }
    const places = this.#places.get(sha256) ?? [];
    places.push(tileId);
    // The last entry of the map is the latest.
    this.#places.delete(sha256);
    this.#places.set(sha256, places);
    if (places.length >= PLACES) {
      this.#found.add(sha256);
      this.#count += places.length;
      return true;
    }
    const [oldest] = this.#places.keys();
    if (this.#places.size > PICTURES_MAX) this.#places.delete(oldest);
    return false;
  }

  /** The tiles that were taken for ground before it was known. */
  takenForGround(): readonly TileId[] {
    return [...this.#found].flatMap((sha256) =>
      (this.#places.get(sha256) ?? []).slice(0, PLACES - 1)
    );
  }
}
