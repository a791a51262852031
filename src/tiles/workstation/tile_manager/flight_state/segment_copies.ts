/**
 * The files of a recorded flight with all that `operator collect` kept beside them.
 *
 * @module
 */
import { findFlight } from "../../../../flight/flight_record/mod.ts";

/** As the recorder names it, and as a second copy of other bytes is named. */
const SEGMENT_COPY = /^segment_(\d{4,9})(?:\.[0-9a-f]{8})?\.mcap$/;

export function isSegmentCopy(name: string): boolean {
  return SEGMENT_COPY.test(name);
}

/**
 * Paths of the copies of each segment, in the order of the flight.
 *
 * @throws FlightNotFoundError | NothingReadableError
 */
export async function segmentCopies(
  flightFolder: string,
): Promise<readonly (readonly string[])[]> {
  const { isFolder, segments } = await findFlight(flightFolder);
  // A file is named by itself: there is nothing beside it.
  if (!isFolder) return [segments.map(({ path }) => path)];
  const byIndex = new Map<number, string[]>();
  for await (const { name, isFile } of Deno.readDir(flightFolder)) {
    const match = isFile ? SEGMENT_COPY.exec(name) : null;
    if (match === null) continue;
    const copies = byIndex.get(Number(match[1])) ?? [];
    byIndex.set(Number(match[1]), [...copies, `${flightFolder}/${name}`]);
  }
  return [...byIndex].toSorted(([a], [b]) => a - b).map(([, copies]) => copies.sort());
}
