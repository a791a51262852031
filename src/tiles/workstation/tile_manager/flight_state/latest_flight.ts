/**
 * Finds the most recent of the recorded flights.
 *
 * @module
 */
import { isFlightName } from "./flight_id.ts";
import { isSegmentCopy, segmentCopies } from "./segment_copies.ts";
import { verifiedEntries } from "./verified_entries.ts";

/**
 * The flight below a folder that was recorded last, by the wall-clock time of its records; null
 * when there is none. A flight whose time cannot be read might be the most recent and is returned
 * as such, so that an older flight does not decide in its place.
 */
export async function latestFlight(folder: string): Promise<string | null> {
  let latest: { readonly path: string; readonly startMs: number } | null = null;
  for (const name of await foldersIn(folder)) {
    const path = `${folder}/${name}`;
    if (!await maybeFlight(path, name)) continue;
    const startMs = await startOf(path);
    if (latest === null || startMs > latest.startMs) latest = { path, startMs };
  }
  return latest?.path ?? null;
}

async function foldersIn(folder: string): Promise<readonly string[]> {
  try {
    const entries = await Array.fromAsync(Deno.readDir(folder));
    return entries.filter(({ isDirectory }) => isDirectory).map(({ name }) => name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/**
 * Whether an entry may be a flight: "lost+found" is not; a folder that cannot be read is judged by
 * its name.
 */
async function maybeFlight(path: string, name: string): Promise<boolean> {
  try {
    for await (const entry of Deno.readDir(path)) if (isSegmentCopy(entry.name)) return true;
    return false;
  } catch {
    return isFlightName(name);
  }
}

/**
 * Wall-clock time of the first record with a correct CRC, in any of the copies; Infinity when there
 * is none.
 */
async function startOf(flightFolder: string): Promise<number> {
  try {
    for (const path of (await segmentCopies(flightFolder)).flat()) {
      for await (const { record } of verifiedEntries(path)) {
        const startMs = Date.parse(record.wallTime);
        if (Number.isFinite(startMs)) return startMs;
      }
    }
  } catch {
    // The reason is reported when recordedEnd() reads the flight.
  }
  return Infinity;
}
