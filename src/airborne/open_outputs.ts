/**
 * Opens what every flight writes: its record and, where asked for, the tiles that it makes.
 *
 * @module
 */
import { type Clock, VERSION } from "../core/mod.ts";
import type { FdrPayload } from "../flight/flight_recorder/mod.ts";
import type { AirborneConfig } from "./config.ts";
import type { Airborne, ReplayParts } from "./contract.ts";
import {
  type FlightRecording,
  NO_FLIGHT_RECORDING,
  openFlightRecording,
} from "./flight_recording.ts";
import { FlightRecords } from "./flight_records.ts";
import { FlightTiles } from "./flight_tiles.ts";
import type { Note } from "./notes.ts";

interface FlightStart {
  readonly airborne: Airborne;
  readonly config: AirborneConfig;
  readonly clock: Clock;
  /** Describes the flight in its record; software, package and strategies are added. */
  readonly header:
    & { readonly name: string; readonly startUtc: string }
    & Partial<
      FdrPayload<"flight_header">
    >;
  /** Flights are recorded below it; null: nothing is recorded. */
  readonly recorderFolder: string | null;
  /** The journal of the flight's tiles goes there; null: none are made. */
  readonly tilesFolder: string | null;
  readonly note: Note;
}

interface OpenedOutputs extends AsyncDisposable {
  readonly recording: FlightRecording;
  readonly records: FlightRecords;
  readonly tiles: FlightTiles | null;
}

/** @throws FdrOpenError (exit code 2): without its recorder an aircraft does not fly */
export async function openOutputs(parts: ReplayParts, start: FlightStart): Promise<OpenedOutputs> {
  const { airborne, clock } = start;
  const flightId = crypto.randomUUID();
  await using resources = new AsyncDisposableStack();
  const recording = resources.use(await openRecording(start, flightId));
  const tiles = await openTiles(parts, start, { flightId, recording, resources });
  const records = new FlightRecords(recording, airborne, clock);
  records.packageVerified();
  const owned = resources.move();
  return { recording, records, tiles, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

async function openRecording(start: FlightStart, flightId: string): Promise<FlightRecording> {
  const { airborne, config, clock, header, recorderFolder, note } = start;
  if (recorderFolder === null) return NO_FLIGHT_RECORDING;
  return await openFlightRecording({
    flightRoot: recorderFolder,
    config: config.fdr,
    clock,
    flightId,
    note,
    header: {
      ...header,
      software: `airborne ${VERSION}`,
      packageName: airborne.flightPackage.manifest.name,
      strategies: { ...airborne.strategies },
    },
  });
}

async function openTiles(
  parts: ReplayParts,
  { airborne, config, clock, tilesFolder }: FlightStart,
  { flightId, recording, resources }: {
    readonly flightId: string;
    readonly recording: FlightRecording;
    readonly resources: AsyncDisposableStack;
  },
): Promise<FlightTiles | null> {
  if (tilesFolder === null) return null;
  const { flightPackage, vision, localFrame, terrain } = airborne;
  const store = resources.use(
    await parts.openTileStore({
      flightPackage,
      journalPath: `${tilesFolder}/${flightId}.journal`,
      clock,
      fdr: recording.sink("tile_store"),
    }),
  );
  return new FlightTiles({
    config: config.flightTiles,
    vision,
    localFrame,
    terrain,
    store,
    recording,
    clock,
    flightId,
  });
}
