/**
 * The bytes that a flight's key signs for each of its tiles.
 *
 *     "gdn-tile-v1\0"                     12 bytes
 *     SHA-256 of the JPEG                 32
 *     zoom u8, x u32, y u32                9
 *     capture timestamp i64, nanoseconds   8
 *     flight id                           16
 *     companion id: u16 length, UTF-8      2 + n
 *     SHA-256 of the quality JSON         32
 *
 * All big-endian; the quality JSON has its keys sorted at every level and no white space.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { TileManagerError } from "../errors.ts";

interface SignedTile {
  /** 64 hex digits. */
  readonly contentSha256: string;
  readonly zoom: number;
  readonly x: number;
  readonly y: number;
  /** Since the epoch. */
  readonly captureTimestampNs: bigint;
  /** UUID. */
  readonly flightId: string;
  readonly companionId: string;
  readonly quality: Readonly<Record<string, unknown>>;
}

const MAGIC = new TextEncoder().encode("gdn-tile-v1\0");
const COMPANION_BYTES_MAX = 256;

/** @throws TileManagerError for a value that does not fit the layout. */
export function signedPayload(tile: SignedTile): Uint8Array<ArrayBuffer> {
  const companion = new TextEncoder().encode(tile.companionId);
  if (companion.length === 0 || companion.length > COMPANION_BYTES_MAX) {
    throw badTile(
      `the companion id has ${companion.length} bytes; 1 to ${COMPANION_BYTES_MAX} are allowed`,
    );
  }
  for (
    const [name, value, maximum] of [["zoom", tile.zoom, 22], ["x", tile.x, 2 ** 32 - 1], [
      "y",
      tile.y,
      2 ** 32 - 1,
    ]] as const
  ) {
    if (!Number.isInteger(value) || value < 0 || value > maximum) {
      throw badTile(`${name} is ${value}`);
    }
  }
  const bytes = new Uint8Array(12 + 32 + 9 + 8 + 16 + 2 + companion.length + 32);
  const view = new DataView(bytes.buffer);
  let at = 0;
  const put = (part: Uint8Array) => {
    bytes.set(part, at);
    at += part.length;
  };
  put(MAGIC);
  put(hexBytes(tile.contentSha256, 32, "content SHA-256"));
  view.setUint8(at, tile.zoom);
  view.setUint32(at + 1, tile.x);
  view.setUint32(at + 5, tile.y);
  view.setBigInt64(at + 9, tile.captureTimestampNs);
  at += 17;
  put(hexBytes(tile.flightId.replaceAll("-", ""), 16, "flight id"));
  view.setUint16(at, companion.length);
  at += 2;
  put(companion);
  put(createHash("sha256").update(canonicalJson(tile.quality)).digest());
  return bytes;
}

/** JSON with sorted keys at every level, without white space. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(
    value,
    (_key, inner) =>
      inner !== null && typeof inner === "object" && !Array.isArray(inner)
        ? Object.fromEntries(
          Object.entries(inner).sort(([a], [b]) => a < b ? -1 : a > b ? 1 : 0),
        )
        : inner,
  );
}

function hexBytes(hex: string, length: number, name: string): Uint8Array {
  if (!/^[0-9a-fA-F]*$/.test(hex) || hex.length !== 2 * length) {
    throw badTile(`its ${name} is not ${length} bytes in hexadecimal`);
  }
  return Uint8Array.from({ length }, (_, i) => parseInt(hex.slice(2 * i, 2 * i + 2), 16));
}

function badTile(why: string): TileManagerError {
  return new TileManagerError("TILE_NOT_SIGNABLE", `Cannot sign a tile: ${why}`);
}
