/**
 * Packs a tile's row into one text in SQL and unpacks it here. A row of 15 columns costs the
 * drivers several times what one text costs (one message field, one type and one object property
 * for each column).
 *
 * Fields are separated by the character U+001F. Those that neighbours have in common stand together
 * at the end and are parsed once for many rows. Only an attribution may contain the separator
 * (sources and labels have CHECK constraints, JSON escapes it), so it stands last and takes the
 * rest.
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

/** Seconds since 1970, empty when there is no time. */
const seconds = (column: string) => `COALESCE(date_part('epoch', ${column})::text, '')`;
const orEmpty = (column: string) => `COALESCE(${column}::text, '')`;
const joined = (fields: readonly string[]) => `concat_ws(E'\\x1f', ${fields.join(", ")})`;

/** Columns as SQL expressions that are never NULL. Fields of the individual tile … */
const OWN_FIELDS = [
  "x",
  "y",
  orEmpty("content_sha256"),
  orEmpty("disk_bytes"),
];
/** … what the cache knows about it … */
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
  orEmpty("registration_error_m"),
  // Three fields that only tiles made in flight have: one test spares the others three.
  "CASE WHEN flight_id IS NULL AND voting_status IS NULL AND quality IS NULL THEN E'\\x1f\\x1f' " +
  `ELSE ${joined(["flight_id", "voting_status", "quality"].map(orEmpty))} END`,
  "attribution",
];

/** The raw columns behind the common fields, for GROUP BY. */
const COMMON_COLUMNS = "zoom, tile_size_px, source, source_gsd_m, captured_at, coverage, " +
  "freshness_label, registration_error_m, flight_id, voting_status, quality, attribution";

const packed = (...fields: readonly string[]) =>
  `concat_ws(E'\\x1f', ${fields.join(", ")}) AS tile`;
/** The columns that {@link metadataOf} needs. */
export const COLUMNS = packed(...OWN_FIELDS, ...COMMON_FIELDS);
/** The columns that {@link persistentOf} needs. */
export const PERSISTENT_COLUMNS = packed(...OWN_FIELDS, ...PERSISTENT_FIELDS, ...COMMON_FIELDS);

/**
 * The columns that {@link metadataOfGroup} needs, and its GROUP BY: tiles of one map row in one
 * text, with their common fields once. Not more than one map row: a tile's hash is a slice of that
 * text and keeps all of it in memory.
 */
export const GROUP = {
  columns: `string_agg(${joined([...OWN_FIELDS, "''"])}, E'\\x1e') AS own, ` +
    `${joined(COMMON_FIELDS)} AS common`,
  by: `y, ${COMMON_COLUMNS}`,
} as const;
const TILE_SEPARATOR = "\x1e";

/** Rows from a version without tile UUIDs and hashes are not tiles. */
export const IDENTIFIED = "tile_uuid IS NOT NULL AND content_sha256 IS NOT NULL";

/** @throws TileDatabaseError, which names the tile, for an invalid row. */
export function metadataOf(row: SqlRow): TileMetadata {
  return metadataFrom(new Cells(row.tile as string));
}

/**
 * The tiles of a group, in no particular order. @throws TileDatabaseError, which names the invalid
 * row.
 */
export function metadataOfGroup(row: SqlRow): readonly TileMetadata[] {
  const common = commonOf(new Cells(row.common as string));
  return (row.own as string).split(TILE_SEPARATOR)
    .map((own) => metadataOfParts(ownOf(new Cells(own)), common));
}

/** @throws TileDatabaseError, which names the tile, for an invalid row. */
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
  /** The text of the common fields. */
  readonly text: string;
  readonly zoom: number;
  readonly tileSizePx: 256;
  readonly source: string;
  readonly flightId: string;
  readonly sourceGsdM: number;
  readonly capturedMs: number | null;
  readonly coverage: number;
  readonly freshnessLabel: string;
  readonly registrationErrorM: number | null;
  readonly votingStatus: string;
  readonly quality: string;
  readonly attribution: string;
}

/** Of the previous row. */
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
    registrationErrorM: cells.numberOrNull("registration_error_m"),
    flightId: cells.text("flight_id"),
    votingStatus: cells.text("voting_status"),
    quality: cells.text("quality"),
    attribution: cells.rest(),
  };
  return lastCommon;
}

/** Copies, so that no mutable object is shared between two tiles. */
function metadataOfParts({ x, y, contentSha256, diskBytes }: Own, common: Common): TileMetadata {
  const { zoom, source, flightId, capturedMs, freshnessLabel, votingStatus, quality } = common;
  const { registrationErrorM } = common;
  return {
    tileId: flightId === "" ? { zoom, x, y, source } : { zoom, x, y, source, flightId },
    tileSizePx: common.tileSizePx,
    sourceGsdM: common.sourceGsdM,
    capturedAt: capturedMs === null ? null : new Date(capturedMs),
    contentSha256,
    diskBytes,
    coverage: common.coverage,
    attribution: common.attribution,
    ...(registrationErrorM === null ? undefined : { registrationErrorM }),
    ...(freshnessLabel === "" ? undefined : { freshnessLabel }),
    ...(votingStatus === "" ? undefined : { votingStatus }),
    ...(quality === "" ? undefined : { quality: JSON.parse(quality) }),
  };
}

/** Reads the fields of a row from left to right. */
class Cells {
  readonly #row: string;
  #at = 0;

  constructor(row: string) {
    this.#row = row;
  }

  /** The next field; of the given length, when one is given. */
  text(column: string, length?: number): string {
    const end = this.#row.indexOf(SEPARATOR, this.#at);
    if (end < 0) throw this.#unusable(column);
    const cell = this.#row.slice(this.#at, end);
    if (length !== undefined && cell.length !== length) throw this.#unusable(column);
    this.#at = end + 1;
    return cell;
  }

  number(column: string): number {
    return this.numberOrNull(column) ?? this.refuse(column);
  }

  /** null for an empty cell. */
  numberOrNull(column: string): number | null {
    const cell = this.text(column);
    const value = Number(cell);
    if (!Number.isFinite(value)) throw this.#unusable(column);
    return cell === "" ? null : value;
  }

  date(column: string): Date | null {
    const cell = this.text(column);
    if (cell === "") return null;
    // A double of seconds has an error below half a microsecond, so rounding is exact.
    const date = new Date(Math.floor(Number(cell) * 1000 + 0.0005));
    if (Number.isNaN(date.getTime())) throw this.#unusable(column);
    return date;
  }

  /** The rest of the text, without consuming it. */
  rest(): string {
    return this.#row.slice(this.#at);
  }

  refuse(column: string): never {
    throw this.#unusable(column);
  }

  #unusable(column: string): TileDatabaseError {
    const cells = this.#row.replaceAll(SEPARATOR, " ").slice(0, 300);
    return new TileDatabaseError(
      `Cannot use a row of the table tiles: its ${column} is invalid, in "${cells}"; ` +
        "restore the database from a backup, or delete that row",
    );
  }
}
