/**
 * `operator tiles status`: shows tiles that wait for upload, were uploaded, or were given up.
 *
 * @module
 */
import {
  type Command,
  type CommandIo,
  defineCommand,
  EXIT,
  type ExitCode,
  type OptionValues,
} from "../../core/mod.ts";
import type { TileCatalogue, TileMetadataStore } from "../../tiles/tile_contract/mod.ts";
import { CACHE_OPTIONS, type CachePlace, placeOf, refuseWithoutCache } from "../options.ts";

interface TilesStatusParts {
  openCache(place: CachePlace): Promise<
    & { readonly metadata: TileMetadataStore; readonly catalogue: TileCatalogue }
    & AsyncDisposable
  >;
}

interface FlightStatus {
  readonly flightId: string;
  pending: number;
  /** Of the pending tiles: refused at least once. */
  refusedBefore: number;
  bytes: number;
}

export function tilesStatusCommand(parts: TilesStatusParts): Command {
  return defineCommand({
    name: "tiles status",
    summary: "what waits to be handed in, and what was given up",
    about: "Tiles that flights made, by flight: waiting to be handed in, refused before, given up.",
    options: CACHE_OPTIONS,
    json: "one JSON object instead of text",
    examples: ["operator tiles status", "operator tiles status --data /srv/tiles --json"],
    run: (values, io) => run(parts, values, io),
  });
}

async function run(
  parts: TilesStatusParts,
  values: OptionValues<typeof CACHE_OPTIONS> & { readonly json: boolean },
  io: CommandIo,
): Promise<ExitCode> {
  const place = placeOf(values);
  await refuseWithoutCache(place);
  await using cache = await parts.openCache(place);
  const flights = new Map<string, FlightStatus>();
  for (const tile of await cache.metadata.pendingUploads(null)) {
    const flightId = tile.tileId.flightId ?? "";
    const flight = flights.get(flightId) ??
      { flightId, pending: 0, refusedBefore: 0, bytes: 0 };
    flight.pending++;
    flight.bytes += tile.diskBytes;
    if (tile.uploadAttempts > 0) flight.refusedBefore++;
    flights.set(flightId, flight);
  }
  const made = (await cache.catalogue.statistics())
    .filter(({ source }) => source === "onboard_ingest");
  const sum = (word: string | null) =>
    made.filter(({ votingStatus }) => word === null || votingStatus === word)
      .reduce((total, { tiles }) => total + tiles, 0);
  const pending = [...flights.values()].reduce((total, flight) => total + flight.pending, 0);
  const givenUp = sum("upload_giveup");
  const handedIn = sum(null) - pending - givenUp;
  if (values.json) {
    const status = { pending, handedIn, givenUp, flights: [...flights.values()] };
    io.out(JSON.stringify({ type: "status", ...status }));
    return EXIT.ok;
  }
  io.out(`${pending} tiles wait, ${handedIn} were handed in, ${givenUp} were given up`);
  for (const flight of flights.values()) {
    const before = flight.refusedBefore > 0 ? `, ${flight.refusedBefore} refused before` : "";
    io.out(`  flight ${flight.flightId}: ${flight.pending} tiles${before}`);
  }
  return EXIT.ok;
}
