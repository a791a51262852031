/**
 * What stands beside a picture: its metadata as JSON, from which its row can be made again, and its
 * SHA-256 as `sha256sum --check` reads it.
 *
 * @module
 */
import type { TileMetadata } from "./contract.ts";
import { tileUuid } from "./identity.ts";

export const SIDECARS = [".json", ".sha256"] as const;

/** A tile on its way is asked for their size, then for themselves. */
const CONTENTS = new WeakMap<TileMetadata, readonly Uint8Array<ArrayBuffer>[]>();

/** Bytes of the sidecars, in the order of {@link SIDECARS}; nobody may change them. */
export function sidecarContents(metadata: TileMetadata): readonly Uint8Array<ArrayBuffer>[] {
  let contents = CONTENTS.get(metadata);
  if (contents === undefined) CONTENTS.set(metadata, contents = contentsOf(metadata));
  return contents;
}

function contentsOf(metadata: TileMetadata): readonly Uint8Array<ArrayBuffer>[] {
  const text = new TextEncoder();
  const document = { tileUuid: tileUuid(metadata.tileId), ...metadata };
  return [
    text.encode(JSON.stringify(document, null, 2) + "\n"),
    text.encode(`${metadata.contentSha256}  ${metadata.tileId.y}.jpg\n`),
  ];
}

export function sidecarBytes(metadata: TileMetadata): number {
  return sidecarContents(metadata).reduce((sum, bytes) => sum + bytes.length, 0);
}
