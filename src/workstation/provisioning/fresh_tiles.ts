/**
 * Selects tiles that are fresh enough for the flight: a stale tile of a conflict sector never gets
 * into a package, and one that will be stale later carries its expiry date.
 *
 * @module
 */
import type { TileMetadata } from "../../tiles/tile_contract/mod.ts";
import type { LeftOut, TileFreshness } from "./contract.ts";

export class FreshTiles {
  readonly #freshness: TileFreshness;
  readonly #leftOut = new Map<string, LeftOut>();
  readonly flightAt: Date;

  constructor(freshness: TileFreshness, flightAt: Date | null) {
    this.#freshness = freshness;
    this.flightAt = flightAt ?? freshness.now();
  }

  /** False for a tile that must not be used in flight; it is counted. */
  take(tile: TileMetadata): boolean {
    const { outcome, reason, rule } = this.#freshness.judgeAt(tile, this.flightAt);
    if (outcome !== "rejected") return true;
    const { classification } = rule;
    const key = `${classification} ${reason}`;
    const tiles = (this.#leftOut.get(key)?.tiles ?? 0) + 1;
    this.#leftOut.set(key, { classification, reason, tiles });
    return false;
  }

  /** In a fixed order. */
  get leftOut(): readonly LeftOut[] {
    return [...this.#leftOut].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, entry]) => entry);
  }

  /** ISO 8601; undefined for a tile that never expires. */
  expiryOf(tile: TileMetadata): string | undefined {
    return this.#freshness.judgeAt(tile, this.flightAt).refusedAfter?.toISOString();
  }
}
