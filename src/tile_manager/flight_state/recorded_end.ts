/**
 * How a recorded flight ended, by its files.
 *
 * A segment may be here more than once: a copy that came home damaged, and a whole one that came
 * later and lies beside it (`operator collect`). What a record says counts only where a CRC speaks for
 * it, and a whole copy outweighs a damaged one.
 *
 * @module
 */
import { basename } from "node:path";
import { type Damage, findFlight, type FlightEntry, readBatches } from "../../flight_record/mod.ts";
import type { RecordedEnd } from "./sources.ts";
import { segmentCopies } from "./segment_copies.ts";

const NO_END: RecordedEnd = { footer: null, closedAt: null };
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * The footer of the flight's last segment; none where the record was cut, or where only damaged bytes
 * tell of one. Whole copies that contradict each other do not know of a clean end.
 *
 * @throws FlightNotFoundError | NothingReadableError
 */
export async function recordedEnd(flightFolder: string): Promise<RecordedEnd> {
  const last = (await segmentCopies(flightFolder)).at(-1) ?? [];
  const named = basename(flightFolder.replace(/\/+$/, ""));
  const flightId = UUID.test(named) ? named : null;
  const told = await Promise.all(last.map((path) => footerIn(path, flightId)));
  const known = told.filter(({ end }) => end.footer !== null);
  const whole = known.filter(({ isWhole }) => isWhole);
  const best = (whole.length > 0 ? whole : known).map(({ end }) => end);
  if (best.length === 0) return NO_END;
  return best.find(({ footer }) => footer?.cleanShutdown !== true) ?? best[0];
}

interface ToldEnd {
  readonly isWhole: boolean;
  readonly end: RecordedEnd;
}

/** The last footer of one file. */
async function footerIn(path: string, flightId: string | null): Promise<ToldEnd> {
  const damages: Damage[] = [];
  let end = NO_END;
  for await (const { record } of verifiedEntries(path, damages, ["flight_footer"])) {
    // A file of another flight that got in here says nothing of this one.
    if (flightId !== null && record.flightId !== flightId) continue;
    const closedAtMs = Date.parse(record.wallTime);
    end = {
      footer: { cleanShutdown: record.payload.cleanShutdown === true },
      closedAt: Number.isFinite(closedAtMs) ? new Date(closedAtMs) : null,
    };
  }
  return { isWhole: damages.length === 0, end };
}

async function* verifiedEntries(
  path: string,
  damages: Damage[],
  kinds: readonly string[] = [],
): AsyncGenerator<FlightEntry, void, void> {
  const onDamage = (damage: Damage) => {
    // One is enough to know; a file in which all is wrong fills no memory.
    if (damages.length === 0) damages.push(damage);
  };
  for await (const batch of readBatches(await findFlight(path), { kinds, onDamage })) {
    for (const entry of batch) if (entry.message.verified) yield entry;
  }
}

/**
 * Of all flights below a folder the one that was recorded last; null where there is none. A flight
 * whose time cannot be read may be the last: it is taken for it, so that an older one does not speak
 * in its place.
 */
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

/** Wall time of the first record that a CRC speaks for, in whichever copy; Infinity without any. */
async function startOf(flightFolder: string): Promise<number> {
  for (const copies of await segmentCopies(flightFolder)) {
    for (const path of copies) {
      for await (const { record } of verifiedEntries(path, [])) {
        const startMs = Date.parse(record.wallTime);
        if (Number.isFinite(startMs)) return startMs;
      }
    }
  }
  return Infinity;
}
