/**
 * A copy of sectors and rules in a file beside the tiles, for the case that an embedded database is
 * lost: its rows are rebuilt from the files, and without the sectors no tile would be refused any
 * more.
 *
 * @module
 */
import * as z from "zod";
import {
  messageOf,
  parseBoundedJson,
  readPlainTextFile,
  replaceFile,
} from "../../../../core/mod.ts";
import {
  SECTOR_CLASSIFICATIONS,
  SectorBoundarySchema,
  TileFsError,
} from "../../../tile_contract/mod.ts";
import type { SqlDatabase, SqlSession } from "../sql/database.ts";
import { DEFAULT_MAX_AGE_S } from "./contract.ts";
import { loadRules, loadSectors } from "./sectors.ts";

const pathOf = (dataFolder: string) => `${dataFolder}/freshness.json`;

/** A hundred thousand sectors. */
const BYTES_MAX = 32 * 1024 * 1024;

const KeptSchema = z.object({
  format: z.literal("gdn-freshness-settings"),
  formatVersion: z.literal(1),
  sectors: z.array(SectorBoundarySchema),
  rules: z.record(z.enum(SECTOR_CLASSIFICATIONS), z.int().positive()),
});

const NOTHING_SET = JSON.stringify({ sectors: [], rules: DEFAULT_MAX_AGE_S });

/**
 * Writes what the database holds, unless the file is already equal.
 *
 * @throws TileFsError
 */
export async function keepSettings(dataFolder: string, sql: SqlSession): Promise<void> {
  const path = pathOf(dataFolder);
  const { sectors } = await loadSectors(sql);
  const rules = await loadRules(sql);
  const text = await readText(dataFolder).catch(() => null);
  const before = text === null ? null : parsed(text);
  const now = JSON.stringify({ sectors, rules });
  if (text === null && now === NOTHING_SET) return;
  if (before !== null && JSON.stringify({ sectors: before.sectors, rules: before.rules }) === now) {
    return;
  }
  const document = {
    format: "gdn-freshness-settings",
    formatVersion: 1,
    sectors,
    rules,
  };
  try {
    await replaceFile(path, new TextEncoder().encode(JSON.stringify(document, null, 2) + "\n"));
  } catch (error) {
    throw new TileFsError(
      `Cannot keep the cache's sectors in ${path}: ${
        messageOf(error)
      }; free disk space or correct ` +
        "the permissions",
      { cause: error },
    );
  }
}

/**
 * Loads the kept sectors and rules into a new database; returns how many sectors, null when there
 * is no copy.
 *
 * @throws TileFsError when the file exists but cannot be used: continuing would lose sectors.
 */
export async function restoreSettings(
  dataFolder: string,
  database: SqlDatabase,
): Promise<number | null> {
  const path = pathOf(dataFolder);
  let text: string;
  try {
    text = await readText(dataFolder);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw new TileFsError(`Cannot read ${path}: ${messageOf(error)}`, { cause: error });
  }
  const kept = parsed(text);
  if (kept === null) {
    throw new TileFsError(
      `Cannot use ${path}, which holds the sectors of a database that was lost; restore it from a ` +
        "backup, or remove it and define the sectors again (`operator cache sector add`)",
    );
  }
  await database.transaction(async (sql) => {
    const there = new Set((await loadSectors(sql)).sectors.map(({ name }) => name));
    for (const { name, classification, bbox } of kept.sectors) {
      if (there.has(name)) continue;
      await sql.query(
        "INSERT INTO sector_classifications " +
          "(name, classification, south_deg, west_deg, north_deg, east_deg) " +
          "VALUES ($1, $2, $3, $4, $5, $6)",
        [name, classification, bbox.southDeg, bbox.westDeg, bbox.northDeg, bbox.eastDeg],
      );
    }
    for (const [classification, maxAgeS] of Object.entries(kept.rules)) {
      await sql.query(
        "INSERT INTO tile_freshness_rules (classification, max_age_s) VALUES ($1, $2) " +
          "ON CONFLICT (classification) DO UPDATE SET max_age_s = EXCLUDED.max_age_s",
        [classification, maxAgeS],
      );
    }
  });
  return kept.sectors.length;
}

function readText(dataFolder: string): Promise<string> {
  return readPlainTextFile(pathOf(dataFolder), { within: dataFolder, bytesMax: BYTES_MAX });
}

function parsed(text: string): z.infer<typeof KeptSchema> | null {
  try {
    return KeptSchema.parse(parseBoundedJson(text));
  } catch {
    return null;
  }
}
