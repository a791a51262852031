/**
 * The tiles that the provider has accepted, with the newest of each place.
 *
 * @module
 */

interface AcceptedTile {
  readonly tileId: string;
  readonly contentSha256: string;
  readonly captureTimestampNs: bigint;
  readonly place: string;
}

export class AcceptedTiles {
  readonly #folder: string | null;
  readonly #byId = new Map<string, AcceptedTile>();
  readonly #newest = new Map<string, bigint>();
  /** How often a tile was accepted: more than once means an error. */
  readonly acceptances = new Map<string, number>();

  constructor(folder: string | null) {
    this.#folder = folder;
  }

  /** `duplicate`: it is here already; `superseded`: a newer tile of its place is. */
  async take(
    tile: AcceptedTile,
    jpeg: Uint8Array,
  ): Promise<"queued" | "duplicate" | "superseded"> {
    if (this.#byId.has(tile.tileId)) return "duplicate";
    this.#byId.set(tile.tileId, tile);
    this.acceptances.set(tile.tileId, (this.acceptances.get(tile.tileId) ?? 0) + 1);
    const newest = this.#newest.get(tile.place);
    if (newest !== undefined && newest > tile.captureTimestampNs) return "superseded";
    this.#newest.set(tile.place, tile.captureTimestampNs);
    if (this.#folder !== null) {
      await Deno.mkdir(this.#folder, { recursive: true });
      await Deno.writeFile(`${this.#folder}/${tile.tileId}.jpg`, jpeg);
    }
    return "queued";
  }

  get count(): number {
    return this.#byId.size;
  }
}
