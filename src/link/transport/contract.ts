/**
 * A line to a flight controller or ground station: bytes in both directions that may be cut at any
 * time and come back.
 *
 * @module
 */
import type { MonotonicNs } from "../../core/mod.ts";

/** Bytes as they came: of UDP one datagram, of a stream whatever one read gave. */
export interface Chunk {
  readonly receivedNs: MonotonicNs;
  readonly bytes: Uint8Array;
}

/**
 * Addresses: `udp:HOST:PORT` listens and answers whom it heard last; `udpout:HOST:PORT` sends first;
 * `tcp:HOST:PORT` connects; `tcpin:HOST:PORT` listens for one peer; `serial:/dev/ttyTHS1:921600`.
 */
export interface ByteLink extends AsyncDisposable {
  readonly address: string;
  /** Opens what can be opened at once: a peer that is not there yet is retried for ever. */
  open(): Promise<void>;
  /**
   * Until the signal aborts or the line is disposed of. A lost connection is opened again (0.2 s, then up to
   * 2 s apart). One reader at a time; what came while nobody read is kept, up to 256 KiB.
   */
  chunks(signal: AbortSignal): AsyncIterable<Chunk>;
  /** Never waits: false, and counted, where nobody is there or the peer takes no more. */
  write(bytes: Uint8Array): boolean;
  health(): LinkHealth;
}

export interface LinkHealth {
  readonly connected: boolean;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /**
   * Came faster than they were read, and went (of UDP and serial lines: TCP makes its peer wait), or came
   * from somebody who may not be answered.
   */
  readonly bytesDropped: number;
  readonly reconnects: number;
  readonly writesRefused: number;
  /** Why it is not connected, for a person; empty while it is. */
  readonly fault: string;
}
