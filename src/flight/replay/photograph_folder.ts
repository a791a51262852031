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
  type Quaternion,
  quaternionMultiply,
} from "../../core/mod.ts";
import {
  type AttitudeSource,
  type CameraAttitude,
  heightAboveGroundM,
  localFromCamera,
  type PhotographFile,
  type PhotographPoses,
  type PositionTag,
  readPhotographFolder,
  tiltDegOf,
} from "../photographs/mod.ts";
import { byCamera, type ExposureTime, exposureTimes, withTurned } from "./exposure_times.ts";

/** One photograph as the navigator receives it. Its position is not included: see `positionTag`. */
export interface PhotographEvent {
  readonly kind: "photograph";
  readonly name: string;
  /** Also the moment of exposure: these flights use the camera's clock. */
  readonly receivedNs: MonotonicNs;
  /** Photographs that follow each other without a long break share it; counted from 0. */
  readonly flight: number;
  readonly capturedAt: Date | null;
  readonly frame: CameraFrame;
  /** Over the ground, which is assumed to be as high as the take-off point, or as it was given. */
  readonly heightAboveGroundM: number;
  /** By barometer since the take-off, or by GPS over the ground's altitude. */
  readonly heightSource: "barometer" | "gps";
  /** How far the optical axis may be from where the calibration has it, pixels. */
  readonly middleWithinPx: readonly [x: number, y: number];
  /** By its tags, or the file of poses: a heading can be wrong by half a turn; null where nothing states it. */
  readonly attitude: {
    readonly localFromCamera: Quaternion;
    readonly source: AttitudeSource;
    /** Between the optical axis and straight down. */
    readonly tiltDeg: number;
    /** `localFromCamera` is that of the picture as it was turned, or half a turn from it. */
    readonly isTurned: boolean;
  } | null;
}

/** A photograph that cannot be used, and why. */
interface PhotographFault {
  readonly name: string;
  readonly error: unknown;
}

export interface PhotographFlight {
  readonly path: string;
  /** Names in order; `sequence` counts them from 0. */
  readonly names: readonly string[];
  /** By the camera's clock; null when some photograph has no time. */
  readonly lastCapturedAt: Date | null;
  /** Left out before anything was looked at: no JPEG, no focal length, no height. */
  readonly faults: readonly PhotographFault[];
  /** What the user should know of the tags. */
  readonly notes: readonly string[];
  /** With its picture, which is read anew each time. */
  event(sequence: number): Promise<PhotographEvent>;
  /** Position of one photograph as tagged: for judging a result, not for navigation. */
  positionTag(sequence: number): PositionTag | null;
}

interface PhotographFolderOptions {
  /** Altitude of the ground over sea level, metres, for tags without a height over take-off. */
  readonly groundAltitudeM?: number | null;
  readonly poses?: PhotographPoses | null;
  /** 35 mm equivalent, millimetres, of photographs whose tags give no focal length. */
  readonly focalLength35Mm?: number | null;
  /** The first photograph that cannot be used is thrown. */
  readonly strict?: boolean;
}

function lastCapturedAt(times: readonly (Date | null)[]): Date | null {
  const known = times.filter((time) => time !== null).map((time) => time.getTime());
  return known.length === times.length && known.length > 0 ? new Date(Math.max(...known)) : null;
}

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
  const { groundAltitudeM = null, poses = null, focalLength35Mm = null, strict = false } = options;
  const faults: PhotographFault[] = [];
  const onFault = (name: string, error: unknown) => {
    if (strict) throw error;
    faults.push({ name, error });
  };
  const seen: string[] = [];
  const read = await readPhotographFolder(path, {
    requirePosition: false,
    poses,
    focalLength35Mm,
    onFault,
    onNote: (note) => seen.push(note),
  });
  const usable: Omit<FlownFile, "isTurned">[] = [];
  for (const file of read) {
    try {
      usable.push({ ...file, heightM: heightAboveGroundM(file.photograph, groundAltitudeM) });
    } catch (error) {
      onFault(file.photograph.name, error);
    }
  }
  if (usable.length === 0) throw faults[0].error;
  const cameras = byCamera(usable).map((of) => withTurned(of)), files = cameras.flat();
  const times = exposureTimes(
    cameras.map((of) => of.map(({ photograph: { capturedAt } }) => capturedAt)),
  );
  return {
    path,
    names: files.map((file) => file.photograph.name),
    lastCapturedAt: lastCapturedAt(files.map((file) => file.photograph.capturedAt)),
    faults,
    notes: [...seen, ...notesOf(cameras, times)],
    event: (sequence) =>
      photographEvent(files[sequence], sequence, times[sequence], groundAltitudeM !== null),
    positionTag: (sequence) => files[sequence].photograph.positionTag,
  };
}

interface FlownFile extends PhotographFile {
  /** Over the ground, metres. */
  readonly heightM: number;
  readonly isTurned: boolean;
}

async function photographEvent(
  file: FlownFile,
  sequence: number,
  { timeNs, flight }: ExposureTime,
  isGroundGiven: boolean,
): Promise<PhotographEvent> {
  const { photograph } = file;
  const { gimbal, gpsAltitudeM, heightAboveTakeoffM } = photograph;
  const isGps = heightAboveTakeoffM === null || isGroundGiven && gpsAltitudeM !== null;
  return {
    kind: "photograph",
    name: photograph.name,
    receivedNs: timeNs,
    flight,
    capturedAt: photograph.capturedAt,
    frame: {
      sequence,
      exposureMidNs: timeNs,
      jpeg: await file.readBytes(),
      calibration: photograph.calibration,
    },
    heightAboveGroundM: file.heightM,
    heightSource: isGps ? "gps" : "barometer",
    middleWithinPx: photograph.middleWithinPx,
    attitude: gimbal === null ? null : attitudeOf(gimbal, file.isTurned),
  };
}

/** About the optical axis. */
const QUARTER_TURN: Quaternion = [Math.SQRT1_2, 0, 0, Math.SQRT1_2];

function attitudeOf(gimbal: CameraAttitude, isTurned: boolean): PhotographEvent["attitude"] {
  const asTagged = localFromCamera(gimbal);
  return {
    localFromCamera: isTurned ? quaternionMultiply(asTagged, QUARTER_TURN) : asTagged,
    source: gimbal.source,
    tiltDeg: tiltDegOf(gimbal),
    isTurned,
  };
}

/** Before this year no photograph was taken from a drone: the camera's clock was not set. */
const CLOCK_SET_YEAR = 2005;

function notesOf(
  cameras: readonly (readonly FlownFile[])[],
  times: readonly ExposureTime[],
): readonly string[] {
  const files = cameras.flat();
  const notes = [...new Set(files.flatMap(({ photograph }) => photograph.calibrationNotes))];
  const flights = times.at(-1)!.flight + 1;
  const unset =
    files.filter(({ photograph: { capturedAt } }) =>
      capturedAt !== null && capturedAt.getUTCFullYear() < CLOCK_SET_YEAR
    ).length;
  if (cameras.length > 1) {
    notes.push(
      `${cameras.length} cameras, located one after the other: ${
        cameras.map(([{ photograph: { calibration } }]) => calibration.id).join(", ")
      }`,
    );
  }
  if (flights > cameras.length) {
    notes.push(
      `${flights} flights by the camera's clock (a break of over ten minutes between them)`,
    );
  }
  if (unset > 0) {
    notes.push(`${unset} of ${files.length} photographs: the camera's clock was not set`);
  }
  return notes;
}
