/**
 * Finds what a flight left in the folder that was brought back from the aircraft: tile journals and
 * recorded flights.
 *
 * @module
 */
import { EXIT } from "../../../../core/mod.ts";
import { TileManagerError } from "../errors.ts";

export interface RecordedFlightFolder {
  readonly flightId: string;
  readonly path: string;
  /** Paths relative to the folder: "segment_0000.mcap", "tiles/….jpg". */
  readonly files: readonly string[];
}

interface FlightMedia {
  readonly journals: readonly string[];
  readonly flights: readonly RecordedFlightFolder[];
  /** Everything else that lies there: files, links, folders that are too deep; sorted. */
  readonly leftOut: readonly string[];
}

const DEPTH_MAX = 4;
const JOURNAL = /\.journal$/;
const SEGMENT = /^segment_\d{4,9}(\.[0-9a-f]{8})?\.mcap$/;
const PICTURE = /^[0-9a-f-]{36}\.jpg$/;
/** Of airborne while it flies: its lock, and the state that it goes on from; of no use afterwards. */
const IN_FLIGHT = /\.lock$|^live_state\.json/;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Symbolic links are not followed. @throws TileManagerError (66) when there is nothing to collect. */
export async function findFlightMedia(path: string): Promise<FlightMedia> {
  const journals: string[] = [];
  const flights: RecordedFlightFolder[] = [];
  const leftOut: string[] = [];
  await visit(path, 0, { journals, flights, leftOut });
  if (journals.length === 0 && flights.length === 0) {
    throw new TileManagerError(
      "NOTHING_TO_COLLECT",
      `${path} holds neither a journal of tiles (*.journal) nor a recorded flight ` +
        "(FLIGHT_ID/segment_0000.mcap); name the folder that came from the aircraft",
      { exitCode: EXIT.noInput },
    );
  }
  return {
    journals: journals.sort(),
    flights: flights.sort((a, b) => a.path < b.path ? -1 : 1),
    leftOut: leftOut.sort(),
  };
}

interface Found {
  readonly journals: string[];
  readonly flights: RecordedFlightFolder[];
  readonly leftOut: string[];
}

async function visit(folder: string, depth: number, found: Found): Promise<void> {
  const { journals, flights, leftOut } = found;
  const segments: string[] = [];
  const folders: string[] = [];
  const others: string[] = [];
  for await (const { name, isFile, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) folders.push(name);
    else if (isFile && JOURNAL.test(name)) journals.push(`${folder}/${name}`);
    else if (isFile && SEGMENT.test(name)) segments.push(name);
    else if (!IN_FLIGHT.test(name)) others.push(name);
  }
  const flightId = folder.slice(folder.lastIndexOf("/") + 1);
  if (segments.length > 0 && UUID.test(flightId)) {
    const pictures = folders.includes("tiles") ? await picturesIn(folder, leftOut) : [];
    flights.push({ flightId, path: folder, files: [...segments.sort(), ...pictures] });
    others.push(...folders.filter((name) => name !== "tiles").map((name) => `${name}/`));
  } else {
    others.push(...segments);
    if (depth >= DEPTH_MAX) others.push(...folders.map((name) => `${name}/`));
    else for (const name of folders.sort()) await visit(`${folder}/${name}`, depth + 1, found);
  }
  leftOut.push(...others.map((name) => `${folder}/${name}`));
}

async function picturesIn(flightFolder: string, leftOut: string[]): Promise<string[]> {
  const names: string[] = [];
  for await (const { name, isFile } of Deno.readDir(`${flightFolder}/tiles`)) {
    const path = `tiles/${name}`;
    if (isFile && PICTURE.test(name)) names.push(path);
    else leftOut.push(`${flightFolder}/${path}`);
  }
  return names.sort();
}
