/**
 * How a firmware takes our positions, and how it is asked to fly by them.
 *
 * @module
 */
import type { MonotonicNs } from "../../../core/mod.ts";
import type { MessageOf, OutgoingMessage } from "../../../link/mavlink/mod.ts";
import type { PositionOutput, PositionSource } from "../contract.ts";
import type { GpsInstance } from "./measurements.ts";
import type { Parameters } from "./parameters.ts";
import type { Target } from "./stream_requests.ts";

export interface DialectContext {
  readonly parameters: Parameters;
  readonly target: Target;
  readonly nowNs: MonotonicNs;
  /** The controller's own origin (GPS_GLOBAL_ORIGIN); null until it has told it. */
  readonly origin: {
    readonly latitudeDeg: number;
    readonly longitudeDeg: number;
    readonly heightMslM: number;
  } | null;
}

/** What comes of asking for a source. */
export type SourceAnswer =
  /** Asked; the controller's answer is waited for. */
  | { readonly kind: "asked"; readonly messages: readonly OutgoingMessage[] }
  /** Nothing to ask; the reason is for the crew, empty where ours is the only source. */
  | { readonly kind: "nothing"; readonly reason: string };

export interface Dialect {
  readonly strategyLabel: "ardupilot" | "px4";
  /** Parameters that it needs to know. */
  readonly parameters: readonly string[];
  /** Which GPS receiver is the controller's own; null while that is not known. */
  ownReceiver(parameters: Parameters): GpsInstance;
  positionMessages(output: PositionOutput, context: DialectContext): OutgoingMessage[];
  selectSource(source: PositionSource, context: DialectContext): SourceAnswer;
  /** For a person: what of the parameters keeps our positions from being used. */
  warnings(parameters: Parameters, latencyMs: number): string[];
  version(message: MessageOf<"AUTOPILOT_VERSION">): string;
}

/** "4.7.0" of the four bytes of a version. */
export function versionText(flightSwVersion: number): string {
  return [24, 16, 8].map((shift) => (flightSwVersion >>> shift) & 0xff).join(".");
}
