/**
 * The composition root of `operator`: the only place that constructs its parts.
 *
 * @module
 */
import { type Command, SystemClock } from "../core/mod.ts";
import { buildDescriptorIndex } from "../descriptor_index/mod.ts";
import { openFaiss } from "../faiss/mod.ts";
import type { FdrSink } from "../flight_recorder/mod.ts";
import { TileMap } from "../map/mod.ts";
import { type ManagedTileCache, openManagedTileCache } from "../tile_cache/mod.ts";
import type { TileToolkit } from "../tile_import/mod.ts";
import { decodeJpeg, encodeJpeg, openVision, type VisionLibrary, warpGrid } from "../vision/mod.ts";
import { cacheLogger } from "./cache_log.ts";
import { fdrCatCommand } from "./commands/fdr_cat.ts";
import { fdrDoctorCommand } from "./commands/fdr_doctor.ts";
import { fdrExportCommand } from "./commands/fdr_export.ts";
import { fdrInfoCommand } from "./commands/fdr_info.ts";
import { fdrRecoverCommand } from "./commands/fdr_recover.ts";
import { fdrReportCommand } from "./commands/fdr_report.ts";
import { cacheCommands } from "./compose_cache.ts";
import { tileManagerCommands } from "./compose_tiles.ts";
import { freshnessExplainCommand, freshnessRulesCommand } from "./commands/cache_freshness.ts";
import { sectorCommands } from "./commands/cache_sector.ts";
import { packageShowCommand, packageVerifyCommand } from "./commands/package.ts";
import { provisionCommand, type ProvisionParts } from "./commands/provision.ts";
import type { ReportCache } from "./commands/report_tiles.ts";
import { openRecorder } from "./operator_recorder.ts";
import { simulateFlightCommand } from "./commands/simulate.ts";
import { simulateMapCommand } from "./commands/simulate_map.ts";
import { tilesImportCommand, type TilesImportParts } from "./commands/tiles_import.ts";

/** The commands of `operator`. */
export function commands(): readonly Command[] {
  return [
    tilesImportCommand(tilesImportParts()),
    tilesImportCommand(tilesImportParts(), "cache import"),
    ...tileManagerCommands(openToolkit),
    ...cacheCommands(),
    freshnessExplainCommand({ openCache }),
    freshnessRulesCommand({ openCache }),
    ...sectorCommands({ openCache }),
    provisionCommand(provisionParts()),
    packageVerifyCommand(),
    packageShowCommand(),
    simulateFlightCommand({ openVision }),
    simulateMapCommand({ openVision }),
    fdrInfoCommand(),
    fdrCatCommand(),
    fdrDoctorCommand(),
    fdrRecoverCommand(),
    fdrExportCommand(),
    fdrReportCommand({ openReportCache }),
  ];
}

interface CachePlace {
  readonly dataDirectory: string;
  readonly dsn: string | null;
  readonly budgetBytes?: number;
  readonly onEvicted?: () => void;
  readonly fdr?: Pick<FdrSink, "enqueue">;
}

/** Judged by the freshness gate and held to its disk budget, as every cache of the operator. */
function openCache(place: CachePlace): Promise<ManagedTileCache> {
  const { dataDirectory, dsn, budgetBytes, onEvicted, fdr } = place;
  return openManagedTileCache({
    dataFolder: dataDirectory,
    ...(fdr === undefined ? {} : { fdr }),
    ...(dsn === null ? {} : { dsn }),
    ...(budgetBytes === undefined ? {} : { budgetBytes }),
    logger: cacheLogger((event) => void (event === "c6.evicted" && onEvicted?.())),
  });
}

async function openReportCache(place: CachePlace): Promise<ReportCache & AsyncDisposable> {
  const cache = await openCache(place);
  return {
    queryByBbox: (bbox, zoom) => cache.metadata.queryByBbox(bbox, zoom),
    readTilePixels: (tileId) => cache.store.readTilePixels(tileId),
    [Symbol.asyncDispose]: () => cache[Symbol.asyncDispose](),
  };
}

function tilesImportParts(): TilesImportParts {
  return {
    async openSink(place) {
      await using resources = new AsyncDisposableStack();
      const fdr = place.record === undefined
        ? undefined
        : resources.use(await openRecorder({ ...place, ...place.record, clock: new SystemClock() }))
          .client("tile_cache");
      const cache = resources.use(await openCache({ ...place, ...(fdr && { fdr }) }));
      const owned = resources.move();
      return {
        sink: cache.store,
        databaseName: cache.databaseName,
        [Symbol.asyncDispose]: () => owned.disposeAsync(),
      };
    },
    openToolkit,
  };
}

function provisionParts(): ProvisionParts {
  return {
    async openTools(place) {
      await using resources = new AsyncDisposableStack();
      const vision = resources.use(openVision());
      const faiss = resources.use(openFaiss());
      const cache = resources.use(await openCache(place));
      const { store, metadata, freshness, pins } = cache;
      const owned = resources.move();
      return {
        cache: {
          queryByBbox: (bbox, zoom) => metadata.queryByBbox(bbox, zoom),
          readTilePixels: (tileId) => store.readTilePixels(tileId),
        },
        freshness,
        pins,
        vision,
        openMap: (tiles, frame) => new TileMap(vision, tiles, frame),
        buildDescriptorIndex: (path) => buildDescriptorIndex(path, faiss),
        [Symbol.asyncDispose]: () => owned.disposeAsync(),
      };
    },
  };
}

function openToolkit(): { readonly toolkit: TileToolkit } & Disposable {
  const vision = openVision();
  return { toolkit: toolkitOf(vision), [Symbol.dispose]: () => vision[Symbol.dispose]() };
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
