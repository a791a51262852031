/**
 * The service manager (systemd) that supervises this process: what it is told, and how often it wants
 * to hear that the program works. Protocol: sd_notify(3).
 *
 * @module
 */
import { NATIVE_STATUS, NativeErrorBuffer } from "../../core/mod.ts";
import type { DeviceLibrary } from "./library.ts";

/** `starting`: it gets on with its start, and may take a minute more. */
const STATES = { status: 0, ready: 1, watchdog: 2, stopping: 3, starting: 4 } as const;

/** Bytes of UTF-8; the native side refuses more. */
const STATUS_BYTES_MAX = 512;

/** Owner of one connection. Disposal is idempotent. */
export class ServiceManager implements Disposable {
  /** The longest time that may pass between two `watchdog`; null where none are expected. */
  readonly watchdogMs: number | null;
  readonly #device: DeviceLibrary;
  #handle: bigint | null;

  private constructor(device: DeviceLibrary, handle: bigint, watchdogUs: bigint) {
    this.#device = device;
    this.#handle = handle;
    this.watchdogMs = watchdogUs === 0n ? null : Number(watchdogUs) / 1000;
  }

  /**
   * The one that the environment of the process names; null where nobody supervises it.
   *
   * @throws NativeError when NOTIFY_SOCKET is not an address of a socket.
   */
  static open(device: DeviceLibrary): ServiceManager | null {
    const handle = new BigUint64Array(1);
    const watchdogUs = new BigInt64Array(1);
    const error = new NativeErrorBuffer();
    const status = device.symbols.gdn_service_manager_open(handle, watchdogUs, error.bytes);
    error.check("gdn_service_manager_open", status);
    return handle[0] === 0n ? null : new ServiceManager(device, handle[0], watchdogUs[0]);
  }

  /**
   * Sends a state, with a status line for people where one is given: control characters in it become
   * spaces, and what is longer than 512 bytes is cut. Never waits.
   *
   * @returns false where the manager cannot be told now: its queue is full, or its socket gone
   * @throws TypeError after disposal
   */
  notify(state: keyof typeof STATES, statusText = ""): boolean {
    if (this.#handle === null) {
      throw new TypeError("the connection to the service manager is closed");
    }
    const text = lineOf(statusText);
    const error = new NativeErrorBuffer();
    const status = this.#device.symbols.gdn_service_manager_notify(
      this.#handle,
      STATES[state],
      text,
      BigInt(text.length),
      error.bytes,
    );
    if (status === NATIVE_STATUS.systemFailure) return false;
    error.check("gdn_service_manager_notify", status);
    return true;
  }

  [Symbol.dispose](): void {
    const handle = this.#handle;
    this.#handle = null;
    if (handle === null) return;
    const error = new NativeErrorBuffer();
    const status = this.#device.symbols.gdn_service_manager_free(handle, error.bytes);
    error.check("gdn_service_manager_free", status);
  }
}

/** One line of UTF-8 of at most 512 bytes, cut between characters. */
function lineOf(text: string): Uint8Array<ArrayBuffer> {
  // deno-lint-ignore no-control-regex
  const line = text.replace(/[\x00-\x1f\x7f]/g, " ");
  const bytes = new Uint8Array(STATUS_BYTES_MAX);
  const { written } = new TextEncoder().encodeInto(line, bytes);
  return bytes.subarray(0, written);
}
