/**
 * C8: the flight controller. An adapter turns what a controller sends into events, and sends it our
 * position in the way of its firmware.
 *
 * What arrives is hostile input: any bytes leave an adapter alive, bounded in memory, and resynchronised
 * within one good frame. What it does not understand is counted, never thrown, never kept.
 *
 * @module
 */
import type { MonotonicNs, Quaternion, Vector3, WgsPosition } from "../../core/mod.ts";
import type { ControllerEvent, FlightState } from "../flight_events/mod.ts";

/**
 * How good the position is, as a receiver would say: `none` nothing may rest on it; `2d` its height is
 * not to be used; `3d` good.
 */
export type PositionQuality = "none" | "2d" | "3d";

/**
 * One position for the controller, already honest: the adapter encodes it and decides nothing.
 * Before the first estimate `position` is null, and the quality `none`.
 */
export interface PositionOutput {
  /** The moment that it speaks of: predicted to the moment of sending, canonical clock. */
  readonly timeNs: MonotonicNs;
  /** Newest measurement in it; `timeNs` less this is how far it was predicted. */
  readonly measuredNs: MonotonicNs;
  /** The same moment, UTC; null while no clock could be checked: then no time is sent. */
  readonly utc: Date | null;
  readonly quality: PositionQuality;
  /** Height over the ellipsoid. */
  readonly position: WgsPosition | null;
  /** Height over mean sea level, metres, as the controller counts it. */
  readonly heightMslM: number;
  /** East, north, up (true north), m/s. Always given: a velocity left out is fused as the last one. */
  readonly velocityEnuMps: Vector3;
  /** Square roots of the largest eigenvalue of the horizontal block and of the vertical variance, 1 sigma, metres. */
  readonly sigmaHorizontalM: number;
  readonly sigmaVerticalM: number;
  /** m/s. */
  readonly sigmaSpeedMps: number;
  /** From true north clockwise, radians; null: not known well enough to be sent. */
  readonly headingRad: number | null;
  /** ENU (true north) from body (FRD); null before the first estimate. */
  readonly enuFromBody: Quaternion | null;
  /** A smoothed estimate is refused. */
  readonly smoothed: boolean;
}

/** MAVLink's severities that we use. */
export type AlertSeverity = "critical" | "error" | "warning" | "notice" | "info";

/** Which source the controller flies by. */
export type PositionSource = "companion" | "controller_gps";

export interface ControllerHealth {
  /** Heard within the last two seconds. */
  readonly connected: boolean;
  /** Why it is not heard, for a person; empty while it is. */
  readonly fault: string;
  /** "ArduCopter 4.7.0", "PX4", "INAV 8.0.0"; empty until it is known. */
  readonly firmware: string;
  readonly flightState: FlightState;
  /** Mean rate of each message over the last seconds, Hz. */
  readonly ratesHz: Readonly<Record<string, number>>;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Frames that failed their check sum or signature, were cut, or whose sequence numbers are missing. */
  readonly framesBad: number;
  readonly framesLost: number;
  /** Messages that nobody here understands, by id; bounded. */
  readonly unknownMessages: Readonly<Record<number, number>>;
  readonly reconnects: number;
  readonly positionsSent: number;
  /** Positions that were refused (smoothed, not finite) or could not be written. */
  readonly positionsRefused: number;
  /** Smallest round trip to the controller, milliseconds; null before the first answer. */
  readonly roundTripMs: number | null;
  /** Alerts and values that the protocol has no way to carry; absent where it carries all. */
  readonly textsNotCarried?: number;
}

/**
 * One contract suite holds for all strategies: `ardupilot`, `px4`, `inav`, `replay`, `simulated`
 * (tests/contract/flight_controller_suite.ts).
 */
export interface FlightControllerAdapter extends AsyncDisposable {
  readonly strategyLabel: string;
  /** Opens the link. A controller that does not answer yet is no error: the link is retried for ever. */
  open(): Promise<void>;
  /** Everything that arrives, in order of arrival, until the signal aborts or a recording ends. */
  events(signal: AbortSignal): AsyncIterable<ControllerEvent>;
  /** Sends at once and never waits. What is not finite, or smoothed, is refused and counted. */
  emitPosition(output: PositionOutput): void;
  /** A text for the ground station; cut into chunks where the protocol limits it. */
  alert(severity: AlertSeverity, text: string): void;
  /** A named number for the ground station; `name` has at most 10 ASCII characters. */
  sendValue(name: string, value: number): void;
  /** Asks the controller to fly by this source from now on; repeated until it confirms or refuses. */
  selectSource(source: PositionSource): void;
  health(): ControllerHealth;
}
