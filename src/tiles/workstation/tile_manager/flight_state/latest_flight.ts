/**
 * Which of the recorded flights was the last.
 *
 * @module
 */
import { isFlightName } from "./flight_id.ts";
import { isSegmentCopy, segmentCopies } from "./segment_copies.ts";
import { verifiedEntries } from "./verified_entries.ts";

/**
 * Of all flights below a folder the one that was recorded last, by the wall time of its records; null
 * where there is none. A flight whose time cannot be read may be the last: it is taken for it, so that
 * an older one does not speak in its place.
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

/** "lost+found" is none; of a folder that nobody may look into, the name tells. */
async function maybeFlight(path: string, name: string): Promise<boolean> {
  try {
    for await (const entry of Deno.readDir(path)) if (isSegmentCopy(entry.name)) return true;
    return false;
  } catch {
    return isFlightName(name);
  }
}

/** Wall time of the first record that a CRC speaks for, in whichever copy; Infinity without any. */
async function startOf(flightFolder: string): Promise<number> {
  try {
    for (const path of (await segmentCopies(flightFolder)).flat()) {
      for await (const { record } of verifiedEntries(path)) {
        const startMs = Date.parse(record.wallTime);
        if (Number.isFinite(startMs)) return startMs;
      }
    }
  } catch {
    // Why it cannot be read is told when its end is asked for.
  }
  return Infinity;
}
