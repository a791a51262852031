/**
 * A tile's row as one text: the columns that a reader wants, put together by the server. A row of 15
 * columns costs the drivers several times what its one text costs (a message of as many fields, a
 * type for each of them, an object of as many names).
 *
 * The fields are separated by the character U+001F. Those that neighbours have in common stand
 * together at the end: they are taken apart once for many rows. Only an attribution may hold the
 * separator (a source and the words have their CHECKs, JSON escapes it), so it stands last and takes
 * the rest.
 *
 * @module
 */
import {
  TileDatabaseError,
  type TileMetadata,
  type TileMetadataPersistent,
} from "../../tile_contract/mod.ts";
import type { SqlRow } from "./sql/database.ts";

const SEPARATOR = "\x1f";

/** Seconds since 1970, empty where there is no time. */
const seconds = (column: string) => `COALESCE(date_part('epoch', ${column})::text, '')`;
const orEmpty = (column: string) => `COALESCE(${column}::text, '')`;
const joined = (fields: readonly string[]) => `concat_ws(E'\\x1f', ${fields.join(", ")})`;

/** Columns as SQL makes a text of them that is never NULL: those of the one tile … */
const OWN_FIELDS = [
  "x",
  "y",
  orEmpty("content_sha256"),
  orEmpty("disk_bytes"),
];
/** … what the cache knows of it … */
const PERSISTENT_FIELDS = [
  orEmpty("tile_uuid"),
  orEmpty("location_hash"),
  "latitude_deg",
  "longitude_deg",
  seconds("created_at"),
  seconds("accessed_at"),
  seconds("uploaded_at"),
  "upload_attempts",
];
/** … and what it has in common with its neighbours. */
const COMMON_FIELDS = [
  "zoom",
  "tile_size_px",
  "source",
  "source_gsd_m",
  seconds("captured_at"),
  "coverage",
  orEmpty("freshness_label"),
  // Three cells, which only tiles made in flight have: the others need not look at each.
  "CASE WHEN flight_id IS NULL AND voting_status IS NULL AND quality IS NULL THEN E'\\x1f\\x1f' " +
  `ELSE ${joined(["flight_id", "voting_status", "quality"].map(orEmpty))} END`,
  "attribution",
];

/** Raw columns that rows of one text in common have in common. */
const COMMON_COLUMNS = "zoom, tile_size_px, source, source_gsd_m, captured_at, coverage, " +
  "freshness_label, flight_id, voting_status, quality, attribution";

const packed = (...fields: readonly string[]) =>
  `concat_ws(E'\\x1f', ${fields.join(", ")}) AS tile`;
/** What {@link metadataOf} needs. */
export const COLUMNS = packed(...OWN_FIELDS, ...COMMON_FIELDS);
/** What {@link persistentOf} needs. */
export const PERSISTENT_COLUMNS = packed(...OWN_FIELDS, ...PERSISTENT_FIELDS, ...COMMON_FIELDS);

/**
 * What {@link metadataOfGroup} needs, and its GROUP BY: neighbours of one map row in one text, and
 * what they have in common made once. Not more than a map row: who keeps one tile's hash, a piece of
 * that text, keeps the text.
 */
export const GROUP = {
  columns: `string_agg(${joined([...OWN_FIELDS, "''"])}, E'\\x1e') AS own, ` +
    `${joined(COMMON_FIELDS)} AS common`,
  by: `y, ${COMMON_COLUMNS}`,
} as const;
const TILE_SEPARATOR = "\x1e";

/** Rows of before identities and hashes are no tiles. */
export const IDENTIFIED = "tile_uuid IS NOT NULL AND content_sha256 IS NOT NULL";

/** @throws TileDatabaseError, which names the tile, for a row that is none. */
export function metadataOf(row: SqlRow): TileMetadata {
  return metadataFrom(new Cells(row.tile as string));
}

/** The tiles of a group, in no order. @throws TileDatabaseError, which names a row that is no tile's. */
export function metadataOfGroup(row: SqlRow): readonly TileMetadata[] {
  const common = commonOf(new Cells(row.common as string));
  return (row.own as string).split(TILE_SEPARATOR)
    .map((own) => metadataOfParts(ownOf(new Cells(own)), common));
}

/** @throws TileDatabaseError, which names the tile, for a row that is none. */
export function persistentOf(row: SqlRow): TileMetadataPersistent {
  const cells = new Cells(row.tile as string);
  const own = ownOf(cells);
  const persistent = {
    tileUuid: cells.text("tile_uuid", 36),
    locationHash: cells.text("location_hash", 36),
    latitudeDeg: cells.number("latitude_deg"),
    longitudeDeg: cells.number("longitude_deg"),
    createdAt: cells.date("created_at") ?? cells.refuse("created_at"),
    accessedAt: cells.date("accessed_at"),
    uploadedAt: cells.date("uploaded_at"),
    uploadAttempts: cells.number("upload_attempts"),
  };
  return { ...metadataOfParts(own, commonOf(cells)), ...persistent };
}

function metadataFrom(cells: Cells): TileMetadata {
  return metadataOfParts(ownOf(cells), commonOf(cells));
}

interface Own {
  readonly x: number;
  readonly y: number;
  readonly contentSha256: string;
  readonly diskBytes: number;
}

function ownOf(cells: Cells): Own {
  return {
    x: cells.number("x"),
    y: cells.number("y"),
    contentSha256: cells.text("content_sha256", 64),
    diskBytes: cells.number("disk_bytes"),
  };
}

interface Common {
  /** As it stood in the row. */
  readonly text: string;
  readonly zoom: number;
  readonly tileSizePx: 256;
  readonly source: string;
  readonly flightId: string;
  readonly sourceGsdM: number;
  readonly capturedMs: number | null;
  readonly coverage: number;
  readonly freshnessLabel: string;
  readonly votingStatus: string;
  readonly quality: string;
  readonly attribution: string;
}

/** Of the row before. */
let lastCommon: Common | null = null;

function commonOf(cells: Cells): Common {
  const text = cells.rest();
  if (lastCommon?.text === text) return lastCommon;
  lastCommon = {
    text,
    zoom: cells.number("zoom"),
    tileSizePx: cells.number("tile_size_px") as 256,
    source: cells.text("source"),
    sourceGsdM: cells.number("source_gsd_m"),
    capturedMs: cells.date("captured_at")?.getTime() ?? null,
    coverage: cells.number("coverage"),
    freshnessLabel: cells.text("freshness_label"),
    flightId: cells.text("flight_id"),
    votingStatus: cells.text("voting_status"),
    quality: cells.text("quality"),
    attribution: cells.rest(),
  };
  return lastCommon;
}

/** Nothing that can be changed is shared between two tiles. */
function metadataOfParts({ x, y, contentSha256, diskBytes }: Own, common: Common): TileMetadata {
  const { zoom, source, flightId, capturedMs, freshnessLabel, votingStatus, quality } = common;
  return {
    tileId: flightId === "" ? { zoom, x, y, source } : { zoom, x, y, source, flightId },
    tileSizePx: common.tileSizePx,
    sourceGsdM: common.sourceGsdM,
    capturedAt: capturedMs === null ? null : new Date(capturedMs),
    contentSha256,
    diskBytes,
    coverage: common.coverage,
    attribution: common.attribution,
    ...(freshnessLabel === "" ? undefined : { freshnessLabel }),
    ...(votingStatus === "" ? undefined : { votingStatus }),
    ...(quality === "" ? undefined : { quality: JSON.parse(quality) }),
  };
}

/** Takes a row apart from left to right. */
class Cells {
  readonly #row: string;
  #at = 0;

  constructor(row: string) {
    this.#row = row;
  }

  /** The next cell; of that length, where one is given. */
  text(column: string, length?: number): string {
    const end = this.#row.indexOf(SEPARATOR, this.#at);
    if (end < 0) throw this.#unusable(column);
    const cell = this.#row.slice(this.#at, end);
    if (length !== undefined && cell.length !== length) throw this.#unusable(column);
    this.#at = end + 1;
    return cell;
  }

  number(column: string): number {
    const cell = this.text(column);
    const value = cell === "" ? NaN : Number(cell);
    if (!Number.isFinite(value)) throw this.#unusable(column);
    return value;
  }

  date(column: string): Date | null {
    const cell = this.text(column);
    if (cell === "") return null;
    // Microseconds as a double of seconds: half of one is more than it is off by.
    const date = new Date(Math.floor(Number(cell) * 1000 + 0.0005));
    if (Number.isNaN(date.getTime())) throw this.#unusable(column);
    return date;
  }

  /** All that is left; it stays to be taken apart. */
  rest(): string {
    return this.#row.slice(this.#at);
  }

  refuse(column: string): never {
    throw this.#unusable(column);
  }

  #unusable(column: string): TileDatabaseError {
    const cells = this.#row.replaceAll(SEPARATOR, " ").slice(0, 300);
    return new TileDatabaseError(
      `Cannot use a row of the table tiles: its ${column} is none that a tile has, in "${cells}"; ` +
        "restore the database from a backup, or delete that row",
    );
  }
}
