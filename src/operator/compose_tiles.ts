/**
 * The part of the composition root that constructs the commands of the tile manager.
 *
 * @module
 */
import { setTimeout as sleep } from "node:timers/promises";
import { type Command, createLogger, SystemClock } from "../core/mod.ts";
import { FdrConfigSchema } from "../flight/flight_recorder/mod.ts";
import { TileValidators } from "../tiles/workstation/tile_cache/tile_validators.ts";
import { tileFromBytes, type TileToolkit } from "../tiles/workstation/tile_import/mod.ts";
import {
  enrolKey,
  FlightKeyManager,
  FlightStateGate,
  type HttpParts,
  HttpTileDownloader,
  HttpTileSource,
  HttpTileUploader,
  latestFlight,
  RateLimit,
  type RecordedEnd,
  recordedEnd,
  RecorderFooterSource,
  RetryingTileUploader,
  type SigningSession,
  type TileManagerConfig,
  TileManagerConfigSchema,
} from "../tiles/workstation/tile_manager/mod.ts";
import { openOperatorCache } from "./operator_cache.ts";
import { openRecorder } from "./operator_recorder.ts";
import { collectCommand } from "./commands/collect.ts";
import { type DownloadSettings, tilesDownloadCommand } from "./commands/tiles_download.ts";
import { tilesStatusCommand } from "./commands/tiles_status.ts";
import { tilesUploadCommand, type UploadSettings } from "./commands/tiles_upload.ts";

/** `operator tiles download | upload | status` and `operator collect`. */
export function tileManagerCommands(
  openToolkit: () => { readonly toolkit: TileToolkit } & Disposable,
): readonly Command[] {
  return [
    tilesDownloadCommand({
      openDownloader: (settings) => openDownloader(settings, openToolkit),
    }),
    tilesUploadCommand({ openUploader }),
    tilesStatusCommand({
      openCache: (place) => openOperatorCache({ ...place, readsOnly: true }),
    }),
    collectCommand({
      async openCache(place) {
        await using resources = new AsyncDisposableStack();
        const { toolkit } = resources.use(openToolkit());
        // Pictures from an aircraft have not been checked before: every one is decoded once.
        const decodePicture = (jpeg: Uint8Array<ArrayBuffer>, name: string) =>
          toolkit.decodeJpeg(jpeg, { name, denominator: 1 });
        const cache = resources.use(
          await openOperatorCache({ ...place, decodePicture }),
        );
        const { store, metadata } = cache;
        const owned = resources.move();
        return {
          merge: {
            writeTiles: (tiles, options) => store.writeTiles(tiles, options),
            renewTile: (tile, jpeg) => store.renewTile(tile, jpeg),
            getById: (tileId) => metadata.getById(tileId),
          },
          [Symbol.asyncDispose]: () => owned.disposeAsync(),
        };
      },
    }),
  ];
}

const HTTP: HttpParts = {
  fetch: (...args) => fetch(...args),
  nowMs: () => Date.now(),
  sleep: (ms, signal) =>
    sleep(ms, undefined, { signal }).catch((error) => {
      signal?.throwIfAborted(); // With its own reason.
      throw error;
    }),
};

/** Secrets are read from the environment only. */
function tokens(): { readonly client: string | null; readonly officer: string | null } {
  return {
    client: Deno.env.get("GDN_SATELLITE_TOKEN") ?? null,
    officer: Deno.env.get("GDN_ENROLMENT_TOKEN") ?? null,
  };
}

async function openDownloader(
  settings: DownloadSettings,
  openToolkit: () => { readonly toolkit: TileToolkit } & Disposable,
): Promise<{ readonly downloader: HttpTileDownloader } & AsyncDisposable> {
  const config = TileManagerConfigSchema.parse({});
  const perSecond = settings.requestsPerSecondMax ?? config.requestsPerSecondMax;
  const source = new HttpTileSource(settings.url, {
    http: HTTP,
    limit: new RateLimit(perSecond, HTTP.nowMs, HTTP.sleep),
    token: tokens().client,
    requestTimeoutMs: config.requestTimeoutMs,
  });
  await using resources = new AsyncDisposableStack();
  const { toolkit } = resources.use(openToolkit());
  const cache = resources.use(await openOperatorCache(settings.cache));
  const { store, metadata, budget } = cache;
  const { capturedAt, attribution, gsdMaxM, refresh } = settings;
  const downloader = new HttpTileDownloader({
    source,
    cache: {
      queryByBbox: (box, zoom) => metadata.queryByBbox(box, zoom),
      writeTiles: (tiles, options) => store.writeTiles(tiles, options),
      renewTile: (tile, jpeg) => store.renewTile(tile, jpeg),
      deleteTile: (tileId) => store.deleteTile(tileId),
      budgetBytes: budget.budgetBytes,
      usedBytes: () => metadata.totalDiskBytes(),
    },
    checkTile: (name, bytes) => tileFromBytes(name, bytes, toolkit),
    logger: createLogger({ component: "tile_manager", sink: () => {}, now: () => new Date() }),
    capturedAt,
    attribution,
    gsdMaxM,
    refresh,
    etags: new TileValidators(cache.database),
  });
  const owned = resources.move();
  return { downloader, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** The gate is prepared before the cache is opened: without a landing nothing is read. */
async function openUploader(settings: UploadSettings) {
  const { dataDirectory, dsn, signal, note, detail, onProgress } = settings;
  const config = TileManagerConfigSchema.parse({});
  const clock = new SystemClock();
  const logger = createLogger({
    component: "tile_manager",
    level: "warn",
    sink: detail,
    now: () => new Date(),
    // What is an error is in the report, or ends the command.
    observer: {
      level: "warn",
      observe: ({ level, message }) => level === "warn" && message !== "" && note(message),
    },
  });
  const gate = new FlightStateGate({
    logger,
    source: new RecorderFooterSource(await endOf(settings)),
  });
  gate.confirmOnGround();
  await using resources = new AsyncDisposableStack();
  const recorder = resources.use(
    await openRecorder({ dataDirectory, name: "tiles upload", clock, note }),
  );
  const sink = recorder.client("tile_manager");
  const cache = resources.use(await openOperatorCache({ dataDirectory, dsn }));
  const { store, metadata } = cache;
  const bare = new HttpTileUploader({
    gate,
    tiles: {
      pendingUploads: (flightId) => metadata.pendingUploads(flightId),
      readTilePixels: (tileId) => store.readTilePixels(tileId),
      markUploaded: (tileId) => metadata.markUploaded(tileId),
    },
    keys: new FlightKeyManager({ sink, clock, logger }),
    sink,
    announce: (session, base) => announce(session, base, config),
    http: HTTP,
    clock,
    logger,
    companionId: settings.companionId,
    token: tokens().client,
    requestTimeoutMs: config.requestTimeoutMs,
    signal,
    onProgress,
  });
  const uploader = settings.retry
    ? new RetryingTileUploader(bare, {
      bookkeeping: metadata,
      config: config.retry,
      sink,
      clock,
      logger,
      nowMs: HTTP.nowMs,
      sleep: (ms) => HTTP.sleep(ms, signal),
    })
    : bare;
  const owned = resources.move();
  return { uploader, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

async function endOf({ recordFolder, dataDirectory }: UploadSettings): Promise<RecordedEnd> {
  const flights = `${dataDirectory}/flight_records`;
  const folder = recordFolder ?? await latestFlight(flights);
  if (folder !== null) return await recordedEnd(folder);
  return { footer: null, closedAt: null, reason: `there is no recorded flight in ${flights}` };
}

/**
 * With a token of the safety officer the key is enrolled by request; otherwise the record must be
 * on the disk.
 */
async function announce(
  session: SigningSession,
  base: URL,
  config: TileManagerConfig,
): Promise<void> {
  const { officer } = tokens();
  if (officer === null) return await HTTP.sleep(2 * FdrConfigSchema.parse({}).durabilityMs);
  const timeoutMs = config.requestTimeoutMs;
  await enrolKey(session, { base, officerToken: officer, http: HTTP, timeoutMs });
}
