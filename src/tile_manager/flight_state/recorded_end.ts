/**
 * How a recorded flight ended, by its files.
 *
 * @module
 */
import { findFlight, readRecords } from "../../flight_record/mod.ts";
import type { RecordedEnd } from "./sources.ts";

/** The last footer of the flight; none where the record was cut. */
export async function recordedEnd(flightFolder: string): Promise<RecordedEnd> {
  const files = await findFlight(flightFolder);
  let end: RecordedEnd = { footer: null, closedAt: null };
  for await (const { payload, wallTime } of readRecords(files, { kinds: ["flight_footer"] })) {
    const closedAtMs = Date.parse(wallTime);
    end = {
      footer: { cleanShutdown: payload.cleanShutdown === true },
      closedAt: Number.isFinite(closedAtMs) ? new Date(closedAtMs) : null,
    };
  }
  return end;
}

/** Of all flights below a folder the one that was recorded last; null where there is none. */
export async function latestFlight(folder: string): Promise<string | null> {
  let latest: { readonly path: string; readonly startMs: number } | null = null;
  try {
    for await (const { name, isDirectory } of Deno.readDir(folder)) {
      if (!isDirectory) continue;
      const path = `${folder}/${name}`;
      const startMs = await startOf(path);
      if (latest === null || startMs > latest.startMs) latest = { path, startMs };
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return latest?.path ?? null;
}

async function startOf(flightFolder: string): Promise<number> {
  const files = await findFlight(flightFolder);
  for await (const { wallTime } of readRecords(files, { kinds: ["flight_header"] })) {
    const startMs = Date.parse(wallTime);
    if (Number.isFinite(startMs)) return startMs;
  }
  return -Infinity;
}
