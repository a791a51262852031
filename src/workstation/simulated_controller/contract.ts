/**
 * The simulated flight controller: a vehicle that flies by itself, a firmware that makes something of
 * the positions that it is sent, and a protocol that speaks on a line.
 *
 * Times are seconds since the flight's start (`timeS`, negative on the ground before it) or since the
 * controller was switched on (`bootS`).
 *
 * @module
 */
import type { LocalFrame, Quaternion, Vector3, WgsPosition } from "../../core/mod.ts";
import type { FlightDescription } from "../../flight/replay/mod.ts";
import type { TrueState } from "../simulation/mod.ts";

/** What the vehicle's sensors and its camera measure, in the order in which it becomes available. */
export type VehicleEvent =
  | {
    readonly kind: "imu";
    /** End of the interval that the sample is the mean of. */
    readonly timeS: number;
    readonly specificForceMps2: Vector3;
    readonly angularRateRps: Vector3;
  }
  | { readonly kind: "attitude"; readonly timeS: number; readonly localFromBody: Quaternion }
  /** Height over the ellipsoid, by air pressure. */
  | { readonly kind: "baro"; readonly timeS: number; readonly heightM: number }
  | {
    readonly kind: "frame";
    /** When the picture is complete. */
    readonly timeS: number;
    readonly exposureMidS: number;
    readonly sequence: number;
    readonly jpeg: Uint8Array;
  };

interface LandingTimes {
  readonly fromS: number;
  readonly atRestS: number;
}

/** A flight that happens: a recorded one, or one simulated on the way. */
export interface Flight extends AsyncDisposable {
  readonly description: FlightDescription;
  readonly localFrame: LocalFrame;
  /** Of the ground phase before time 0, where there is one: 0 or less. */
  readonly startS: number;
  readonly endS: number;
  /** When it begins to come down and when it stands; null where the flight ends in the air. */
  readonly landing: LandingTimes | null;
  truthAt(timeS: number): TrueState;
  events(signal: AbortSignal): AsyncIterable<VehicleEvent>;
}

/** What a satellite receiver of the vehicle says. */
export interface GpsFix {
  /** When it was measured. */
  readonly timeS: number;
  /** MAVLink's GPS_FIX_TYPE: 0 no receiver, 1 no fix, 2 2D, 3 3D. */
  readonly fixType: number;
  /** Height over the ellipsoid. */
  readonly position: WgsPosition;
  readonly velocityEnuMps: Vector3;
  readonly sigmaHorizontalM: number;
  readonly sigmaVerticalM: number;
  readonly sigmaSpeedMps: number;
  readonly satellites: number;
  readonly hdop: number;
}

/** A position as a companion computer sent it; what it left out is undefined. Not checked. */
export interface CompanionPosition {
  /** "GPS_INPUT", "GLOBAL_POSITION_SENSOR", "MSP2_SENSOR_GPS", … */
  readonly message: string;
  /** As they came, by the names of the message's definition: for the report. */
  readonly fields: Readonly<Record<string, number>>;
  readonly fixType: number;
  readonly latitudeDeg: number;
  readonly longitudeDeg: number;
  /** Over mean sea level, metres. */
  readonly heightMslM?: number;
  readonly velocityEnuMps?: readonly [number | undefined, number | undefined, number | undefined];
  readonly sigmaHorizontalM?: number;
  readonly sigmaVerticalM?: number;
  readonly sigmaSpeedMps?: number;
  readonly satellites?: number;
  readonly hdop?: number;
  readonly vdop?: number;
  /** Which receiver of the controller it poses as. */
  readonly receiver?: number;
  /** What the sender says that it took from the measurement to the sending, seconds. */
  readonly processingS?: number;
}

/**
 * What the firmware made of a position. `fused`: corrects the filter; `reset`: the filter jumped to it;
 * `refused`: failed a gate; `unused`: not used at all for `why`; `abort`: stops a real autopilot.
 */
export interface Verdict {
  readonly made: "fused" | "reset" | "refused" | "unused" | "abort";
  readonly why?: string;
}

/** The firmware's own idea of where it is. */
export interface FirmwareEstimate {
  readonly position: WgsPosition;
  readonly velocityEnuMps: Vector3;
  /** From the truth, metres. */
  readonly errorHorizontalM: number;
  /** Whether it has any position to fly by. */
  readonly isUsable: boolean;
  readonly sigmaHorizontalM: number;
}

/** What the firmware wants its pilot to read. */
export interface FirmwareText {
  /** MAV_SEVERITY. */
  readonly severity: number;
  readonly text: string;
}

/** A command as it came, COMMAND_LONG or COMMAND_INT. */
export interface FirmwareCommand {
  readonly command: number;
  readonly isInt: boolean;
  /** MAV_FRAME of a COMMAND_INT. */
  readonly frame: number;
  /** param1 to param4, x, y, z; x and y in degrees. */
  readonly parameters: readonly number[];
}

/** MAV_RESULT. */
export const RESULT = { accepted: 0, temporarilyRejected: 1, denied: 2, unsupported: 3, failed: 4 };

/** How a firmware treats positions, by the rules that were measured or read in its sources. */
export interface Firmware {
  readonly parameters: Map<string, number>;
  /** custom_mode of its heartbeat; a fail-safe changes it. */
  readonly customMode: number;
  readonly isArmed: boolean;
  /** Told of arming, which it may refuse: then it says why in its texts. */
  arm(): boolean;
  disarm(): void;
  /** Whether it has set its origin: the flight's own, so that metres from it can be told. */
  readonly hasOrigin: boolean;
  /** Lets time pass: prediction, time-outs, fail-safes. */
  advance(timeS: number): void;
  /** A fix of the receiver of its own. */
  takeFix(fix: GpsFix, timeS: number): Verdict;
  takePosition(position: CompanionPosition, timeS: number): Verdict;
  /** MAV_RESULT; undefined: no command of positions. */
  takeCommand(
    command: FirmwareCommand,
    timeS: number,
  ): { result: number; verdict?: Verdict } | undefined;
  /** What it shows of a receiver, in GPS_RAW_INT (0) and GPS2_RAW (1). */
  shownFix(receiver: 0 | 1): GpsFix | undefined;
  estimate(): FirmwareEstimate;
  takeTexts(): FirmwareText[];
  /** Rate at which it is willing to stream a message, Hz. */
  readonly streamRateMaxHz: number;
  /** Up to this rate a request is accepted, Hz; above, denied. */
  readonly requestRateMaxHz: number;
  /** Of an answer to TIMESYNC, seconds. */
  readonly answerDelayS: number;
}

/** Speaks for the vehicle on one line. */
export interface ControllerProtocol {
  /** Bytes that came, as they were cut. */
  receive(bytes: Uint8Array, timeS: number): void;
  /** The vehicle has taken a measurement in; its time is the event's. */
  measured(event: VehicleEvent): void;
  /** Time has passed: whatever is due is sent. */
  tick(timeS: number): void;
  /** The flight has not begun: answers, and a sign of life where the protocol has one. */
  wait(timeS: number): void;
  /** Whether a companion was heard at all. */
  readonly isHeard: boolean;
  /** What is wrong with the line, for the report. */
  counters(): Readonly<Record<string, number>>;
}
