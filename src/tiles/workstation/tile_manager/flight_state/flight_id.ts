/**
 * Determines which flight a folder's files belong to, from the records in them.
 *
 * @module
 */
import { basename, normalize } from "node:path";
import { verifiedEntries } from "./verified_entries.ts";

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The recorder names the folder of a flight by the flight's id. */
export function isFlightName(name: string): boolean {
  return UUID.test(name);
}

/** In lower case; or the reason why it is not known. */
type KnownFlight = { readonly flightId: string } | { readonly reason: string };

/**
 * The flight of the first verified record of each file, if all files and the name of the folder
 * agree. A file without a verified record is ignored.
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
      reason: `${one} belongs to flight ${known.flightId}, ${other} to flight ${flightId}: ` +
        "remove the files of the other flight",
    };
  }
  if (known === null) return { reason: "it holds no record whose CRC is correct" };
  const { flightId } = known;
  const named = (await namesOf(flightFolder)).find((name) =>
    isFlightName(name) && name.toLowerCase() !== flightId
  );
  if (named === undefined) return { flightId };
  return { reason: `the folder is named ${named}, but its records belong to flight ${flightId}` };
}

async function firstFlightId(path: string): Promise<string | null> {
  for await (const { record } of verifiedEntries(path)) return record.flightId.toLowerCase();
  return null;
}

/** Both the name as given and the real one: "." and symbolic links have names of their own. */
async function namesOf(folder: string): Promise<readonly string[]> {
  const given = basename(normalize(folder));
  try {
    return [given, basename(await Deno.realPath(folder))];
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) return [given];
    throw error;
  }
}
