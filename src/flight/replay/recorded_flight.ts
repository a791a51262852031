/**
 * Reads a recorded flight as one stream of events in the order in which the companion received
 * them.
 *
 * @module
 */
import {
  DataError,
  EXIT,
  GdnError,
  messageOf,
  parseBoundedJson,
  readPlainTextFile,
} from "../../core/mod.ts";
import { type FlightDescription, FlightDescriptionSchema } from "./contract.ts";
import { quote } from "./csv_stream.ts";
import type { FrameEvent, RecordedEvent, SensorEvent } from "../flight_events/mod.ts";
import { checkFrameFile, checkFrameName, readPicture } from "./frame_files.ts";
import { StreamReader } from "./stream_reader.ts";
import {
  attitudeRules,
  baroRules,
  type FrameRow,
  frameRules,
  gpsRules,
  imuRules,
  Irregularities,
  velocityRules,
} from "./stream_rules.ts";

/** An IMU stream may begin after the first picture, and end before the last one, by this much. */
const IMU_MARGIN_NS = 1e9;
const DESCRIPTION_BYTES_MAX = 1024 * 1024;

/** Results of the first pass over the whole flight. */
export interface FlightExtent {
  readonly frames: number;
  readonly imuSamples: number;
  readonly gpsSamples: number;
  /** Time of the first and last arrival, nanoseconds of the canonical clock. */
  readonly firstNs: number;
  readonly lastNs: number;
  /** Of rows that were passed on although rows are missing, doubled or out of order: for a person. */
  readonly irregularities: readonly string[];
}

export interface RecordedFlight {
  readonly path: string;
  readonly description: FlightDescription;
  readonly extent: FlightExtent;
  /**
   * Sensor rows by `received_ns`, pictures by `available_ns`. The files are read in pieces: memory
   * does not grow with the flight. May be called again for another pass.
   */
  events(): AsyncIterable<RecordedEvent>;
}

interface RecordedFlightOptions {
  /**
   * Whether every picture must be there, whole and of the calibration's size (the default). Where
   * false, what cannot be read is an event with `unreadable`, and what cannot be decoded shows when
   * it is decoded. Names that lead out of the folder and symbolic links are refused in any case.
   */
  readonly checkPictures?: boolean;
  /**
   * Whether sensor rows that are missing, doubled or out of order are passed on as they came, as a live
   * link brings them. Otherwise (the default) such a recording is refused.
   */
  readonly passIrregular?: boolean;
}

/**
 * Reads flight.json and passes once over every row and every picture's header, so that a fault is
 * found before the flight and not in the middle of it.
 *
 * @throws DataError (exit 65) that names the file, the line and the remedy; GdnError (exit 66) when
 * there is no such folder.
 */
export async function openRecordedFlight(
  path: string,
  options: RecordedFlightOptions = {},
): Promise<RecordedFlight> {
  await checkFolder(path);
  const description = await readDescription(path);
  const checkFile = options.checkPictures === false
    ? (row: FrameRow) => checkFrameName(path, row.file, row.fault)
    : (row: FrameRow) => checkFrameFile(path, row.file, description.camera, row.fault);
  const irregularities = () => options.passIrregular === true ? new Irregularities() : undefined;
  const extent = await checkFlight(path, description, checkFile, irregularities());
  return {
    path,
    description,
    extent,
    events: () => events(path, description, irregularities()),
  };
}

async function checkFolder(path: string): Promise<void> {
  const info = await Deno.stat(path).catch((error) => {
    throw new GdnError("NO_INPUT", `Cannot open the flight ${path}: ${messageOf(error)}`, {
      cause: error,
      exitCode: EXIT.noInput,
    });
  });
  if (!info.isDirectory) {
    throw new DataError(path, "is a file; a recorded flight is a folder with flight.json in it");
  }
}

async function readDescription(folder: string): Promise<FlightDescription> {
  const path = `${folder}/flight.json`;
  let json: unknown;
  try {
    const options = { within: folder, bytesMax: DESCRIPTION_BYTES_MAX };
    json = parseBoundedJson(await readPlainTextFile(path, options));
  } catch (error) {
    if (error instanceof DataError) throw error;
    const state = error instanceof Deno.errors.NotFound
      ? "is missing; copy the flight again: a recorded flight is a folder with flight.json in it"
      : `cannot be read as JSON (${messageOf(error)}); copy the flight again`;
    throw new DataError(path, state, { cause: error });
  }
  const version = (json as { formatVersion?: unknown } | null)?.formatVersion;
  if (typeof version === "number" && version > 1) {
    throw new DataError(path, `has format version ${version}, this program reads 1; update it`);
  }
  const parsed = FlightDescriptionSchema.safeParse(json);
  if (!parsed.success) {
    const faults = parsed.error.issues.slice(0, 5)
      .map((issue) => `${quote(issue.path.join("."))} ${issue.message}`);
    throw new DataError(path, `does not describe a flight: ${faults.join("; ")}`);
  }
  return parsed.data;
}

type SensorOrFrame = SensorEvent | FrameRow;

/** Rows of all streams, merged; ties in the order imu, attitude, baro, gps, velocity, frame. */
async function* mergedRows(
  folder: string,
  description: FlightDescription,
  irregular: Irregularities | undefined,
): AsyncGenerator<SensorOrFrame> {
  using stack = new DisposableStack();
  const readers: StreamReader<SensorOrFrame>[] = [];
  const opened = [
    () => StreamReader.open(folder, "imu.csv", imuRules(description.imuRateHz, irregular)),
    () => StreamReader.open(folder, "attitude.csv", attitudeRules(irregular)),
    () => StreamReader.open(folder, "baro.csv", baroRules(irregular)),
    () => StreamReader.open(folder, "gps.csv", gpsRules(irregular)),
    ...await hasVelocity(folder)
      ? [() => StreamReader.open(folder, "velocity.csv", velocityRules(irregular))]
      : [],
    () => StreamReader.open(folder, "frames.csv", frameRules()),
  ];
  for (const open of opened) {
    readers.push(stack.use(await open()) as unknown as StreamReader<SensorOrFrame>);
  }
  for (;;) {
    let first: StreamReader<SensorOrFrame> | undefined;
    for (const reader of readers) {
      if (reader.needsFill) await reader.fill();
      const item = reader.peek();
      if (item !== undefined && item.receivedNs < (first?.peek()?.receivedNs ?? Infinity)) {
        first = reader;
      }
    }
    const item = first?.peek();
    if (first === undefined || item === undefined) return;
    first.take();
    yield item;
  }
}

/** The one stream that a flight need not have. */
async function hasVelocity(folder: string): Promise<boolean> {
  try {
    await Deno.lstat(`${folder}/velocity.csv`);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw new DataError(`${folder}/velocity.csv`, `cannot be read: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

async function checkFlight(
  folder: string,
  description: FlightDescription,
  checkFile: (row: FrameRow) => Promise<unknown>,
  irregular: Irregularities | undefined,
): Promise<FlightExtent> {
  const counts = { imu: 0, attitude: 0, baro: 0, gps: 0, velocity: 0, frame: 0 };
  const firstNs: Partial<Record<keyof typeof counts, number>> = {};
  const lastNs: Partial<Record<keyof typeof counts, number>> = {};
  for await (const row of mergedRows(folder, description, irregular)) {
    counts[row.kind]++;
    const timeNs = row.kind === "frame" ? row.exposureMidNs : row.receivedNs;
    firstNs[row.kind] ??= timeNs;
    lastNs[row.kind] = timeNs;
    if (row.kind === "frame") await checkFile(row);
  }
  for (
    const [kind, file] of [["frame", "frames"], ["imu", "imu"], ["attitude", "attitude"]] as const
  ) {
    if (counts[kind] === 0) {
      throw new DataError(`${folder}/${file}.csv`, "has no rows; copy the flight again");
    }
  }
  const { imu: imuFirstNs = 0, frame: frameFirstNs = 0 } = firstNs;
  const { imu: imuLastNs = 0, frame: frameLastNs = 0 } = lastNs;
  if (irregular === undefined) {
    checkImuCovers(folder, imuFirstNs - frameFirstNs, frameLastNs - imuLastNs);
  }
  return {
    frames: counts.frame,
    imuSamples: counts.imu,
    gpsSamples: counts.gps,
    firstNs: Math.min(...Object.values(firstNs)),
    lastNs: Math.max(...Object.values(lastNs)),
    irregularities: irregular?.texts() ?? [],
  };
}

function checkImuCovers(folder: string, lateNs: number, earlyNs: number): void {
  const path = `${folder}/imu.csv`;
  if (lateNs > IMU_MARGIN_NS) {
    throw new DataError(path, `begins ${(lateNs / 1e9).toFixed(1)} s after the first picture`);
  }
  if (earlyNs > IMU_MARGIN_NS) {
    throw new DataError(
      path,
      `ends ${(earlyNs / 1e9).toFixed(1)} s before the last picture: rows are missing; ` +
        "copy the flight again",
    );
  }
}

async function* events(
  folder: string,
  description: FlightDescription,
  irregular: Irregularities | undefined,
): AsyncGenerator<RecordedEvent> {
  for await (const row of mergedRows(folder, description, irregular)) {
    yield row.kind === "frame" ? await frameEvent(folder, description, row) : row;
  }
}

async function frameEvent(
  folder: string,
  { camera: calibration }: FlightDescription,
  { sequence, exposureMidNs, receivedNs, file }: FrameRow,
): Promise<FrameEvent> {
  const name = `${folder}/${file}`;
  const frame = { sequence, exposureMidNs, calibration, name };
  try {
    return { kind: "frame", receivedNs, frame: { ...frame, jpeg: await readPicture(name) } };
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    const jpeg = new Uint8Array(0);
    return { kind: "frame", receivedNs, frame: { ...frame, jpeg }, unreadable: error };
  }
}
