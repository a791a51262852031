/**
 * Serial lines and pseudo-terminals.
 *
 * @module
 */
import { NativeErrorBuffer } from "../../core/mod.ts";
import type { DeviceLibrary } from "./library.ts";

/** How long one read waits: disposal waits for it. */
const READ_MS = 100;
const PATH_BYTES_MAX = 64;

/**
 * Owner of one open line. Reads and writes throw a NativeError with the status `notFound` once the line
 * was unplugged, or while nobody has the other end of a pseudo-terminal open.
 */
export class SerialLine implements AsyncDisposable {
  /** Of a pseudo-terminal: the other end, which a program opens. */
  readonly path: string;
  readonly #device: DeviceLibrary;
  #handle: bigint | null;
  #reading: Promise<unknown> = Promise.resolve();
  readonly #taken = new BigInt64Array(1);
  readonly #writeError = new NativeErrorBuffer();

  private constructor(device: DeviceLibrary, handle: bigint, path: string) {
    this.#device = device;
    this.#handle = handle;
    this.path = path;
  }

  /**
   * A line of the list in ../../../ffi/device/serial_line.cc, for this program alone, raw, with 8 data
   * bits, no parity and one stop bit.
   *
   * @throws NativeError where it is absent, in use, not permitted, or cannot have the baud rate
   */
  static open(
    device: DeviceLibrary,
    { path, baudRate }: { readonly path: string; readonly baudRate: number },
  ): SerialLine {
    const name = new TextEncoder().encode(path);
    const handle = new BigUint64Array(1), error = new NativeErrorBuffer();
    const status = device.symbols.gdn_serial_line_open(
      name,
      BigInt(name.length),
      baudRate,
      handle,
      error.bytes,
    );
    error.check("gdn_serial_line_open", status);
    return new SerialLine(device, handle[0], path);
  }

  /** @throws NativeError where the system has none to give */
  static pseudoTerminal(device: DeviceLibrary): SerialLine {
    const handle = new BigUint64Array(1), error = new NativeErrorBuffer();
    const name = new Uint8Array(PATH_BYTES_MAX), length = new BigInt64Array(1);
    const status = device.symbols.gdn_pseudo_terminal_open(
      handle,
      name,
      BigInt(name.length),
      length,
      error.bytes,
    );
    error.check("gdn_pseudo_terminal_open", status);
    const path = new TextDecoder().decode(name.subarray(0, Number(length[0])));
    return new SerialLine(device, handle[0], path);
  }

  /**
   * Fills `into` with what has come, and returns how many bytes: 0 where nothing comes within a tenth of
   * a second. One read at a time.
   */
  async read(into: Uint8Array<ArrayBuffer>): Promise<number> {
    const length = new BigInt64Array(1), error = new NativeErrorBuffer();
    const reading = this.#device.symbols.gdn_serial_line_read(
      this.#open(),
      READ_MS,
      into,
      BigInt(into.length),
      length,
      error.bytes,
    );
    this.#reading = reading;
    error.check("gdn_serial_line_read", await reading);
    return Number(length[0]);
  }

  /** Hands bytes to the driver and never waits; returns how many of them it took, the first ones. */
  write(bytes: Uint8Array<ArrayBuffer>): number {
    const status = this.#device.symbols.gdn_serial_line_write(
      this.#open(),
      bytes,
      BigInt(bytes.length),
      this.#taken,
      this.#writeError.bytes,
    );
    this.#writeError.check("gdn_serial_line_write", status);
    return Number(this.#taken[0]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const handle = this.#handle;
    this.#handle = null;
    if (handle === null) return;
    await this.#reading;
    const error = new NativeErrorBuffer();
    error.check(
      "gdn_serial_line_free",
      this.#device.symbols.gdn_serial_line_free(handle, error.bytes),
    );
  }

  #open(): bigint {
    if (this.#handle === null) throw new TypeError(`the line ${this.path} is closed`);
    return this.#handle;
  }
}
