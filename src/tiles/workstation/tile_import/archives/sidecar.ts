/**
 * Parses the metadata of an archive: the keys of MBTiles' metadata table, of PMTiles' JSON, and of
 * a tile folder's metadata.json.
 *
 * @module
 */
import * as z from "zod";
import { parseBoundedJson, readPlainTextFile } from "../../../../core/mod.ts";

/** Unknown keys are allowed and invalid values ignored: no tile depends on them. */
const SidecarSchema = z.object({
  attribution: z.string().optional().catch(undefined),
  format: z.string().optional().catch(undefined),
  /** Our own: the oldest capture in the archive, ISO 8601. */
  captured_at: z.string().optional().catch(undefined),
  /** Our own: by how much the datum of the imagery may shift it, metres. */
  registration_error_m: z.coerce.number().min(0).max(100_000).optional().catch(undefined),
  /** TileJSON: "xyz" or "tms". */
  scheme: z.string().optional().catch(undefined),
  /** Degrees, "W,S,E,N" or its numbers. */
  bounds: z.union([z.string(), z.array(z.number())]).optional().catch(undefined),
});
export type Sidecar = z.infer<typeof SidecarSchema>;

const SIDECAR_BYTES_MAX = 1_000_000;

export function sidecarOf(document: unknown): Sidecar {
  const parsed = SidecarSchema.safeParse(document);
  return parsed.success ? parsed.data : {};
}

/** Of a folder; empty when the file is absent or not such a document. */
export async function readSidecar(folder: string): Promise<Sidecar> {
  try {
    const text = await readPlainTextFile(`${folder}/metadata.json`, {
      within: folder,
      bytesMax: SIDECAR_BYTES_MAX,
    });
    return sidecarOf(parseBoundedJson(text));
  } catch {
    return {};
  }
}

export function capturedAtOf(sidecar: Sidecar): Date | null {
  const date = new Date(sidecar.captured_at ?? NaN);
  return Number.isNaN(date.getTime()) ? null : date;
}
