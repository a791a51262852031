/**
 * The part of the composition root that constructs the commands of the tile cache.
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

/** The `operator cache …` commands, except those for import, freshness and sectors. */
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
    // Files are only read when no link leads out of this folder.
    dataFolder: await Deno.realPath(place.dataDirectory),
    databaseName: cache.databaseName,
    budgetBytes: cache.budget.budgetBytes,
    missions: () => cache.pins.missions(),
    async reduceToBudget() {
      // A reservation of zero bytes evicts whatever exceeds the budget.
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
    // Decoding at an eighth of the size also reads all coded data, and finds every damage in it.
    decode: (jpeg, name) => decodeJpeg(vision, jpeg, { name, denominator: 8, channels: 3 }),
    decodeJpeg: (jpeg, { name }) => decodeJpeg(vision, jpeg, { name, denominator: 1, channels: 3 }),
    [Symbol.dispose]: () => vision[Symbol.dispose](),
  };
}

function writeOut(bytes: Uint8Array): void {
  try {
    writeAllSync(Deno.stdout, bytes);
  } catch (error) {
    // The reader closed the pipe: end without a message.
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}
