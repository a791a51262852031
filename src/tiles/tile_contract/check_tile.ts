/**
 * Checks a new tile before any I/O: metadata, bytes and hash.
 *
 * @module
 */
import { jpegHeaderSize, messageOf, sha256Hex } from "../../core/mod.ts";
import {
  type NewTile,
  type TileId,
  TileIdSchema,
  type TileMetadata,
  TileMetadataSchema,
} from "./contract.ts";
import { ContentHashMismatchError, TileMetadataError } from "./errors.ts";
import { tileKey } from "./identity.ts";

/** A tile of 256×256 is far smaller; anything larger is refused. */
export const JPEG_BYTES_MAX = 4 * 1024 * 1024;

export function checkTileId(tileId: TileId): TileId {
  const parsed = TileIdSchema.safeParse(tileId);
  if (!parsed.success) {
    throw new TileMetadataError(
      `Cannot use the tile id ${JSON.stringify(tileId)}: ${messageOf(parsed.error)}`,
      { cause: parsed.error },
    );
  }
  return parsed.data;
}

/** A tile made in flight waits for its upload from the moment it exists. */
function normalForm(metadata: TileMetadata): TileMetadata {
  return metadata.tileId.source === "onboard_ingest" && metadata.votingStatus === undefined
    ? { ...metadata, votingStatus: "pending" }
    : metadata;
}

/** The metadata in normal form. @throws TileMetadataError */
export function checkTileMetadata(metadata: TileMetadata): TileMetadata {
  const parsed = TileMetadataSchema.safeParse(metadata);
  if (parsed.success) return normalForm(parsed.data);
  throw new TileMetadataError(
    `Cannot write a tile: its metadata is invalid: ${messageOf(parsed.error)}`,
    { cause: parsed.error },
  );
}

/**
 * Returns the tile with its metadata in normal form.
 *
 * @throws TileMetadataError | ContentHashMismatchError
 */
export function checkNewTile(tile: NewTile): NewTile {
  const metadata = checkTileMetadata(tile.metadata);
  const { tileId } = metadata, key = tileKey(tileId);
  const refuse = (state: string) =>
    new TileMetadataError(`Cannot write tile ${key}: ${state}`, { tileId });
  // A copy: the caller may reuse its buffer while the tile is being written.
  const jpeg = tile.jpeg.slice();
  const size = jpegHeaderSize(jpeg);
  if (size === null) throw refuse("its bytes are not a JPEG");
  if (size.widthPx !== metadata.tileSizePx || size.heightPx !== metadata.tileSizePx) {
    throw refuse(
      `its picture has ${size.widthPx}×${size.heightPx} pixels, ` +
        `it must have ${metadata.tileSizePx}×${metadata.tileSizePx}`,
    );
  }
  if (jpeg.length > JPEG_BYTES_MAX) {
    throw refuse(`it has ${jpeg.length} bytes; at most ${JPEG_BYTES_MAX} are allowed`);
  }
  if (jpeg.at(-2) !== 0xff || jpeg.at(-1) !== 0xd9) {
    throw refuse("its JPEG has no end marker: it was cut short");
  }
  if (jpeg.length !== metadata.diskBytes) {
    throw refuse(`it has ${jpeg.length} bytes, its metadata states ${metadata.diskBytes}`);
  }
  const sha256 = sha256Hex(jpeg);
  if (sha256 !== metadata.contentSha256) {
    throw new ContentHashMismatchError(
      `Cannot write tile ${key}: its bytes have SHA-256 ${sha256}, its metadata states ` +
        metadata.contentSha256,
      { tileId },
    );
  }
  return { metadata, jpeg };
}
