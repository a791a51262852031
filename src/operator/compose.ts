/**
 * The composition root of `operator`: the only place that constructs its parts.
 *
 * @module
 */
import type { Command } from "../core/mod.ts";
import { openTileCache, type TileCache } from "../tile_cache/mod.ts";
import type { TileToolkit } from "../tile_import/mod.ts";
import { decodeJpeg, encodeJpeg, openVision, type VisionLibrary, warpGrid } from "../vision/mod.ts";
import { packageShowCommand, packageVerifyCommand } from "./commands/package.ts";
import { tilesImportCommand, type TilesImportParts } from "./commands/tiles_import.ts";

/** The commands of `operator`. */
export function commands(): readonly Command[] {
  return [
    tilesImportCommand(tilesImportParts()),
    packageVerifyCommand(),
    packageShowCommand(),
  ];
}

interface CachePlace {
  readonly dataDirectory: string;
  readonly dsn: string | null;
}

function openCache({ dataDirectory, dsn }: CachePlace): Promise<TileCache> {
  return openTileCache({ dataFolder: dataDirectory, ...(dsn === null ? {} : { dsn }) });
}

function tilesImportParts(): TilesImportParts {
  return {
    async openSink(place) {
      const cache = await openCache(place);
      return {
        sink: cache.store,
        databaseName: cache.databaseName,
        [Symbol.asyncDispose]: () => cache[Symbol.asyncDispose](),
      };
    },
    openToolkit() {
      const vision = openVision();
      return { toolkit: toolkitOf(vision), [Symbol.dispose]: () => vision[Symbol.dispose]() };
    },
  };
}

function toolkitOf(vision: VisionLibrary): TileToolkit {
  return {
    warp: (source, grid, target) => warpGrid(vision, source, grid, target),
    encodeJpeg: (picture, quality) => encodeJpeg(vision, picture, quality),
    async decodeJpeg(jpeg, options) {
      const picture = await decodeJpeg(vision, jpeg, { ...options, channels: 3 });
      return { ...picture, channels: 3 };
    },
  };
}
