/**
 * Which files are the index: those that the metadata's hash names, in their places or (after a swap
 * that was interrupted) staged.
 *
 * @module
 */
import {
  messageOf,
  parseBoundedJson,
  readPlainFile,
  readPlainTextFile,
  sha256Hex,
} from "../../core/mod.ts";
import { INDEX_METADATA_BYTES_MAX, type IndexMetadata, IndexMetadataSchema } from "./contract.ts";
import { IndexUnavailableError } from "./errors.ts";
import { indexPaths, stagedPaths } from "./index_paths.ts";

export interface ResolvedIndex {
  readonly metadata: IndexMetadata;
  /** Those whose hash the metadata names. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The file that they are from, for messages. */
  readonly indexFile: string;
}

/** The files of an index that somebody else has read and vouches for, as those of a flight package. */
export interface IndexBytes {
  readonly index: Uint8Array<ArrayBuffer>;
  readonly metadata: Uint8Array<ArrayBuffer>;
  /** Where the index is from, for messages. */
  readonly indexFile: string;
}

/** No index has more. */
const INDEX_BYTES_MAX = 16 * 1024 ** 3;

/** Times that a reader begins anew because a build has swapped the files under it. */
const ATTEMPTS = 8;

/**
 * Finds the index and lets `open` read it. When a build swaps the files meanwhile, begins anew: what
 * is returned was opened while it was the index.
 *
 * @throws IndexUnavailableError when a file is absent or they do not agree.
 */
export async function openIndexFiles<Opened>(
  indexPath: string,
  open: (resolved: ResolvedIndex) => Promise<Opened>,
  discard: (opened: Opened) => Promise<void>,
): Promise<Opened> {
  for (let attempt = 1;; attempt++) {
    const before = await fingerprint(indexPath);
    const last = attempt === ATTEMPTS;
    let opened: Opened;
    try {
      opened = await open(await resolveIndexFiles(indexPath));
    } catch (error) {
      if (last || await fingerprint(indexPath) === before) throw error;
      continue;
    }
    if (await fingerprint(indexPath) === before) return opened;
    await discard(opened);
    if (last) throw unavailable(`${indexPath} is being rebuilt again and again`);
  }
}

/** @throws IndexUnavailableError */
async function resolveIndexFiles(indexPath: string): Promise<ResolvedIndex> {
  const paths = indexPaths(indexPath);
  const metadata = parseMetadata(paths.metadata, await readText(paths.metadata));
  const { sha256 } = metadata;
  const staged = stagedPaths(indexPath, sha256);
  const listed = firstWord(await readText(paths.sha256, staged.sha256));
  if (listed !== sha256 && firstWord(await readText(staged.sha256).catch(() => "")) !== sha256) {
    throw unavailable(
      `${paths.sha256} and ${paths.metadata} name different hashes (${listed || "nothing"}, ` +
        `${sha256})`,
    );
  }
  const found = await bytesOf(paths.index);
  const hash = found === null ? null : sha256Hex(found);
  if (found !== null && hash === sha256) {
    return { metadata, bytes: found, indexFile: paths.index };
  }
  const other = await bytesOf(staged.index);
  if (other !== null && sha256Hex(other) === sha256) {
    return { metadata, bytes: other, indexFile: staged.index };
  }
  throw unavailable(
    found === null
      ? `${paths.index} is not there`
      : `${paths.index} has SHA-256 ${hash}, its sidecars say ${sha256}`,
  );
}

/** @throws IndexUnavailableError when they do not agree */
export function indexOfBytes({ index, metadata: text, indexFile }: IndexBytes): ResolvedIndex {
  const { metadata: path } = indexPaths(indexFile);
  if (text.length > INDEX_METADATA_BYTES_MAX) throw unavailable(`${path} is too long`);
  const metadata = parseMetadata(path, new TextDecoder().decode(text));
  const found = sha256Hex(index);
  if (found === metadata.sha256) return { metadata, bytes: index, indexFile };
  throw unavailable(`${indexFile} has SHA-256 ${found}, its metadata says ${metadata.sha256}`);
}

export function unavailable(state: string, cause?: unknown): IndexUnavailableError {
  return new IndexUnavailableError(
    `Cannot open the descriptor index: ${state}; build the index or the flight package again`,
    { cause },
  );
}

/** Tells one set of files from another; a rename changes it. */
async function fingerprint(indexPath: string): Promise<string> {
  const parts: string[] = [];
  for (const path of Object.values(indexPaths(indexPath))) {
    const info = await Deno.stat(path).catch(() => null);
    parts.push(info === null ? "none" : `${info.ino} ${info.size} ${info.mtime?.getTime()}`);
  }
  return parts.join("/");
}

/** null where there is no such file. */
async function bytesOf(path: string): Promise<Uint8Array<ArrayBuffer> | null> {
  try {
    return await readPlainFile(path, { bytesMax: INDEX_BYTES_MAX });
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw unavailable(`${path} cannot be read (${messageOf(error)})`, error);
  }
}

const firstWord = (text: string) => text.split(/\s/, 1)[0];

/** The text of the first of `paths` that is there. */
async function readText(path: string, orElse?: string): Promise<string> {
  try {
    return await readPlainTextFile(path, { bytesMax: INDEX_METADATA_BYTES_MAX });
  } catch (error) {
    if (orElse !== undefined && error instanceof Deno.errors.NotFound) {
      const text = await readPlainTextFile(orElse, { bytesMax: INDEX_METADATA_BYTES_MAX })
        .catch(() => null);
      if (text !== null) return text;
    }
    throw unavailable(`${path} cannot be read (${messageOf(error)})`, error);
  }
}

function parseMetadata(path: string, text: string): IndexMetadata {
  try {
    return IndexMetadataSchema.parse(parseBoundedJson(text));
  } catch (error) {
    throw unavailable(`${path} is not the metadata of an index (${messageOf(error)})`, error);
  }
}
