/**
 * Parses the metadata of an archive: the keys of MBTiles' metadata table, of PMTiles' JSON, and of
 * a tile folder's metadata.json.
 *
 * @module
 */
import * as z from "zod";
import { DataError, parseBoundedJson, readPlainTextFile } from "../../../../core/mod.ts";

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

/** @throws DataError where it says no number of metres that its tiles may be shifted by */
export function sidecarOf(document: unknown, path: string): Sidecar {
  const parsed = SidecarSchema.safeParse(document);
  if (parsed.success) return parsed.data;
  if (typeof document !== "object" || document === null || Array.isArray(document)) return {};
  throw new DataError(
    path,
    "its metadata has a registration_error_m that is no number of metres up to 100,000: by how much the map " +
      "may be shifted is not known; correct it, or export the tiles again",
  );
}

/** Of a folder; empty when the file is absent or not such a document. */
export async function readSidecar(folder: string): Promise<Sidecar> {
  let document: unknown;
  try {
    const text = await readPlainTextFile(`${folder}/metadata.json`, {
      within: folder,
      bytesMax: SIDECAR_BYTES_MAX,
    });
    document = parseBoundedJson(text);
  } catch {
    return {};
  }
  return sidecarOf(document, folder);
}

export function capturedAtOf(sidecar: Sidecar): Date | null {
  const date = new Date(sidecar.captured_at ?? NaN);
  return Number.isNaN(date.getTime()) ? null : date;
}
