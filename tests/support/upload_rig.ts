/**
 * Real uploader, keys and gate against the real provider; the cache and the recorder in memory.
 *
 * @module
 */
import sharp from "sharp";
import { createLogger, seededRandom, sha256Hex, SystemClock } from "../../src/core/mod.ts";
import { FakeFdrSink } from "../../src/flight/flight_recorder/fake_fdr_sink.ts";
import type { NewTile } from "../../src/tiles/tile_contract/mod.ts";
import { FakeTileStore } from "../../src/tiles/workstation/tile_cache/fake_tile_store.ts";
import {
  FlightKeyManager,
  FlightStateGate,
  type FlightStateSignal,
  HttpTileUploader,
  type HttpTileUploaderParts,
  type UploadBatchReport,
} from "../../src/tiles/workstation/tile_manager/mod.ts";
import { CLIENT_TOKEN, type ProviderProcess } from "./provider.ts";

export async function madeTile(index: number, flightId: string): Promise<NewTile> {
  const random = seededRandom(`upload/${index}/${flightId}`);
  const pixels = Uint8Array.from({ length: 256 * 256 * 3 }, () => random.integer(255));
  const raw = { width: 256, height: 256, channels: 3 } as const;
  const jpeg = new Uint8Array(await sharp(pixels, { raw }).jpeg({ quality: 30 }).toBuffer());
  return {
    jpeg,
    metadata: {
      tileId: { zoom: 19, x: 1000 + index, y: 2000, source: "onboard_ingest", flightId },
      tileSizePx: 256,
      sourceGsdM: 0.25,
      capturedAt: new Date(Date.now() - 3_600_000),
      contentSha256: sha256Hex(jpeg),
      diskBytes: jpeg.length,
      coverage: 1,
      attribution: "",
      quality: { misplacementBoundM: 3, frameGsdM: 0.22, frameSequence: index },
    },
  };
}

export interface Rig {
  readonly store: FakeTileStore;
  readonly sink: FakeFdrSink;
  readonly uploader: HttpTileUploader;
  readonly keys: FlightKeyManager;
  readonly lines: string[];
  /** What the uploader did, in its order. */
  readonly acts: string[];
  readonly slept: number[];
  upload(batchSize?: number, flightId?: string | null): Promise<UploadBatchReport>;
}

export interface RigOptions {
  readonly provider: ProviderProcess;
  readonly tiles?: number;
  readonly state?: FlightStateSignal["state"];
  readonly enrol?: boolean;
  readonly change?: Partial<HttpTileUploaderParts>;
  readonly url?: string;
}

let nextFlight = 0;
export const freshFlight = () =>
  `3f2504e0-4f89-41d3-9a0c-${(++nextFlight).toString(16).padStart(12, "0")}`;

/** The store with a note of each thing that is done with it. */
function watched(store: FakeTileStore, acts: string[]): HttpTileUploaderParts["tiles"] {
  return {
    pendingUploads: (flight) => {
      acts.push("enumerate");
      return store.pendingUploads(flight);
    },
    readTilePixels: (id) => {
      acts.push("read");
      return store.readTilePixels(id);
    },
    markUploaded: (id) => {
      acts.push("mark");
      return store.markUploaded(id);
    },
  };
}

/** Real uploader, keys, gate and provider; the cache and the recorder in memory. */
export async function makeRig(options: RigOptions): Promise<Rig & { readonly flightId: string }> {
  const { tiles = 5, state = "ON_GROUND", enrol = true } = options;
  const flightId = freshFlight();
  const store = new FakeTileStore({ clock: new SystemClock() });
  for (let i = 0; i < tiles; i++) {
    const { metadata, jpeg } = await madeTile(i, flightId);
    await store.writeTile(metadata, jpeg);
  }
  const sink = new FakeFdrSink({ capacity: 1024 });
  const lines: string[] = [], acts: string[] = [], slept: number[] = [];
  const logger = createLogger({
    component: "tile_manager",
    now: () => new Date(),
    sink: (line) => lines.push(line),
  });
  const clock = new SystemClock();
  const keys = new FlightKeyManager({ sink, clock, logger });
  const uploader = new HttpTileUploader({
    gate: new FlightStateGate({
      logger,
      source: {
        name: "test",
        flightState: () => {
          acts.push("gate");
          return { state, source: "test", observedAt: null };
        },
      },
    }),
    tiles: watched(store, acts),
    keys,
    sink,
    announce: async (session) => {
      acts.push("announce");
      if (enrol) await options.provider.enrol(session.flightId, session.publicKey);
    },
    http: {
      fetch: (...args) => {
        acts.push("post");
        return fetch(...args);
      },
      sleep: (ms) => {
        slept.push(ms);
        return Promise.resolve();
      },
      nowMs: () => Date.now(),
    },
    clock,
    logger,
    companionId: "companion-1",
    token: CLIENT_TOKEN,
    requestTimeoutMs: 5000,
    ...options.change,
  });
  return {
    store,
    sink,
    uploader,
    keys,
    lines,
    acts,
    slept,
    flightId,
    upload: (batchSize = 50, flight = flightId) =>
      uploader.uploadPendingTiles({
        flightId: flight,
        batchSize,
        satelliteProviderUrl: options.url ?? options.provider.url,
      }),
  };
}
