/**
 * Logs of flight controllers: what a flight log is once it is open, and what a decoder of one kind gives.
 *
 * Heights of a log are over mean sea level as the controller counts them; the geoid is not known here, so
 * that only their differences mean something. Attitudes are against true north.
 *
 * @module
 */
import type { ControllerEvent } from "../flight_events/mod.ts";

/** `dataflash`: ArduPilot's .BIN. `ulog`: PX4's .ulg. `tlog`: a ground station's record of MAVLink. */
export type FlightLogKind = "dataflash" | "ulog" | "tlog";

/** What a log may hold of a flight; by the kinds of events. */
export type LogStreamName =
  | "imu"
  | "attitude"
  | "baro"
  | "gps"
  | "controller_position"
  | "flight_state";

export interface LogStream {
  /** The log's message that it is read from ("IMU", "sensor_combined"); empty where none is there. */
  readonly message: string;
  readonly samples: number;
  /** Mean rate from its first sample to its last, Hz; 0 below two samples. */
  readonly rateHz: number;
}

/** Without a long silence, and without a boot of the controller in it. */
interface LogPart {
  /** First and last time on the controller's clock, nanoseconds. */
  readonly firstNs: number;
  readonly lastNs: number;
  readonly imuSamples: number;
}

/** m/s²/√Hz and rad/s/√Hz. */
export interface ImuNoise {
  readonly accelerometerDensity: number;
  readonly gyroscopeDensity: number;
}

export interface FlightLog {
  readonly path: string;
  readonly kind: FlightLogKind;
  /** As it says itself: "ArduCopter V4.5.1 (…)"; empty where it does not. */
  readonly firmware: string;
  readonly aircraft: "fixed_wing" | "multirotor" | "unknown";
  /** UTC at time 0 of the events' `receivedNs`, by the log's GPS; null without one. */
  readonly startUtc: Date | null;
  /** Of the events, canonical clock: 0 is the part's first sample. */
  readonly extent: { readonly firstNs: number; readonly lastNs: number };
  readonly streams: Readonly<Record<LogStreamName, LogStream>>;
  /** Mean rate of the IMU samples, Hz; 0 without any. */
  readonly imuRateHz: number;
  /** Whether an IMU sample is the value at its moment, or the mean since the one before it. */
  readonly imuSampling: "instant" | "interval_mean";
  /** What vibration and fast turns fold into the IMU's samples at the log's rate. */
  readonly imuNoise: ImuNoise;
  /** All parts in the file, in its order, and which of them `events` gives. */
  readonly parts: readonly LogPart[];
  readonly part: number;
  /** Position of the first 3D fix in it; null without one. */
  readonly firstFix: {
    readonly latitudeDeg: number;
    readonly longitudeDeg: number;
    readonly heightM: number;
  } | null;
  /** Bytes that belong to no whole message, and samples with impossible values or times. */
  readonly damage: { readonly bytesSkipped: number; readonly samplesRefused: number };
  /** For a person: what is missing or was taken from elsewhere. */
  readonly notes: readonly string[];
  /**
   * In the order of the file. Read in pieces: memory does not grow with the log. May be called again.
   */
  events(): AsyncIterable<ControllerEvent>;
}

/** One measurement and the message that it came from; `receivedNs` is set later. */
export interface LogSample {
  /** One of the decoder's `sources`. */
  readonly source: string;
  readonly event: ControllerEvent & { readonly controllerNs: number } | LogStateSample;
}

/** On the ground, or not. */
interface LogStateSample {
  readonly kind: "flight_state";
  readonly controllerNs: number;
  readonly state: "on_ground" | "in_flight";
}

/** What a log says of itself beside its measurements. */
export interface LogFacts {
  firmware: string;
  aircraft: FlightLog["aircraft"];
  /** The first pair of controller time (nanoseconds) and UTC (milliseconds). */
  utc: { readonly controllerNs: number; readonly utcMs: number } | null;
}

/**
 * Turns the bytes of one kind of log into samples. Any bytes leave it alive and bounded in memory; it
 * finds the next whole message after damage.
 */
export interface LogDecoder {
  readonly facts: LogFacts;
  /**
   * The messages that a stream can come from, best first: the first one that a part has enough of is
   * taken for all of it.
   */
  readonly sources: Readonly<Record<LogStreamName, readonly string[]>>;
  readonly imuSampling: FlightLog["imuSampling"];
  /** Samples may be that much older than the newest before them; 1 s where nothing is said. */
  readonly backMaxNs?: number;
  /** So far. */
  readonly damage: { readonly bytesSkipped: number; readonly samplesRefused: number };
  /** The next bytes of the file; they may be used again by the caller afterwards. */
  push(bytes: Uint8Array, samples: LogSample[]): void;
  /** The file has ended. */
  end(samples: LogSample[]): void;
}
