/**
 * Parses the metadata of an archive: the keys of MBTiles' metadata table, of PMTiles' JSON, and of
 * a tile folder's metadata.json.
 *
 * @module
 */
import * as z from "zod";
import { DataError, messageOf, parseBoundedJson, readPlainTextFile } from "../../../../core/mod.ts";

/** Unknown keys are allowed and invalid values ignored, but for the error of the map: a flight depends on that. */
const SidecarSchema = z.object({
  attribution: z.string().optional().catch(undefined),
  format: z.string().optional().catch(undefined),
  /** Our own: the oldest capture in the archive, ISO 8601. */
  captured_at: z.string().optional().catch(undefined),
  /** Our own: by how much the datum of the imagery may shift it, metres. */
  registration_error_m: z.coerce.number().positive().max(100_000).optional(),
  /** TileJSON: "xyz" or "tms". */
  scheme: z.string().optional().catch(undefined),
  /** Degrees, "W,S,E,N" or its numbers. */
  bounds: z.union([z.string(), z.array(z.number())]).optional().catch(undefined),
});
export type Sidecar = z.infer<typeof SidecarSchema>;

const SIDECAR_BYTES_MAX = 1_000_000;

/** @throws DataError where it does not say by how many metres its tiles may be shifted, though it should */
export function sidecarOf(document: unknown, path: string): Sidecar {
  const parsed = SidecarSchema.safeParse(document);
  if (parsed.success) return parsed.data;
  if (typeof document !== "object" || document === null || Array.isArray(document)) {
    throw unreadableSidecar(path, "its metadata is no JSON object");
  }
  throw unreadableSidecar(
    path,
    "its metadata has a registration_error_m that is no number of metres up to 100,000",
  );
}

/** An archive without metadata says nothing; one whose metadata cannot be read may have said it. */
export function unreadableSidecar(path: string, reason: string, cause?: unknown): DataError {
  return new DataError(
    path,
    `${reason}: by how much its map may be shifted (registration_error_m) is not known; mend it, or ` +
      "export the tiles again",
    { cause },
  );
}

/** Of a folder; empty when it has no metadata.json. @throws DataError for one that cannot be read */
export async function readSidecar(folder: string): Promise<Sidecar> {
  const path = `${folder}/metadata.json`;
  let document: unknown;
  try {
    const text = await readPlainTextFile(path, { within: folder, bytesMax: SIDECAR_BYTES_MAX });
    document = parseBoundedJson(text);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return {};
    throw unreadableSidecar(path, `it cannot be read (${messageOf(error)})`, error);
  }
  return sidecarOf(document, path);
}

export function capturedAtOf(sidecar: Sidecar): Date | null {
  const date = new Date(sidecar.captured_at ?? NaN);
  return Number.isNaN(date.getTime()) ? null : date;
}
