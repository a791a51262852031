/**
 * Messages between the owner of the recorder and the writer's thread.
 *
 * @module
 */
import type { FdrConfig } from "./config.ts";
import type { FdrAlert, FlightCounters } from "./contract.ts";
import type { ClosedFlight, FlightClosing, FlightOpening } from "./flight_writer.ts";
import type { SavedTile } from "./tile_snapshots.ts";

export interface NewTile {
  /** A file name: letters, digits, "_", "-" and single dots. */
  readonly tileId: string;
  readonly jpeg: Uint8Array;
  /** Sequence of the frame that it was made from. */
  readonly frameId?: number;
}

/** Requests, and their answers. */
export interface WriterCalls {
  start: { arguments: { flightRoot: string; config: FdrConfig }; result: null };
  register: { arguments: { ring: SharedArrayBuffer }; result: null };
  openFlight: { arguments: FlightOpening; result: string };
  closeFlight: { arguments: FlightClosing; result: ClosedFlight };
  saveTile: { arguments: { tile: NewTile; timestampNs: number }; result: SavedTile };
  counters: { arguments: null; result: FlightCounters };
  stop: { arguments: null; result: null };
}
export type WriterCallName = keyof WriterCalls;

export interface WriterRequest<Name extends WriterCallName = WriterCallName> {
  readonly id: number;
  readonly name: Name;
  readonly arguments: WriterCalls[Name]["arguments"];
}

/** An error in transit to the other thread, which makes the typed error from it. */
export interface WriterFault {
  readonly code: string;
  readonly message: string;
}

export type WriterMessage =
  | { readonly type: "loaded" }
  | { readonly type: "result"; readonly id: number; readonly result: unknown }
  | { readonly type: "fault"; readonly id: number; readonly fault: WriterFault }
  | { readonly type: "alert"; readonly alert: FdrAlert }
  | {
    readonly type: "log";
    readonly level: "debug" | "info" | "warn" | "error";
    readonly kind: string;
    readonly fields: Readonly<Record<string, unknown>>;
    readonly message: string;
  };
