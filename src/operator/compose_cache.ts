/**
 * The part of the composition root that makes the commands of the tile cache.
 *
 * @module
 */
import { type Command, writeAllSync } from "../core/mod.ts";
import { decodeJpeg, openVision } from "../native/vision/mod.ts";
import { cacheExportCommand, type ExportParts } from "./commands/cache_export.ts";
import { cacheGcCommand } from "./commands/cache_gc.ts";
import { cacheListCommand } from "./commands/cache_list.ts";
import type { CacheParts } from "./commands/cache_options.ts";
import { cacheDumpCommand, cacheShowCommand } from "./commands/cache_show.ts";
import { cacheStatsCommand } from "./commands/cache_stats.ts";
import { cacheVerifyCommand, type VerifyParts } from "./commands/cache_verify.ts";
import { openOperatorCache } from "./operator_cache.ts";

/** `operator cache …`, but for what imports, judges freshness and draws sectors. */
export function cacheCommands(): readonly Command[] {
  const parts: CacheParts & VerifyParts & ExportParts = { openCache, openDecoder };
  return [
    cacheStatsCommand(parts),
    cacheListCommand(parts),
    cacheShowCommand(parts),
    cacheDumpCommand(parts, writeOut),
    cacheVerifyCommand(parts),
    cacheGcCommand(parts),
    cacheExportCommand(parts),
  ];
}

const openCache: CacheParts["openCache"] = async (place, options = {}) => {
  const cache = await openOperatorCache({ ...place, ...options });
  return {
    database: cache.database,
    // Files are only read where no link leads out of this folder.
    dataFolder: await Deno.realPath(place.dataDirectory),
    databaseName: cache.databaseName,
    budgetBytes: cache.budget.budgetBytes,
    missions: () => cache.pins.missions(),
    async reduceToBudget() {
      // Room for nothing: whatever is over the budget goes.
      await using _room = await cache.budget.reserveHeadroom(0);
    },
    [Symbol.asyncDispose]: () => cache[Symbol.asyncDispose](),
  };
};

function openDecoder():
  & ReturnType<VerifyParts["openDecoder"]>
  & ReturnType<ExportParts["openDecoder"]> {
  const vision = openVision();
  return {
    // All of the coded data is read at an eighth of the size too, and every damage found in it.
    decode: (jpeg, name) => decodeJpeg(vision, jpeg, { name, denominator: 8, channels: 3 }),
    decodeJpeg: (jpeg, { name }) => decodeJpeg(vision, jpeg, { name, denominator: 1, channels: 3 }),
    [Symbol.dispose]: () => vision[Symbol.dispose](),
  };
}

function writeOut(bytes: Uint8Array): void {
  try {
    writeAllSync(Deno.stdout, bytes);
  } catch (error) {
    // Whoever read it has seen enough.
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}
