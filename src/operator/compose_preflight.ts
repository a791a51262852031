/**
 * The part of the composition root that constructs what a preflight looks with.
 *
 * @module
 */
import { statfs } from "node:fs/promises";
import {
  type Command,
  exists,
  messageOf,
  nativeBuildInfo,
  SystemClock,
  writeSynced,
} from "../core/mod.ts";
import { CameraConfigSchema, openCamera } from "../flight/camera_source/mod.ts";
import { openSigning } from "../flight/flight_controller/mod.ts";
import { ANY_AIRCRAFT, openFlightPackage, readTrustFolder } from "../flight/flight_package/mod.ts";
import { FdrConfigSchema } from "../flight/flight_recorder/mod.ts";
import { createLink } from "../link/transport/mod.ts";
import { openDevice, readSystemText } from "../native/device/mod.ts";
import { openCameraLibrary } from "../native/camera/mod.ts";
import { openFaiss } from "../native/faiss/mod.ts";
import { decodeJpeg, openVision } from "../native/vision/mod.ts";
import {
  type EngineHost,
  jetsonProbe,
  linuxProbe,
  type ReadText,
  type ThermalReading,
} from "../navigation/inference/mod.ts";
import { type CameraCalibration, lightOf } from "../navigation/camera/mod.ts";
import { CacheLockedError } from "../tiles/tile_contract/mod.ts";
import {
  type CameraReading,
  type ComputerReading,
  type DatabaseReading,
  type LibraryReading,
  type PreflightTools,
  readController,
} from "../workstation/preflight/mod.ts";
import { preflightCommand, type PreflightPlace } from "./commands/preflight.ts";
import { aircraftTools } from "./compose_preflight_aircraft.ts";
import { readModelFiles } from "./commands/engines_options.ts";
import { openOperatorCache } from "./operator_cache.ts";
import type { CachePlace } from "./options.ts";

/** A camera that was opened gives a picture within this, or is not there. */
const PICTURE_WITHIN_MS = 8000;
/** Opening one checks that it is of this program's version. */
const LIBRARIES = { vision: openVision, faiss: openFaiss, device: openDevice };

export function preflightCommands(
  { host }: { readonly host: () => Promise<EngineHost> },
): readonly Command[] {
  const { flightCapBytes } = FdrConfigSchema.parse({});
  return [preflightCommand({
    recordCapBytes: flightCapBytes,
    openTools: (place) => place.aircraft === null ? toolsHere(place, host) : toolsThere(place),
  })];
}

function toolsHere(place: PreflightPlace, host: () => Promise<EngineHost>): PreflightTools {
  return {
    aircraft: () => null,
    openPackage: async (path, flightUntil) =>
      await openFlightPackage(path, undefined, {
        flightUntil,
        trust: {
          store: await readTrustFolder(place.keys),
          at: flightUntil,
          aircraftId: place.aircraftId ?? ANY_AIRCRAFT,
          counterFlown: () => null,
          allowUntrusted: true,
        },
      }),
    packageThere: () => Promise.resolve(null),
    models: async (path) => await readModelFiles(path, await host().catch(() => null)),
    computer: () => readComputer(place),
    database: () => readDatabase(place.cache),
    camera: (calibration) =>
      place.camera === null
        ? null
        : readCamera({ address: place.camera, calibration }, place.signal),
    controller: async () =>
      place.controller === null ? null : await openController(place.controller, place),
  };
}

/** What flies is asked over SSH; maps and route are looked at here. */
function toolsThere(place: PreflightPlace): PreflightTools {
  const here = toolsHere(place, () => Promise.reject(new Error("another computer")));
  return { ...here, ...aircraftTools(place) };
}

async function openController(
  { address, autopilot, signingKey }: NonNullable<PreflightPlace["controller"]>,
  { signal }: PreflightPlace,
) {
  const clock = new SystemClock();
  const signing = signingKey === null ? null : await openSigning(signingKey, {});
  const link = createLink(address, { clock, openDevice });
  return await readController({ autopilot, link, clock, signing, targetSystemId: null }, signal);
}

async function readCamera(
  { address, calibration }: { readonly address: string; readonly calibration: CameraCalibration },
  signal: AbortSignal,
): Promise<CameraReading> {
  const { id: calibrationId, widthPx, heightPx } = calibration;
  const reading = { calibrationId, widthPx, heightPx, picture: null };
  const stopping = AbortSignal.any([signal, AbortSignal.timeout(PICTURE_WITHIN_MS)]);
  try {
    const clock = new SystemClock();
    const config = CameraConfigSchema.parse({});
    await using camera = openCamera({ address, calibration, config, clock });
    for await (const { frame, unreadable } of camera.frames(stopping)) {
      if (unreadable !== undefined) return { ...reading, fault: unreadable.message };
      if (frame.grey !== undefined) {
        return {
          ...reading,
          fault: "",
          picture: lightOf({ ...frame.calibration, pixels: frame.grey }),
        };
      }
      using vision = openVision();
      const picture = await decodeJpeg(vision, frame.jpeg, { name: "the picture", channels: 1 });
      return { ...reading, fault: "", picture: lightOf(picture) };
    }
    return { ...reading, fault: camera.health().fault };
  } catch (error) {
    return { ...reading, fault: messageOf(error) };
  }
}

async function readDatabase(place: CachePlace): Promise<DatabaseReading> {
  if (!await exists(`${place.dataDirectory}/cache.json`)) return { kind: "absent" };
  try {
    await using cache = await openOperatorCache({ ...place, readsOnly: true });
    const statistics = await cache.catalogue.statistics();
    const tiles = statistics.reduce((sum, group) => sum + group.tiles, 0);
    return { kind: "open", name: cache.databaseName, tiles };
  } catch (error) {
    const kind = error instanceof CacheLockedError ? "in_use" : "broken";
    return { kind, fault: messageOf(error) };
  }
}

async function readComputer(place: PreflightPlace): Promise<ComputerReading> {
  const { camera } = place, recorder = place.recorder ?? "flights";
  // The socket of frames needs none.
  const ofCamera = camera === null || camera.startsWith("frames:") ? [] : ["camera"];
  return {
    utcMs: Date.now(),
    workstationMs: null,
    ...await inFolder(recorder, async () => ({
      written: await tryToRecord(recorder),
      disk: await readDisk(recorder),
    })),
    libraries: [
      ...Object.entries(LIBRARIES).map(([name, open]) => readLibrary(name, open, false)),
      ...ofCamera.map((name) => readLibrary(name, openCameraLibrary, true)),
    ],
    thermal: readThermal(),
  };
}

async function readDisk(path: string): Promise<ComputerReading["disk"]> {
  try {
    const { bavail, bsize } = await statfs(path);
    return { path, freeBytes: bavail * bsize };
  } catch (error) {
    return messageOf(error);
  }
}

/** A folder that was not there is gone afterwards. */
async function inFolder<T>(folder: string, look: () => Promise<T>): Promise<T> {
  // What cannot be looked at, or made, is told by who looks.
  const isNew = !await exists(folder).catch(() => true);
  if (isNew) await Deno.mkdir(folder, { recursive: true }).catch(() => {});
  try {
    return await look();
  } finally {
    if (isNew) await Deno.remove(folder).catch(() => {});
  }
}

const WRITES = 5;
const WRITE_BYTES = 256 * 1024;

/** What the recorder does every 200 ms: written and on the disk before the next. */
async function tryToRecord(folder: string): Promise<ComputerReading["written"]> {
  const path = `${folder}/.preflight-${crypto.randomUUID()}`;
  let syncMsMax = 0;
  try {
    try {
      for (let i = 0; i < WRITES; i++) {
        const fromMs = performance.now();
        await writeSynced(path, new Uint8Array(WRITE_BYTES).fill(i));
        syncMsMax = Math.max(syncMsMax, performance.now() - fromMs);
        await Deno.remove(path);
      }
    } finally {
      await Deno.remove(path).catch(() => {});
    }
    return { path: folder, syncMsMax };
  } catch (error) {
    return `${folder} cannot be written: ${messageOf(error)}`;
  }
}

function readLibrary(name: string, open: () => Disposable, isOptional: boolean): LibraryReading {
  try {
    open()[Symbol.dispose]();
    const { builtFrom } = nativeBuildInfo(name);
    const version = Object.entries(builtFrom).map(([what, which]) => `${what} ${which}`).join(", ");
    return { name, version, fault: "", isOptional };
  } catch (error) {
    return { name, version: null, fault: messageOf(error), isOptional };
  }
}

function readThermal(): ThermalReading | null {
  try {
    using device = openDevice();
    const readText: ReadText = (path) => readSystemText(device, path);
    const probe = jetsonProbe(readText) ?? linuxProbe(readText);
    return probe?.read() ?? null;
  } catch {
    return null;
  }
}
