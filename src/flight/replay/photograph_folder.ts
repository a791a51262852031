/**
 * Reads a folder of nadir photographs with EXIF pose as a flight without IMU: the pictures in
 * order, with those tags that can be trusted.
 *
 * @module
 */
import type { CameraFrame } from "../../navigation/camera/mod.ts";
import {
  DataError,
  EXIT,
  GdnError,
  messageOf,
  type MonotonicNs,
  monotonicNs,
} from "../../core/mod.ts";
import {
  heightAboveGroundM,
  type PhotographFile,
  readPhotographFolder,
} from "../photographs/mod.ts";

/** One photograph as the navigator receives it. Its position is not included: see `positionTag`. */
export interface PhotographEvent {
  readonly kind: "photograph";
  readonly name: string;
  /** Also the moment of exposure: these flights use the camera's clock. */
  readonly receivedNs: MonotonicNs;
  readonly frame: CameraFrame;
  /** Over the ground, which is assumed to be as high as the take-off point. */
  readonly heightAboveGroundM: number;
  readonly gimbal: {
    /** Clockwise from north to the top of the picture, as tagged: wrong by half a turn for some. */
    readonly headingTagDeg: number;
    readonly headingTrusted: false;
    readonly pitchDeg: number;
    readonly rollDeg: number;
  } | null;
}

interface PhotographFlight {
  readonly path: string;
  /** Names in order; `sequence` counts them from 0. */
  readonly names: readonly string[];
  /** By the camera's clock; null when some photograph has no time. */
  readonly lastCapturedAt: Date | null;
  /** Pictures are read one at a time. May be called again. */
  events(): AsyncIterable<PhotographEvent>;
  /** EXIF position of one photograph: for evaluating a result, not for navigation. */
  positionTag(sequence: number): { readonly latitudeDeg: number; readonly longitudeDeg: number };
}

interface PhotographFolderOptions {
  /** Altitude of the ground over sea level, metres, for tags without a height over take-off. */
  readonly groundAltitudeM?: number;
}

function lastCapturedAt(times: readonly (Date | null)[]): Date | null {
  const known = times.filter((time) => time !== null).map((time) => time.getTime());
  return known.length === times.length && known.length > 0 ? new Date(Math.max(...known)) : null;
}

/** Interval between photographs without a capture time, or of the same second. */
const STEP_NS = 100e6;

/** @throws DataError (exit 65) naming the photograph and its tag; GdnError (66) without a folder. */
export async function openPhotographFolder(
  path: string,
  options: PhotographFolderOptions = {},
): Promise<PhotographFlight> {
  const info = await Deno.stat(path).catch((error) => {
    throw new GdnError(
      "NO_INPUT",
      `Cannot open the flight, or photographs, ${path}: ${messageOf(error)}`,
      { cause: error, exitCode: EXIT.noInput },
    );
  });
  if (!info.isDirectory) {
    throw new DataError(path, "is a file; a recorded flight or photographs are a folder");
  }
  const files = await readPhotographFolder(path);
  const timesNs = exposureTimes(files);
  const heightsM = files.map((file) =>
    heightAboveGroundM(file.photograph, options.groundAltitudeM ?? null)
  );
  return {
    path,
    names: files.map((file) => file.photograph.name),
    lastCapturedAt: lastCapturedAt(files.map((file) => file.photograph.capturedAt)),
    events: async function* () {
      for (const [sequence, file] of files.entries()) {
        yield await event(file, sequence, timesNs[sequence], heightsM[sequence]);
      }
    },
    positionTag: (sequence) => {
      const { latitudeDeg, longitudeDeg } = files[sequence].photograph;
      return { latitudeDeg, longitudeDeg };
    },
  };
}

async function event(
  file: PhotographFile,
  sequence: number,
  timeNs: MonotonicNs,
  heightM: number,
): Promise<PhotographEvent> {
  const { photograph } = file;
  const { gimbal } = photograph;
  return {
    kind: "photograph",
    name: photograph.name,
    receivedNs: timeNs,
    frame: {
      sequence,
      exposureMidNs: timeNs,
      jpeg: await file.readBytes(),
      calibration: photograph.calibration,
    },
    heightAboveGroundM: heightM,
    gimbal: gimbal === null ? null : {
      headingTagDeg: gimbal.yawDeg,
      headingTrusted: false,
      pitchDeg: gimbal.pitchDeg,
      rollDeg: gimbal.rollDeg,
    },
  };
}

/** Seconds between captures by the camera's clock; strictly increasing. */
function exposureTimes(files: readonly PhotographFile[]): MonotonicNs[] {
  const firstMs = files.find((file) => file.photograph.capturedAt)?.photograph.capturedAt
    ?.getTime();
  let previousNs = -STEP_NS;
  return files.map(({ photograph }) => {
    const capturedNs = photograph.capturedAt !== null && firstMs !== undefined
      ? (photograph.capturedAt.getTime() - firstMs) * 1e6
      : 0;
    previousNs = Math.max(capturedNs, previousNs + STEP_NS);
    return monotonicNs(previousNs);
  });
}
