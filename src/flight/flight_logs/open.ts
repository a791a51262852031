/**
 * Opens a flight log of any kind: one pass to see what it holds, further ones for its events.
 *
 * @module
 */
import {
  type ControllerNs,
  DataError,
  type MonotonicNs,
  openPlainFile,
  UsageError,
} from "../../core/mod.ts";
import type { ControllerEvent } from "../flight_events/mod.ts";
import { PartClock } from "./part_clock.ts";
import type { FlightLog, FlightLogKind, LogDecoder, LogSample, LogStreamName } from "./contract.ts";
import { isDataflash } from "./dataflash/format.ts";
import { DataflashDecoder } from "./dataflash/decoder.ts";
import { logNotes } from "./notes.ts";
import { Survey, type SurveyedPart } from "./survey.ts";
import { TlogDecoder } from "./tlog/decoder.ts";
import { isTlog } from "./tlog/records.ts";
import { isUlog } from "./ulog/format.ts";
import { UlogDecoder } from "./ulog/decoder.ts";

/** A file is known by its first bytes. */
const HEAD_BYTES = 64 * 1024;
const PIECE_BYTES = 256 * 1024;

/** The same for every pass over a file; `head` are its first bytes. */
type MakeDecoder = (head: Uint8Array) => LogDecoder;

/** In the order in which they are tried. */
const KINDS: Readonly<
  Record<FlightLogKind, { isKind: (head: Uint8Array) => boolean; make: MakeDecoder }>
> = {
  ulog: { isKind: isUlog, make: () => new UlogDecoder() },
  dataflash: { isKind: isDataflash, make: () => new DataflashDecoder() },
  tlog: { isKind: isTlog, make: (head) => new TlogDecoder(head) },
};

interface FlightLogOptions {
  /** Counted from 0; the one with the most IMU samples where it is absent. */
  readonly part?: number;
}

/**
 * Reads the whole file once; its memory does not grow with the log.
 *
 * @throws NotPlainFileError, DataError (exit 65) where it is no log of a known kind, or holds no sample;
 * UsageError for a part that it does not hold; errors of the file system
 */
export async function openFlightLog(
  path: string,
  options: FlightLogOptions = {},
): Promise<FlightLog> {
  const head = await headOf(path);
  const found = Object.entries(KINDS).find(([, { isKind }]) => isKind(head));
  if (found === undefined) throw new DataError(path, unknownText(head));
  const [kind, made] = found as [FlightLogKind, { make: MakeDecoder }];
  const make = () => made.make(head);
  const decoder = make();
  const survey = new Survey(decoder);
  for await (const samples of samplesOf(path, decoder)) survey.add(samples);
  const parts = survey.parts(decoder);
  if (parts.length === 0) {
    throw new DataError(path, "holds no message of IMU, attitude, barometer, GPS or position");
  }
  const part = options.part ?? longest(parts);
  if (!(part in parts)) {
    throw new UsageError(`there is no part ${part + 1} in ${path}: it holds ${parts.length}`);
  }
  const surveyed = survey.part(part, decoder);
  const { firmware, aircraft, utc } = decoder.facts;
  const { bytesSkipped, samplesRefused } = decoder.damage;
  const log = {
    path,
    kind,
    firmware,
    aircraft,
    startUtc: utc === null
      ? null
      : new Date(utc.utcMs - (utc.controllerNs - surveyed.firstNs) / 1e6),
    extent: { firstNs: 0, lastNs: surveyed.lastNs - surveyed.firstNs },
    streams: surveyed.streams,
    imuRateHz: surveyed.streams.imu.rateHz,
    imuSampling: decoder.imuSampling,
    imuNoise: surveyed.imuNoise,
    parts,
    part,
    firstFix: surveyed.firstFix,
    damage: { bytesSkipped, samplesRefused: samplesRefused + survey.timesRefused },
  };
  return {
    ...log,
    notes: logNotes(log, decoder.sources),
    events: () => events(path, make, part, surveyed),
  };
}

function longest(parts: FlightLog["parts"]): number {
  const counts = parts.map(({ imuSamples }) => imuSamples);
  return counts.indexOf(Math.max(...counts));
}

async function headOf(path: string): Promise<Uint8Array> {
  using file = await openPlainFile(path);
  const head = new Uint8Array(HEAD_BYTES);
  let filled = 0;
  while (filled < head.length) {
    const count = await file.read(head.subarray(filled));
    if (count === null) break;
    filled += count;
  }
  return head.subarray(0, filled);
}

function unknownText(head: Uint8Array): string {
  if (head.length === 0) return "is empty";
  const start = new TextDecoder().decode(head.subarray(0, 256));
  if (/^FMT, /m.test(start)) {
    return "is a dataflash log that was converted to text; give the .BIN that it was made from";
  }
  return "is no flight log: dataflash logs of ArduPilot (.BIN), logs of PX4 (.ulg) and a ground station's " +
    "telemetry logs (.tlog) are read";
}

/** The samples of each piece of the file; the array is used again for the next piece. */
async function* samplesOf(path: string, decoder: LogDecoder): AsyncGenerator<LogSample[]> {
  using file = await openPlainFile(path);
  // A log that grows meanwhile is read as it was.
  let left = (await file.stat()).size;
  const piece = new Uint8Array(PIECE_BYTES);
  const samples: LogSample[] = [];
  while (left > 0) {
    const count = await file.read(piece.subarray(0, Math.min(left, piece.length)));
    if (count === null) break;
    left -= count;
    decoder.push(piece.subarray(0, count), samples);
    yield samples;
    samples.length = 0;
  }
  decoder.end(samples);
  yield samples;
}

async function* events(
  path: string,
  make: () => LogDecoder,
  part: number,
  surveyed: SurveyedPart,
): AsyncGenerator<ControllerEvent> {
  const decoder = make();
  const clock = new PartClock(decoder);
  const finish = new Finish(surveyed);
  // The clock hears of every sample, as in the first pass: parts are counted the same.
  for await (const samples of samplesOf(path, decoder)) {
    for (const sample of samples) {
      if (clock.partOf(sample.event.controllerNs) !== part) continue;
      const event = finish.event(sample);
      if (event !== null) yield event;
    }
  }
}

const STREAM_OF_KIND: Readonly<Partial<Record<string, LogStreamName>>> = {
  imu: "imu",
  attitude: "attitude",
  baro: "baro",
  gps: "gps",
  controller_position: "controller_position",
  flight_state: "flight_state",
};

/** Samples of the chosen messages as events on the flight's own clock. */
class Finish {
  readonly #part: SurveyedPart;
  readonly #newestNs = new Map<string, number>();
  #receivedNs = 0;
  #state = "";

  constructor(part: SurveyedPart) {
    this.#part = part;
  }

  event({ source, event }: LogSample): ControllerEvent | null {
    const stream = STREAM_OF_KIND[event.kind];
    if (stream === undefined || this.#part.sources[stream] !== source) return null;
    const { controllerNs } = event;
    // Out of order inside a stream, or the same sample again: no estimator could use it.
    if (controllerNs <= (this.#newestNs.get(source) ?? -1)) return null;
    this.#newestNs.set(source, controllerNs);
    this.#receivedNs = Math.max(this.#receivedNs, controllerNs - this.#part.firstNs);
    const receivedNs = this.#receivedNs as MonotonicNs;
    const times = { receivedNs, controllerNs: controllerNs as ControllerNs };
    if (event.kind === "flight_state") {
      if (event.state === this.#state) return null;
      this.#state = event.state;
      return { kind: "flight_state", receivedNs, state: event.state };
    }
    if (event.kind === "baro") {
      return { ...event, ...times, heightM: event.heightM + this.#part.datumM };
    }
    return { ...event, ...times };
  }
}
