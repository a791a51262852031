/**
 * Encodes the header of a PMTiles file, version 3: 127 bytes.
 *
 * @module
 */
import type { Bbox } from "../../../tile_contract/mod.ts";
import { HEADER_BYTES } from "./directories.ts";

interface HeaderFields {
  readonly rootBytes: number;
  readonly metadataBytes: number;
  readonly leavesBytes: number;
  readonly dataBytes: number;
  readonly addressedTiles: number;
  readonly entries: number;
  readonly pictures: number;
  /** Whether some of the pictures are PNGs: then the header names no type for all of them. */
  readonly hasPng: boolean;
  readonly zoomMin: number;
  readonly zoomMax: number;
  readonly bounds: Bbox;
  readonly centre: { readonly latitudeDeg: number; readonly longitudeDeg: number };
}

const VERSION = 3;
const CLUSTERED = 1;
const COMPRESSION_NONE = 1;
const COMPRESSION_GZIP = 2;
const TILE_TYPE_MIXED = 0;
const TILE_TYPE_JPEG = 3;

/** The sections in order: header, root, metadata, leaves, tiles. */
export function makeHeader(fields: HeaderFields): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(HEADER_BYTES);
  const view = new DataView(bytes.buffer);
  bytes.set(new TextEncoder().encode("PMTiles"));
  bytes[7] = VERSION;
  let at = 8, offset = HEADER_BYTES;
  const number = (value: number) => {
    view.setBigUint64(at, BigInt(value), true);
    at += 8;
  };
  for (
    const length of [fields.rootBytes, fields.metadataBytes, fields.leavesBytes, fields.dataBytes]
  ) {
    number(offset);
    number(length);
    offset += length;
  }
  for (const count of [fields.addressedTiles, fields.entries, fields.pictures]) number(count);
  const tileType = fields.hasPng ? TILE_TYPE_MIXED : TILE_TYPE_JPEG;
  const words = [CLUSTERED, COMPRESSION_GZIP, COMPRESSION_NONE, tileType];
  for (const word of [...words, fields.zoomMin, fields.zoomMax]) bytes[at++] = word;
  const { bounds, centre } = fields;
  const position = (longitudeDeg: number, latitudeDeg: number) => {
    for (const degrees of [longitudeDeg, latitudeDeg]) {
      view.setInt32(at, Math.round(degrees * 1e7), true);
      at += 4;
    }
  };
  position(bounds.westDeg, bounds.southDeg);
  position(bounds.eastDeg, bounds.northDeg);
  bytes[at++] = fields.zoomMax;
  position(centre.longitudeDeg, centre.latitudeDeg);
  return bytes;
}
