/**
 * Identities that every copy of a tile shares: UUID version 5 (RFC 9562, 5.5) of its key.
 *
 * @module
 */
import { createHash } from "node:crypto";
import type { SlippyTile } from "../../core/mod.ts";
import type { TileId } from "./contract.ts";

/** Namespace of every tile UUID; never changes. */
const TILE_NAMESPACE = "5b8d0c2e-1a4f-4b3a-8c9d-e7f6a3b2c1d0";
/** The flight id of tiles without a flight. */
export const ZERO_UUID = "00000000-0000-0000-0000-000000000000";

/** UUID version 5 of a name in a namespace. */
export function uuidV5(namespace: string, name: string): string {
  const digest = createHash("sha1")
    .update(Uint8Array.fromHex(namespace.replaceAll("-", "")))
    .update(name)
    .digest();
  digest[6] = (digest[6] & 0x0f) | 0x50;
  digest[8] = (digest[8] & 0x3f) | 0x80;
  const hex = digest.toString("hex").slice(0, 32);
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/** `{z}/{x}/{y}/{source}/{flight or zero}`: the natural key, readable. */
export function tileKey(id: TileId): string {
  return `${id.zoom}/${id.x}/${id.y}/${id.source}/${id.flightId ?? ZERO_UUID}`;
}

/** Cached, because writing a tile needs its UUID several times. */
const UUIDS = new WeakMap<TileId, string>();

export function tileUuid(id: TileId): string {
  let uuid = UUIDS.get(id);
  if (uuid === undefined) UUIDS.set(id, uuid = uuidV5(TILE_NAMESPACE, tileKey(id)));
  return uuid;
}

/** The same for all tiles of one place, whatever their source. */
export function locationHash(place: SlippyTile): string {
  return uuidV5(TILE_NAMESPACE, `${place.zoom}/${place.x}/${place.y}`);
}
