/**
 * The composition root of `operator`: the only place that constructs its parts.
 *
 * @module
 */
import { basename } from "node:path";
import {
  type Command,
  monotonicNs,
  readPlainFile,
  sha256Hex,
  type VariableNames,
} from "../core/mod.ts";
import { buildDescriptorIndex } from "../navigation/descriptor_index/mod.ts";
import { environmentNames } from "../native/device/mod.ts";
import { openFaiss } from "../native/faiss/mod.ts";
import { TileMap } from "../navigation/map/mod.ts";
import { ModelDescriber } from "../navigation/place_recognition/mod.ts";
import type { PlaceModelTool } from "../workstation/provisioning/mod.ts";
import type { TileToolkit } from "../tiles/workstation/tile_import/mod.ts";
import {
  decodeJpeg,
  encodeJpeg,
  openVision,
  type VisionLibrary,
  warpGrid,
} from "../native/vision/mod.ts";
import {
  type EngineHost,
  GpuMemoryBudget,
  InferenceConfigSchema,
  MODEL_BYTES_MAX,
  OnnxRuntime,
  openTensorRtRuntime,
  type TensorRtRuntime,
  unmeasured,
} from "../navigation/inference/mod.ts";
import { enginesBuildCommand } from "./commands/engines_build.ts";
import { enginesListCommand, enginesVerifyCommand } from "./commands/engines_list.ts";
import { fdrCatCommand } from "./commands/fdr_cat.ts";
import { fdrDoctorCommand } from "./commands/fdr_doctor.ts";
import { fdrExportCommand } from "./commands/fdr_export.ts";
import { fdrInfoCommand } from "./commands/fdr_info.ts";
import { fdrRecoverCommand } from "./commands/fdr_recover.ts";
import { fdrReportCommand } from "./commands/fdr_report.ts";
import { cacheCommands } from "./compose_cache.ts";
import { preflightCommands } from "./compose_preflight.ts";
import { tileManagerCommands } from "./compose_tiles.ts";
import { freshnessExplainCommand, freshnessRulesCommand } from "./commands/cache_freshness.ts";
import { sectorCommands } from "./commands/cache_sector.ts";
import { demoCommand } from "./commands/demo.ts";
import { postflightCommand } from "./commands/postflight.ts";
import { jobsCommands } from "./commands/jobs.ts";
import { jobsServeCommand } from "./commands/jobs_serve.ts";
import { keysCommands } from "./commands/keys.ts";
import { packageShowCommand, packageVerifyCommand } from "./commands/package.ts";
import { packageSignCommand } from "./commands/package_sign.ts";
import { provisionCommand, type ProvisionParts } from "./commands/provision.ts";
import type { ReportCache } from "./commands/report_tiles.ts";
import { openQueue, workerCommands } from "./compose_worker.ts";
import { type CacheSettings, openOperatorCache } from "./operator_cache.ts";
import { simulateFlightCommand } from "./commands/simulate.ts";
import { simulateCameraCommand } from "./commands/simulate_camera.ts";
import { simulateControllerCommand } from "./commands/simulate_controller.ts";
import { simulateMapCommand } from "./commands/simulate_map.ts";
import { tilesImportCommand, type TilesImportParts } from "./commands/tiles_import.ts";

/** It has no settings. */
export function variables(): VariableNames {
  return { set: environmentNames(), settings: [] };
}

/** The commands of `operator`. */
export function commands(): readonly Command[] {
  const tilesImport = tilesImportCommand(tilesImportParts());
  const provision = provisionCommand(provisionParts());
  const simulateFlight = simulateFlightCommand({ openVision });
  const simulateMap = simulateMapCommand({ openVision });
  const tileManager = tileManagerCommands(openToolkit);
  const fdrReport = fdrReportCommand({ openReportCache });
  return [
    demoCommand({ simulateFlight, simulateMap, tilesImport, provision }),
    tilesImport,
    tilesImportCommand(tilesImportParts(), "cache import"),
    ...tileManager,
    ...cacheCommands(),
    freshnessExplainCommand({ openCache: openToRead }),
    freshnessRulesCommand({ openCache: openOperatorCache }),
    ...sectorCommands({ openCache: openOperatorCache }),
    provision,
    ...workerCommands(),
    ...jobsCommands({ openQueue }),
    jobsServeCommand(),
    packageSignCommand(),
    packageVerifyCommand(),
    packageShowCommand(),
    ...preflightCommands({ host: tensorRtHost }),
    ...keysCommands(),
    simulateFlight,
    simulateMap,
    simulateControllerCommand({ openVision }),
    simulateCameraCommand({ openVision }),
    enginesBuildCommand({ openTensorRt }),
    enginesListCommand({ host: tensorRtHost }),
    enginesVerifyCommand({ host: tensorRtHost }),
    fdrInfoCommand(),
    fdrCatCommand(),
    fdrDoctorCommand(),
    fdrRecoverCommand(),
    fdrExportCommand(),
    fdrReport,
    postflightCommand({
      collect: named(tileManager, "collect"),
      tilesUpload: named(tileManager, "tiles upload"),
      fdrReport,
    }),
  ];
}

function named(commands: readonly Command[], name: string): Command {
  const command = commands.find((each) => each.name === name);
  if (command === undefined) throw new TypeError(`there is no command ${name}`);
  return command;
}

const openToRead = (place: CacheSettings) => openOperatorCache({ ...place, readsOnly: true });

/** Places are described on the workstation's processor. */
async function openPlaceModel(
  path: string,
  resources: AsyncDisposableStack,
): Promise<PlaceModelTool> {
  const sha256 = sha256Hex(await readPlainFile(path, { bytesMax: MODEL_BYTES_MAX }));
  const runtime = resources.use(
    new OnnxRuntime({
      config: InferenceConfigSchema.parse({}),
      thermalState: () => unmeasured(monotonicNs(0)),
      onEvent: () => {},
    }),
  );
  const describer = resources.use(await ModelDescriber.open(runtime, { path, sha256 }));
  return { describer, name: basename(path), sha256 };
}

async function openReportCache(place: CacheSettings): Promise<ReportCache & AsyncDisposable> {
  const cache = await openToRead(place);
  return {
    queryByBbox: (bbox, zoom) => cache.metadata.queryByBbox(bbox, zoom),
    readTilePixels: (tileId) => cache.store.readTilePixels(tileId),
    [Symbol.asyncDispose]: () => cache[Symbol.asyncDispose](),
  };
}

function tilesImportParts(): TilesImportParts {
  return {
    async openSink(place) {
      const cache = await openOperatorCache(place);
      return {
        sink: cache.store,
        databaseName: cache.databaseName,
        [Symbol.asyncDispose]: () => cache[Symbol.asyncDispose](),
      };
    },
    openToolkit,
  };
}

function provisionParts(): ProvisionParts {
  return {
    async openTools(place, modelPath) {
      await using resources = new AsyncDisposableStack();
      const vision = resources.use(openVision());
      const faiss = resources.use(openFaiss());
      const cache = resources.use(await openOperatorCache(place));
      const { store, metadata, freshness, pins } = cache;
      const placeModel = modelPath === null ? null : await openPlaceModel(modelPath, resources);
      const owned = resources.move();
      return {
        cache: {
          queryByBbox: (bbox, zoom) => metadata.queryByBbox(bbox, zoom),
          readTilePixels: (tileId) => store.readTilePixels(tileId),
        },
        freshness,
        pins,
        vision,
        placeModel,
        openMap: (tiles, frame) => new TileMap(vision, tiles, frame),
        buildDescriptorIndex: (path) => buildDescriptorIndex(path, faiss),
        [Symbol.asyncDispose]: () => owned.disposeAsync(),
      };
    },
    openQueue,
  };
}

function openToolkit(): { readonly toolkit: TileToolkit } & Disposable {
  const vision = openVision();
  return { toolkit: toolkitOf(vision), [Symbol.dispose]: () => vision[Symbol.dispose]() };
}

function toolkitOf(vision: VisionLibrary): TileToolkit {
  return {
    lens: vision,
    features: vision,
    warp: (source, grid, target) => warpGrid(vision, source, grid, target),
    encodeJpeg: (picture, quality) => encodeJpeg(vision, picture, quality),
    async decodeJpeg(jpeg, options) {
      const picture = await decodeJpeg(vision, jpeg, { ...options, channels: 3 });
      return { ...picture, channels: 3 };
    },
  };
}

/** For building engines: nothing flies here, so that no budget holds them. */
function openTensorRt(): TensorRtRuntime {
  return openTensorRtRuntime({
    budget: new GpuMemoryBudget(Number.MAX_SAFE_INTEGER),
    precision: "fp32",
    thermalState: () => unmeasured(monotonicNs(0)),
  });
}

async function tensorRtHost(): Promise<EngineHost> {
  await using runtime = openTensorRt();
  return await runtime.host();
}
