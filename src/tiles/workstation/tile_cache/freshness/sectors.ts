/**
 * Sectors and freshness rules in the database, and the operations that change them.
 *
 * @module
 */
import {
  checkBbox,
  SECTOR_CLASSIFICATIONS,
  type SectorBoundary,
  SectorBoundarySchema,
  type SectorClassification,
  TileMetadataError,
} from "../../../tile_contract/mod.ts";
import type { SqlDatabase, SqlSession } from "../sql/database.ts";
import { DEFAULT_MAX_AGE_S, type FreshnessRule } from "./contract.ts";

/** A thousand years: a larger value is a mistake in the unit. */
const MAX_AGE_S_MAX = 1000 * 366 * 86_400;
/** Changes of sectors are made one at a time. */
const SECTORS_LOCK = "6155301862297149005";

/** No control characters, and not only blanks: the name is printed and typed. */
const NAME_PATTERN = /^(?=.*\S)[^\p{C}]{1,100}$/u;

export class FreshnessSettings {
  readonly #database: SqlDatabase;
  readonly #changed: () => Promise<void>;

  /** `changed` is awaited after every change of sectors and rules. */
  constructor(database: SqlDatabase, changed: () => Promise<void> = () => Promise.resolve()) {
    this.#database = database;
    this.#changed = changed;
  }

  async sectors(): Promise<readonly SectorBoundary[]> {
    return (await loadSectors(this.#database)).sectors;
  }

  /** @throws TileMetadataError for an invalid box or name, and when the name exists. */
  async addSector(sector: SectorBoundary): Promise<void> {
    const { southDeg, westDeg, northDeg, eastDeg } = checkBbox(sector.bbox);
    const refuse = (state: string) =>
      new TileMetadataError(`Cannot add the sector ${JSON.stringify(sector.name)}: ${state}`);
    if (!(southDeg < northDeg) || westDeg === eastDeg) throw refuse("its box is empty");
    if (!NAME_PATTERN.test(sector.name) || !SectorBoundarySchema.safeParse(sector).success) {
      throw refuse("a name has 1 to 100 characters, none of them a control character");
    }
    await this.#database.transaction(async (sql) => {
      await sql.query("SELECT pg_advisory_xact_lock($1::bigint)", [SECTORS_LOCK]);
      const sameName = await sql.query("SELECT 1 FROM sector_classifications WHERE name = $1", [
        sector.name,
      ]);
      if (sameName.length > 0) {
        throw refuse("a sector of that name exists; remove it first (`operator cache sector rm`)");
      }
      await sql.query(
        "INSERT INTO sector_classifications " +
          "(name, classification, south_deg, west_deg, north_deg, east_deg) " +
          "VALUES ($1, $2, $3, $4, $5, $6)",
        [sector.name, sector.classification, southDeg, westDeg, northDeg, eastDeg],
      );
    });
    await this.#changed();
  }

  /** @throws TileMetadataError when no sector has that name. */
  async removeSector(name: string): Promise<void> {
    const gone = await this.#database.query(
      "DELETE FROM sector_classifications WHERE name = $1 RETURNING id",
      [name],
    );
    if (gone.length === 0) {
      throw new TileMetadataError(
        `Cannot remove the sector "${name}": there is no such sector; \`operator cache sector ls\` lists them`,
      );
    }
    await this.#changed();
  }

  async rules(): Promise<readonly FreshnessRule[]> {
    const rules = await loadRules(this.#database);
    return SECTOR_CLASSIFICATIONS.map((classification) => ({
      classification,
      maxAgeS: rules[classification],
    }));
  }

  /** @throws TileMetadataError for an invalid age. */
  async setRule({ classification, maxAgeS }: FreshnessRule): Promise<void> {
    if (!Number.isInteger(maxAgeS) || maxAgeS < 1 || maxAgeS > MAX_AGE_S_MAX) {
      throw new TileMetadataError(
        `Cannot set the rule for ${classification}: an age is a whole number of seconds from 1 to ` +
          `${MAX_AGE_S_MAX}, got ${maxAgeS}`,
      );
    }
    await this.#database.query(
      "INSERT INTO tile_freshness_rules (classification, max_age_s) VALUES ($1, $2) " +
        "ON CONFLICT (classification) DO UPDATE SET max_age_s = EXCLUDED.max_age_s",
      [classification, maxAgeS],
    );
    await this.#changed();
  }

  /** Forgets the latest time that was seen, when the clock was ahead before and is right now. */
  async trustClock(now: Date): Promise<void> {
    await this.#database.query("UPDATE freshness_clock SET latest_at = $1", [now]);
  }
}

/**
 * Sectors that have a box; one from a version without boxes cannot be applied, and its name is
 * reported.
 */
export async function loadSectors(
  sql: SqlSession,
): Promise<{ sectors: readonly SectorBoundary[]; withoutBox: readonly string[] }> {
  const rows = await sql.query<Record<string, unknown> & { name: string }>(
    "SELECT name, classification, south_deg, west_deg, north_deg, east_deg " +
      "FROM sector_classifications ORDER BY name, id",
  );
  const sectors: SectorBoundary[] = [], withoutBox: string[] = [];
  for (const row of rows) {
    const { name } = row;
    const edges = [row.south_deg, row.west_deg, row.north_deg, row.east_deg];
    if (edges.every((edge) => edge === null)) {
      withoutBox.push(name);
      continue;
    }
    if (edges.some((edge) => edge === null)) {
      throw new TileMetadataError(
        `Cannot use the sector "${name}": its box lacks an edge; remove it and add it again`,
      );
    }
    const [southDeg, westDeg, northDeg, eastDeg] = edges as number[];
    sectors.push({
      name,
      classification: row.classification as SectorClassification,
      bbox: checkBbox({ southDeg, westDeg, northDeg, eastDeg }),
    });
  }
  return { sectors, withoutBox };
}

export async function loadRules(
  sql: SqlSession,
): Promise<Readonly<Record<SectorClassification, number>>> {
  const rules = { ...DEFAULT_MAX_AGE_S };
  const rows = await sql.query<{ classification: string; max_age_s: unknown }>(
    "SELECT classification, max_age_s FROM tile_freshness_rules",
  );
  for (const { classification, max_age_s } of rows) {
    rules[classification as SectorClassification] = Number(max_age_s);
  }
  return rules;
}
