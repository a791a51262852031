/**
 * What the exports have in common about their output.
 *
 * @module
 */
import {
  GdnError,
  messageOf,
  OutputBusyError,
  OutputTakenError,
  OutputWriteError,
  parseBoundedJson,
  readPlainTextFile,
} from "../../../core/mod.ts";

/** Marks a tile folder of ours; only such a folder is replaced. */
export const FOLDER_DOCUMENT = "metadata.json";

/** Why the folder is not replaced; null for an export of ours. */
export async function refuseForeignFolder(folder: string): Promise<string | null> {
  return await isOurs(folder)
    ? null
    : `it is no folder of exported tiles (no ${FOLDER_DOCUMENT} of ours)`;
}

async function isOurs(folder: string): Promise<boolean> {
  try {
    const path = `${folder}/${FOLDER_DOCUMENT}`;
    const text = await readPlainTextFile(path, { within: folder, bytesMax: 1024 * 1024 });
    return (parseBoundedJson(text) as { description?: unknown }).description ===
      "tiles of a gps-denied-onboard cache";
  } catch {
    return false;
  }
}

/** An error in the content of the cache during an export. */
export function exportFault(error: unknown): unknown {
  const isOutputs = error instanceof OutputTakenError || error instanceof OutputBusyError ||
    error instanceof OutputWriteError;
  if (!(error instanceof GdnError) || isOutputs) return error;
  return new GdnError(
    "EXPORT",
    `Cannot export: ${messageOf(error)} (nothing was written; \`operator cache verify\` checks ` +
      "all tiles)",
    { cause: error, exitCode: error.exitCode },
  );
}
