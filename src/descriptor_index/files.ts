/**
 * The three files of an index and how they change together: all are written and synced under other
 * names, then renamed. After a crash between the renames they do not agree, and loading says so.
 *
 * @module
 */
import { basename, dirname } from "node:path";
import {
  messageOf,
  renameOrRemove,
  sha256OfFile,
  syncPath,
  temporaryPathFor,
  writeSynced,
} from "../core/mod.ts";
import { type IndexMetadata, IndexMetadataSchema } from "./contract.ts";
import { IndexUnavailableError } from "./errors.ts";

export interface IndexPaths {
  readonly index: string;
  readonly sha256: string;
  readonly metadata: string;
}

/** `indexPath` names the `.index` file; the others stand beside it. */
export function indexPaths(indexPath: string): IndexPaths {
  return {
    index: indexPath,
    sha256: `${indexPath}.sha256`,
    metadata: `${indexPath}.meta.json`,
  };
}

/**
 * Writes the three files. `writeIndex` fills the path it is given; `metadata` is completed with the
 * hash of what it wrote.
 */
export async function replaceIndexFiles(
  indexPath: string,
  writeIndex: (path: string) => Promise<void>,
  metadata: Omit<IndexMetadata, "sha256">,
): Promise<IndexMetadata> {
  const paths = indexPaths(indexPath);
  const temporary = {
    index: temporaryPathFor(paths.index),
    sha256: temporaryPathFor(paths.sha256),
    metadata: temporaryPathFor(paths.metadata),
  };
  const encoder = new TextEncoder();
  try {
    await Deno.mkdir(dirname(indexPath), { recursive: true });
    await writeIndex(temporary.index);
    await syncPath(temporary.index);
    const sha256 = await sha256OfFile(temporary.index);
    const complete = { ...metadata, sha256 };
    await writeSynced(temporary.sha256, encoder.encode(`${sha256}  ${basename(indexPath)}\n`));
    const json = JSON.stringify(complete, null, 2) + "\n";
    await writeSynced(temporary.metadata, encoder.encode(json));
    for (const key of ["index", "sha256", "metadata"] as const) {
      await renameOrRemove(temporary[key], paths[key]);
    }
    await syncPath(dirname(indexPath));
    return complete;
  } catch (error) {
    for (const path of Object.values(temporary)) await Deno.remove(path).catch(() => {});
    throw error;
  }
}

/**
 * Reads the metadata and checks that index and sidecars agree about the hash.
 *
 * @throws IndexUnavailableError
 */
export async function readIndexMetadata(indexPath: string): Promise<IndexMetadata> {
  const paths = indexPaths(indexPath);
  const metadata = parseMetadata(paths.metadata, await readText(paths.metadata));
  const [listed] = (await readText(paths.sha256)).split(/\s/, 1);
  if (listed !== metadata.sha256) {
    throw unavailable(
      `${paths.sha256} and ${paths.metadata} name different hashes (${listed || "nothing"}, ` +
        `${metadata.sha256}), as after an interrupted build`,
    );
  }
  const found = await sha256OfFile(paths.index).catch((error) => {
    throw unavailable(`${paths.index} cannot be read (${messageOf(error)})`, error);
  });
  if (found !== metadata.sha256) {
    throw unavailable(`${paths.index} has SHA-256 ${found}, its sidecars say ${metadata.sha256}`);
  }
  return metadata;
}

export function unavailable(state: string, cause?: unknown): IndexUnavailableError {
  return new IndexUnavailableError(
    `Cannot open the descriptor index: ${state}; build the index or the flight package again`,
    { cause },
  );
}

async function readText(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    throw unavailable(`${path} cannot be read (${messageOf(error)})`, error);
  }
}

function parseMetadata(path: string, text: string): IndexMetadata {
  try {
    return IndexMetadataSchema.parse(JSON.parse(text));
  } catch (error) {
    throw unavailable(`${path} is not the metadata of an index (${messageOf(error)})`, error);
  }
}
