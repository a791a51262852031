/**
 * Whose flight a folder holds, by what its records say.
 *
 * @module
 */
import { basename, normalize } from "node:path";
import { verifiedEntries } from "./verified_entries.ts";

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The recorder names a flight's folder by its id. */
export function isFlightName(name: string): boolean {
  return UUID.test(name);
}

/** In small letters; or why nobody knows. */
export type KnownFlight = { readonly flightId: string } | { readonly reason: string };

/**
 * The flight of the first verified record of each file, where all agree, the folder's name included. A
 * file without such a record has no say.
 */
export async function flightOf(
  flightFolder: string,
  segments: readonly (readonly string[])[],
): Promise<KnownFlight> {
  let known: { readonly flightId: string; readonly path: string } | null = null;
  for (const path of segments.flat()) {
    const flightId = await firstFlightId(path);
    if (flightId === null) continue;
    known ??= { flightId, path };
    if (flightId === known.flightId) continue;
    const [one, other] = [basename(known.path), basename(path)];
    return {
      reason: `${one} is of flight ${known.flightId}, ${other} of flight ${flightId}: ` +
        "take out what does not belong there",
    };
  }
  if (known === null) return { reason: "no record is here that a CRC speaks for" };
  const { flightId } = known;
  const named = (await namesOf(flightFolder)).find((name) =>
    isFlightName(name) && name.toLowerCase() !== flightId
  );
  if (named === undefined) return { flightId };
  return { reason: `the folder is named ${named}, its records are of flight ${flightId}` };
}

async function firstFlightId(path: string): Promise<string | null> {
  for await (const { record } of verifiedEntries(path)) return record.flightId.toLowerCase();
  return null;
}

/** As it was named, and as it really is: "." and a link have names of their own. */
async function namesOf(folder: string): Promise<readonly string[]> {
  const given = basename(normalize(folder));
  try {
    return [given, basename(await Deno.realPath(folder))];
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) return [given];
    throw error;
  }
}
