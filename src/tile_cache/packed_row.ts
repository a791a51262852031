/**
 * A tile's row as one text: the columns that a reader wants, put together by the server. A row of 15
 * columns costs the drivers several times what its one text costs (a message of as many fields, a
 * type for each of them, an object of as many names).
 *
 * The fields are separated by the character U+001F. Only an attribution may hold that character (a
 * source and the words have their CHECKs, JSON escapes it), so it stands last and takes the rest.
 *
 * @module
 */
import type { TileMetadata, TileMetadataPersistent } from "./contract.ts";
import { TileDatabaseError } from "./errors.ts";
import type { SqlRow } from "./sql/database.ts";

const SEPARATOR = "\x1f";

/** Seconds since 1970, empty where there is no time. */
const seconds = (column: string) => `COALESCE(date_part('epoch', ${column})::text, '')`;
const orEmpty = (column: string) => `COALESCE(${column}::text, '')`;
const packed = (fields: Readonly<Record<string, string>>) =>
  `concat_ws(E'\\x1f', ${Object.values(fields).join(", ")}, attribution) AS tile`;

/** Columns, in the order of the cells, as SQL makes a text of them that is never NULL. */
const FIELDS = {
  zoom: "zoom",
  x: "x",
  y: "y",
  tile_size_px: "tile_size_px",
  source: "source",
  flight_id: orEmpty("flight_id"),
  source_gsd_m: "source_gsd_m",
  captured_at: seconds("captured_at"),
  coverage: "coverage",
  content_sha256: orEmpty("content_sha256"),
  disk_bytes: orEmpty("disk_bytes"),
  freshness_label: orEmpty("freshness_label"),
  voting_status: orEmpty("voting_status"),
  quality: orEmpty("quality"),
};
const PERSISTENT_FIELDS = {
  ...FIELDS,
  tile_uuid: orEmpty("tile_uuid"),
  location_hash: orEmpty("location_hash"),
  latitude_deg: "latitude_deg",
  longitude_deg: "longitude_deg",
  created_at: seconds("created_at"),
  accessed_at: seconds("accessed_at"),
  uploaded_at: seconds("uploaded_at"),
  upload_attempts: "upload_attempts",
};
const NAMES = Object.keys(PERSISTENT_FIELDS);
const FIELD_COUNT = Object.keys(FIELDS).length;

/** What {@link metadataOf} needs. */
export const COLUMNS = packed(FIELDS);
/** What {@link persistentOf} needs; enough for {@link metadataOf} too. */
export const PERSISTENT_COLUMNS = packed(PERSISTENT_FIELDS);

/** Rows of before identities and hashes are no tiles. */
export const IDENTIFIED = "tile_uuid IS NOT NULL AND content_sha256 IS NOT NULL";

/** @throws TileDatabaseError, which names the tile, for a row that is none. */
export function metadataOf(row: SqlRow): TileMetadata {
  const cells = cellsOf(row);
  return metadataOfCells(cells, restFrom(cells, FIELD_COUNT));
}

/** @throws TileDatabaseError, which names the tile, for a row that is none. */
export function persistentOf(row: SqlRow): TileMetadataPersistent {
  const cells = cellsOf(row);
  const at = FIELD_COUNT;
  const tileUuid = cells[at], locationHash = cells[at + 1];
  if (tileUuid?.length !== 36 || locationHash?.length !== 36) throw unusable(cells, "identity");
  const createdAt = dateOf(cells, at + 4);
  if (createdAt === null) throw unusable(cells, "created_at");
  return {
    ...metadataOfCells(cells, restFrom(cells, NAMES.length)),
    tileUuid,
    locationHash,
    latitudeDeg: numberOf(cells, at + 2),
    longitudeDeg: numberOf(cells, at + 3),
    createdAt,
    accessedAt: dateOf(cells, at + 5),
    uploadedAt: dateOf(cells, at + 6),
    uploadAttempts: numberOf(cells, at + 7),
  };
}

function cellsOf(row: SqlRow): readonly string[] {
  return (row.tile as string).split(SEPARATOR);
}

/** The attribution, which may hold the separator. */
function restFrom(cells: readonly string[], index: number): string {
  if (cells.length <= index) throw unusable(cells, "attribution");
  return cells.length === index + 1 ? cells[index] : cells.slice(index).join(SEPARATOR);
}

function metadataOfCells(cells: readonly string[], attribution: string): TileMetadata {
  const [, , , , source, flightId, , , , contentSha256, , freshnessLabel, votingStatus, quality] =
    cells;
  if (contentSha256.length !== 64) throw unusable(cells, "content_sha256");
  const zoom = numberOf(cells, 0), x = numberOf(cells, 1), y = numberOf(cells, 2);
  return {
    tileId: flightId === "" ? { zoom, x, y, source } : { zoom, x, y, source, flightId },
    tileSizePx: numberOf(cells, 3) as 256,
    sourceGsdM: numberOf(cells, 6),
    capturedAt: dateOf(cells, 7),
    contentSha256,
    diskBytes: numberOf(cells, 10),
    coverage: numberOf(cells, 8),
    attribution,
    ...(freshnessLabel === "" ? undefined : { freshnessLabel }),
    ...(votingStatus === "" ? undefined : { votingStatus }),
    ...(quality === "" ? undefined : { quality: JSON.parse(quality) }),
  };
}

function numberOf(cells: readonly string[], index: number): number {
  const cell = cells[index];
  const value = cell === "" ? NaN : Number(cell);
  if (!Number.isFinite(value)) throw unusable(cells, NAMES[index]);
  return value;
}

function dateOf(cells: readonly string[], index: number): Date | null {
  const cell = cells[index];
  if (cell === "") return null;
  // Seconds with their microseconds as a double: half a microsecond is more than they are off by.
  const date = new Date(Math.floor(Number(cell) * 1000 + 0.0005));
  if (Number.isNaN(date.getTime())) throw unusable(cells, NAMES[index]);
  return date;
}

function unusable(cells: readonly string[], column: string): TileDatabaseError {
  const [zoom, x, y, , source, flightId] = cells;
  const tile = [zoom, x, y, source, flightId].filter((part) => part).join("/");
  return new TileDatabaseError(
    `Cannot read the row of tile ${tile}: its ${column} is none that a tile has; restore the ` +
      "database from a backup, or delete that row from the table tiles",
  );
}
