/**
 * File format of the tile journal: entries one after another, each complete or ignored.
 *
 *     "GTJ1"  u32 bytes of the JSON  u32 bytes of the picture  SHA-256 of all of that and what follows
 *     JSON: { "operation": "write" | "renew" | "delete", metadata of the tile }
 *     picture (JPEG)
 *
 * Numbers are big-endian. A reader that finds anything else searches for the next entry with a
 * correct hash: a loss of power cuts the last entry, a bad block damages one in the middle.
 *
 * @module
 */
import { createHash } from "node:crypto";
import * as z from "zod";
import { parseBoundedJson } from "../../core/mod.ts";
import {
  checkNewTile,
  checkTileMetadata,
  type NewTile,
  type TileMetadata,
} from "../tile_contract/mod.ts";

const MAGIC = [0x47, 0x54, 0x4a, 0x31];
const HASH_AT = 12;
export const HEADER_BYTES = HASH_AT + 32;
/** Larger values are damage: a tile has at most 4 MiB and its JSON a few kilobytes. */
const JSON_BYTES_MAX = 64 * 1024;
const PICTURE_BYTES_MAX = 4 * 1024 * 1024;

export type JournalOperation = "write" | "renew" | "delete";

export interface JournalEntry {
  readonly operation: JournalOperation;
  readonly metadata: TileMetadata;
  /** Where its picture is in the file; none for a deletion. */
  readonly pictureAt: number;
  readonly end: number;
}

const DocumentSchema = z.looseObject({
  operation: z.enum(["write", "renew", "delete"]),
  metadata: z.looseObject({ capturedAt: z.iso.datetime().nullable() }),
});

export function encodeEntry(operation: JournalOperation, tile: NewTile): Uint8Array<ArrayBuffer> {
  const picture = operation === "delete" ? new Uint8Array(0) : tile.jpeg;
  const json = new TextEncoder().encode(JSON.stringify({ operation, metadata: tile.metadata }));
  const entry = new Uint8Array(HEADER_BYTES + json.length + picture.length);
  const view = new DataView(entry.buffer);
  entry.set(MAGIC);
  view.setUint32(4, json.length);
  view.setUint32(8, picture.length);
  entry.set(json, HEADER_BYTES);
  entry.set(picture, HEADER_BYTES + json.length);
  entry.set(hashOf(entry.subarray(0, HASH_AT), entry.subarray(HEADER_BYTES)), HASH_AT);
  return entry;
}

function hashOf(...parts: Uint8Array[]): Uint8Array {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest();
}

/** Lengths of the entry that begins with these bytes; null when none does. */
export function readHeader(header: Uint8Array): { json: number; picture: number } | null {
  if (header.length < HEADER_BYTES || MAGIC.some((byte, i) => header[i] !== byte)) return null;
  const view = new DataView(header.buffer, header.byteOffset, header.length);
  const json = view.getUint32(4), picture = view.getUint32(8);
  return json > 0 && json <= JSON_BYTES_MAX && picture <= PICTURE_BYTES_MAX
    ? { json, picture }
    : null;
}

/**
 * Whether a file without a complete entry may be the beginning of one that was cut short. `begin`
 * is the start of the file.
 */
export function maybeCutEntry(begin: Uint8Array, fileBytes: number): boolean {
  // Before the power went, the file system may have set the length without writing the bytes.
  if (begin.every((byte) => byte === 0)) return true;
  if (!begin.subarray(0, MAGIC.length).every((byte, i) => byte === MAGIC[i])) return false;
  if (begin.length < HASH_AT) return true;
  const header = new Uint8Array(HEADER_BYTES);
  header.set(begin.subarray(0, HASH_AT));
  const lengths = readHeader(header);
  return lengths !== null && fileBytes < HEADER_BYTES + lengths.json + lengths.picture;
}

/** Position of the next possible entry, from `from` on; null when there is none. */
export function findMagic(bytes: Uint8Array, from: number): number | null {
  for (let at = bytes.indexOf(MAGIC[0], from); at !== -1; at = bytes.indexOf(MAGIC[0], at + 1)) {
    if (MAGIC.every((byte, i) => at + i >= bytes.length || bytes[at + i] === byte)) return at;
  }
  return null;
}

/** Parses an entry; null when its hash or its content is wrong. */
export function decodeEntry(entry: Uint8Array, at: number): JournalEntry | null {
  const lengths = readHeader(entry);
  if (lengths === null || entry.length !== HEADER_BYTES + lengths.json + lengths.picture) {
    return null;
  }
  const hash = hashOf(entry.subarray(0, HASH_AT), entry.subarray(HEADER_BYTES));
  if (!hash.every((byte, i) => byte === entry[HASH_AT + i])) return null;
  try {
    const text = new TextDecoder("utf-8", { fatal: true });
    const json = entry.subarray(HEADER_BYTES, HEADER_BYTES + lengths.json);
    const document = DocumentSchema.parse(parseBoundedJson(text.decode(json)));
    const { capturedAt, ...rest } = document.metadata;
    const metadata = checkTileMetadata(
      { ...rest, capturedAt: capturedAt === null ? null : new Date(capturedAt) } as TileMetadata,
    );
    if (document.operation !== "delete") {
      checkNewTile({ metadata, jpeg: entry.subarray(HEADER_BYTES + lengths.json) });
    }
    return {
      operation: document.operation,
      metadata,
      pictureAt: at + HEADER_BYTES + lengths.json,
      end: at + entry.length,
    };
  } catch {
    return null;
  }
}
