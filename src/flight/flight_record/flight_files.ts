/**
 * Finds the files of a flight: a flight folder with its segments, or one MCAP file.
 *
 * @module
 */
import { basename } from "node:path";
import { FlightNotFoundError, NothingReadableError } from "./errors.ts";

export interface SegmentFile {
  readonly name: string;
  readonly path: string;
  /** Its number in the flight; null for a file with another kind of name. */
  readonly index: number | null;
  readonly sizeBytes: number;
}

export interface FlightFiles {
  /** The path as given. */
  readonly path: string;
  /** False for one MCAP file, which may be part of a flight. */
  readonly isFolder: boolean;
  /** In the order of the flight; at least one. */
  readonly segments: readonly SegmentFile[];
  readonly totalBytes: number;
}

const SEGMENT = /^segment_(\d{4,9})\.mcap$/;

function segmentIndex(name: string): number | null {
  const match = SEGMENT.exec(name);
  return match === null ? null : Number(match[1]);
}

/** @throws FlightNotFoundError | NothingReadableError */
export async function findFlight(path: string): Promise<FlightFiles> {
  const place = path.length > 1 ? path.replace(/\/+$/, "") : path;
  let info: Deno.FileInfo;
  try {
    info = await Deno.stat(place);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      throw new FlightNotFoundError(path, error);
    }
    throw error;
  }
  if (!info.isDirectory) {
    if (!info.isFile) throw new NothingReadableError(path, "it is neither a folder nor a file");
    const name = basename(place);
    const segment = { name, path: place, index: segmentIndex(name), sizeBytes: info.size };
    return { path, isFolder: false, segments: [segment], totalBytes: info.size };
  }
  return await inFolder(path, place);
}

/** Like {@link findFlight}; a folder that holds one flight stands for that flight. */
export async function findOnlyFlight(path: string): Promise<FlightFiles> {
  try {
    return await findFlight(path);
  } catch (error) {
    if (!(error instanceof NothingReadableError)) throw error;
    const info = await Deno.stat(path);
    const flights = info.isDirectory ? await flightsBelow(path, 2) : [];
    if (flights.length !== 1) throw error;
    return await findFlight(`${path}/${flights[0]}`);
  }
}

async function inFolder(path: string, place: string): Promise<FlightFiles> {
  const segments: SegmentFile[] = [];
  let link: string | undefined;
  for await (const { name } of Deno.readDir(place)) {
    const index = segmentIndex(name);
    if (index === null) continue;
    const { isFile, isSymlink, size } = await Deno.lstat(`${place}/${name}`);
    if (isFile) segments.push({ name, path: `${place}/${name}`, index, sizeBytes: size });
    else if (isSymlink) link = name;
  }
  if (segments.length === 0) {
    const reason = link === undefined
      ? await whatElse(place)
      : `${link} is a link, which may lead out of the folder`;
    throw new NothingReadableError(path, reason);
  }
  segments.sort((a, b) => (a.index ?? 0) - (b.index ?? 0) || (a.name < b.name ? -1 : 1));
  const totalBytes = segments.reduce((sum, segment) => sum + segment.sizeBytes, 0);
  return { path, isFolder: true, segments, totalBytes };
}

/** A folder of flights is easily mistaken for a flight: list the flights in it. */
async function whatElse(place: string): Promise<string> {
  const flights = await flightsBelow(place, 10);
  return flights.length === 0
    ? "the folder holds no segment_NNNN.mcap"
    : `the folder holds flights, name one of them: ${flights.join(", ")}`;
}

/** Names of folders that hold a segment, in order, at most so many. */
async function flightsBelow(place: string, most: number): Promise<string[]> {
  const folders: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(place)) {
    if (isDirectory) folders.push(name);
  }
  const flights: string[] = [];
  for (const folder of folders.sort()) {
    for await (const { name } of Deno.readDir(`${place}/${folder}`)) {
      if (segmentIndex(name) === null) continue;
      flights.push(folder);
      break;
    }
    if (flights.length === most) break;
  }
  return flights;
}
