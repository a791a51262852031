/**
 * Writes what a flight leaves on the aircraft's storage: a journal of the tiles that it made, and
 * its recorded flight.
 *
 * @module
 */
import sharp from "sharp";
import { seededRandom, sha256Hex } from "../../src/core/mod.ts";
import type { NewTile } from "../../src/tiles/tile_contract/mod.ts";
import { TileJournal } from "../../src/tiles/tile_journal/mod.ts";
import { recordFlight } from "./recorded_flight.ts";

export interface FlightMedia {
  readonly folder: string;
  readonly journal: string;
  /** Offsets in bytes at which the journal's entries end. */
  readonly ends: readonly number[];
  readonly flightId: string;
  readonly flight: string;
  readonly tiles: readonly NewTile[];
}

export interface FlightMediaPlan {
  readonly tiles: number;
  readonly cleanShutdown?: boolean;
  readonly capturedAt?: Date;
}

/** Written with the real recorder and the real journal. */
export async function writeFlightMedia(
  folder: string,
  plan: FlightMediaPlan,
): Promise<FlightMedia> {
  const { cleanShutdown = true, capturedAt = new Date(Date.now() - 3_600_000) } = plan;
  const { flightId } = await recordFlight(`${folder}/flights`, { estimates: 40, cleanShutdown });
  const flight = `${folder}/flights/${flightId}`;
  const pictures = await madePictures();
  const tiles = Array.from({ length: plan.tiles }, (_, index): NewTile => {
    const jpeg = pictures[index % pictures.length];
    return {
      jpeg,
      metadata: {
        tileId: { zoom: 19, x: 1000 + index, y: 2000, source: "onboard_ingest", flightId },
        tileSizePx: 256,
        sourceGsdM: 0.25,
        capturedAt,
        contentSha256: sha256Hex(jpeg),
        diskBytes: jpeg.length,
        coverage: 1,
        attribution: "",
        votingStatus: "pending",
        quality: { misplacementBoundM: 3, frameGsdM: 0.22, frameSequence: index },
      },
    };
  });
  const path = `${folder}/tiles.journal`;
  const ends: number[] = [];
  using journal = await TileJournal.open(path);
  for (const tile of tiles) {
    await journal.append("write", [tile]);
    ends.push((await Deno.stat(path)).size);
  }
  await Deno.mkdir(`${flight}/tiles`, { recursive: true });
  await Deno.writeFile(`${flight}/tiles/${crypto.randomUUID()}.jpg`, pictures[0]);
  return { folder, journal: path, ends, flightId, flight, tiles };
}

/** Four pictures of noise: 5 KiB at least, with contrast. */
async function madePictures(): Promise<Uint8Array<ArrayBuffer>[]> {
  const random = seededRandom("pictures of the flight media");
  return await Promise.all(Array.from({ length: 4 }, async () => {
    const pixels = Uint8Array.from({ length: 256 * 256 * 3 }, () => random.integer(256));
    const raw = { width: 256, height: 256, channels: 3 } as const;
    return new Uint8Array(await sharp(pixels, { raw }).jpeg({ quality: 20 }).toBuffer());
  }));
}
