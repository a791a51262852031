/**
 * Collects an archive's metadata while its tiles are written.
 *
 * @module
 */
import { tileBounds } from "../../../core/mod.ts";
import type { Bbox, TileMetadata } from "../../tile_contract/mod.ts";

/** Largest number of different attributions that are kept. */
const ATTRIBUTIONS_MAX = 20;

export class ExportFacts {
  tiles = 0;
  readonly #zooms = new Set<number>();
  readonly #attributions = new Set<string>();
  #bounds: Bbox | null = null;
  #oldest: Date | null = null;
  #undated = false;
  #registrationErrorM = 0;
  /** Whether a picture was written as PNG: that of a partly covered tile. */
  hasPng = false;

  add(metadata: TileMetadata, extension: "jpg" | "png"): void {
    const { tileId, attribution, capturedAt } = metadata;
    this.tiles++;
    this.hasPng ||= extension === "png";
    this.#zooms.add(tileId.zoom);
    if (attribution !== "" && this.#attributions.size < ATTRIBUTIONS_MAX) {
      this.#attributions.add(attribution);
    }
    this.#registrationErrorM = Math.max(
      this.#registrationErrorM,
      metadata.registrationErrorM ?? 0,
    );
    if (capturedAt === null) this.#undated = true;
    else if (this.#oldest === null || capturedAt < this.#oldest) this.#oldest = capturedAt;
    const box = tileBounds(tileId), now = this.#bounds ?? box;
    this.#bounds = {
      southDeg: Math.min(now.southDeg, box.southDeg),
      westDeg: Math.min(now.westDeg, box.westDeg),
      northDeg: Math.max(now.northDeg, box.northDeg),
      eastDeg: Math.max(now.eastDeg, box.eastDeg),
    };
  }

  /** Ascending; not empty after the first tile. */
  get zooms(): readonly number[] {
    return [...this.#zooms].sort((a, b) => a - b);
  }

  get bounds(): Bbox {
    return this.#bounds ?? { southDeg: 0, westDeg: 0, northDeg: 0, eastDeg: 0 };
  }

  get centre(): { readonly latitudeDeg: number; readonly longitudeDeg: number } {
    const { southDeg, westDeg, northDeg, eastDeg } = this.bounds;
    return { latitudeDeg: (southDeg + northDeg) / 2, longitudeDeg: (westDeg + eastDeg) / 2 };
  }

  /** The keys of MBTiles' metadata table, which PMTiles and folders use as well. */
  document(name: string): Record<string, string> {
    const { southDeg, westDeg, northDeg, eastDeg } = this.bounds;
    const zooms = this.zooms;
    const { latitudeDeg, longitudeDeg } = this.centre;
    return {
      name,
      format: "jpg",
      type: "baselayer",
      version: "1",
      description: "tiles of a gps-denied-onboard cache",
      attribution: [...this.#attributions].join("; "),
      bounds: [westDeg, southDeg, eastDeg, northDeg].map(degrees).join(","),
      center: [degrees(longitudeDeg), degrees(latitudeDeg), zooms.at(-1) ?? 0].join(","),
      minzoom: `${zooms[0] ?? 0}`,
      maxzoom: `${zooms.at(-1) ?? 0}`,
      // An import applies it to all tiles: too old is safe, too young is not.
      ...(this.#oldest === null || this.#undated
        ? {}
        : { captured_at: this.#oldest.toISOString() }),
      // The largest of all tiles, for the same reason.
      ...(this.#registrationErrorM > 0
        ? { registration_error_m: `${this.#registrationErrorM}` }
        : {}),
    };
  }
}

function degrees(value: number): string {
  return `${Number(value.toFixed(7))}`;
}
