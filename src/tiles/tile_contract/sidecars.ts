/**
 * The sidecar files of a picture: its metadata as JSON, from which its row can be rebuilt, and its
 * SHA-256 in the format of `sha256sum --check`.
 *
 * @module
 */
import type { TileMetadata } from "./contract.ts";
import { tileUuid } from "./identity.ts";

export const SIDECARS = [".json", ".sha256"] as const;

/** Cached, because a write needs first their size, then their content. */
const CONTENTS = new WeakMap<TileMetadata, readonly Uint8Array<ArrayBuffer>[]>();

/** Bytes of the sidecars, in the order of {@link SIDECARS}; do not modify them. */
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
