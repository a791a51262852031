/**
 * Lists the files of a recorded flight, with the further copies that `operator collect` kept beside
 * them.
 *
 * @module
 */
import { findFlight } from "../../../../flight/flight_record/mod.ts";

/** The recorder's file names, and those of second copies with other content. */
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
  // A single file was named: there are no other copies.
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
