/**
 * Serial lines, and pseudo-terminals for those who simulate one.
 *
 * @module
 */
import { NATIVE_STATUS, NativeError, pause } from "../../core/mod.ts";
import { type DeviceLibrary, SerialLine } from "../../native/device/mod.ts";
import type { SerialAddress } from "./address.ts";
import type { Connector, LineSide } from "./line.ts";

/** What was written and the driver has not taken: a seventh of a second at 921600 baud. */
const UNSENT_BYTES_MAX = 16 * 1024;
/** The driver takes some 90 bytes a millisecond at 921600 baud. */
const SEND_AGAIN_MS = 4;
/** How often one looks whether the other end of a pseudo-terminal was opened. */
const LOOK_MS = 50;

/** Bytes on their way to the driver, which takes some of them at a time. */
class Outgoing {
  readonly #line: SerialLine;
  #unsent: Uint8Array<ArrayBuffer>[] = [];
  #unsentBytes = 0;
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(line: SerialLine) {
    this.#line = line;
  }

  /** All of them or none. */
  write(bytes: Uint8Array): boolean {
    if (this.#unsentBytes + bytes.length > UNSENT_BYTES_MAX) return false;
    if (bytes.length === 0) return true;
    this.#unsent.push(bytes.slice());
    this.#unsentBytes += bytes.length;
    if (this.#timer === null) this.#send();
    return true;
  }

  clear(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#unsent = [];
    this.#unsentBytes = 0;
  }

  #send(): void {
    this.#timer = null;
    try {
      while (this.#unsent.length > 0) {
        const [first] = this.#unsent, taken = this.#line.write(first);
        this.#unsentBytes -= taken;
        if (taken === first.length) {
          this.#unsent.shift();
        } else {
          this.#unsent[0] = first.subarray(taken);
          this.#timer = setTimeout(() => this.#send(), SEND_AGAIN_MS);
          return;
        }
      }
    } catch (error) {
      if (!(error instanceof NativeError)) throw error;
      // The reader finds the same fault and says it.
      this.clear();
    }
  }
}

/** Reads until the signal aborts. @throws NativeError once the line fails */
async function receive(serial: SerialLine, line: LineSide): Promise<void> {
  const buffer = new Uint8Array(16 * 1024);
  while (!line.signal.aborted) {
    const length = await serial.read(buffer);
    line.connected();
    if (length > 0) line.receive(buffer.slice(0, length));
  }
}

/** A serial line: opened again for as long as it is not there. */
export class SerialConnector implements Connector {
  readonly sendsUnheard = false;
  readonly #device: DeviceLibrary;
  readonly #at: SerialAddress;
  #outgoing: Outgoing | null = null;

  constructor(device: DeviceLibrary, at: SerialAddress) {
    this.#device = device;
    this.#at = at;
  }

  async run(line: LineSide): Promise<void> {
    try {
      await using serial = SerialLine.open(this.#device, this.#at);
      this.#outgoing = new Outgoing(serial);
      try {
        line.connected();
        await receive(serial, line);
      } finally {
        this.#outgoing.clear();
        this.#outgoing = null;
      }
    } catch (error) {
      throw error instanceof NativeError ? new Error(error.reason, { cause: error }) : error;
    }
  }

  write(bytes: Uint8Array): boolean {
    return this.#outgoing?.write(bytes) ?? false;
  }

  close(): Promise<void> {
    this.#device[Symbol.dispose]();
    return Promise.resolve();
  }
}

/** The nearer end of a pseudo-terminal: connected while somebody has the other end open. */
export class PseudoTerminalConnector implements Connector {
  readonly sendsUnheard = false;
  readonly #device: DeviceLibrary;
  readonly #serial: SerialLine;
  readonly #outgoing: Outgoing;

  constructor(device: DeviceLibrary) {
    this.#device = device;
    this.#serial = SerialLine.pseudoTerminal(device);
    this.#outgoing = new Outgoing(this.#serial);
  }

  /** The other end. */
  get path(): string {
    return this.#serial.path;
  }

  async run(line: LineSide): Promise<void> {
    while (!line.signal.aborted) {
      try {
        await receive(this.#serial, line);
      } catch (error) {
        if (!(error instanceof NativeError && error.status === NATIVE_STATUS.notFound)) throw error;
        this.#outgoing.clear();
        line.lost(`nobody has opened ${this.path}`);
        await pause(LOOK_MS, line.signal);
      }
    }
  }

  write(bytes: Uint8Array): boolean {
    return this.#outgoing.write(bytes);
  }

  async close(): Promise<void> {
    this.#outgoing.clear();
    await this.#serial[Symbol.asyncDispose]();
    this.#device[Symbol.dispose]();
  }
}
