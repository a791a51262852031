/**
 * Determines from the files of a recorded flight how it ended.
 *
 * A segment may exist more than once: a damaged copy, and beside it a complete one that was
 * collected later (`operator collect`). A record counts only if its CRC is correct, and a complete
 * copy takes precedence over a damaged one.
 *
 * @module
 */
import { GdnError, messageOf } from "../../../../core/mod.ts";
import { flightOf } from "./flight_id.ts";
import { segmentCopies } from "./segment_copies.ts";
import type { RecordedEnd } from "./sources.ts";
import { verifiedEntries } from "./verified_entries.ts";

const NO_FOOTER = "its last segment has no footer with a correct CRC: " +
  "it was cut or damaged, or is still being written";

/**
 * The footer of the flight's last segment. None when the record was cut off, when only damaged
 * bytes contain one, or when the files belong to different flights. Complete copies that contradict
 * each other do not count as a clean end.
 *
 * @throws FlightNotFoundError | NothingReadableError
 */
export async function recordedEnd(flightFolder: string): Promise<RecordedEnd> {
  try {
    return await endOf(flightFolder);
  } catch (error) {
    if (error instanceof GdnError) throw error;
    return unknown(flightFolder, `it cannot be read: ${messageOf(error)}`);
  }
}

async function endOf(flightFolder: string): Promise<RecordedEnd> {
  const segments = await segmentCopies(flightFolder);
  const flight = await flightOf(flightFolder, segments);
  if ("reason" in flight) return unknown(flightFolder, flight.reason);
  const ends = await Promise.all(
    (segments.at(-1) ?? []).map((path) => footerIn(path, flight.flightId)),
  );
  const known = ends.filter((end) => end !== null);
  const whole = known.filter(({ isWhole }) => isWhole);
  const best = (whole.length > 0 ? whole : known).map(({ end }) => end);
  if (best.length === 0) return unknown(flightFolder, NO_FOOTER);
  return best.find(({ footer }) => !footer.cleanShutdown) ?? best[0];
}

function unknown(flightFolder: string, reason: string): RecordedEnd {
  return { footer: null, closedAt: null, reason: `${flightFolder}: ${reason}` };
}

type Closed = RecordedEnd & { readonly footer: object };

/** The last footer of one file, and whether the whole file is undamaged. */
async function footerIn(
  path: string,
  flightId: string,
): Promise<{ readonly isWhole: boolean; readonly end: Closed } | null> {
  let isWhole = true;
  let end: Closed | null = null;
  const onDoubt = () => {
    isWhole = false;
  };
  for await (const { record } of verifiedEntries(path, onDoubt)) {
    // A record of another flight in this file says nothing about this one.
    if (record.kind !== "flight_footer" || record.flightId.toLowerCase() !== flightId) continue;
    const closedAtMs = Date.parse(record.wallTime);
    end = {
      footer: { cleanShutdown: record.payload.cleanShutdown === true },
      closedAt: Number.isFinite(closedAtMs) ? new Date(closedAtMs) : null,
    };
  }
  return end === null ? null : { isWhole, end };
}
