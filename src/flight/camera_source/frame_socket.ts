/**
 * The camera behind a TCP server that sends frame packets: a simulator's, or one on another computer.
 *
 * @module
 */
import { type Clock, ControllerClock, controllerNs, monotonicNs } from "../../core/mod.ts";
import { shownAddress } from "./address.ts";
import type { Picture, PictureFeed } from "./contract.ts";
import { decodeFrameHeader, FRAME_HEADER_BYTES } from "./frame_packet.ts";

interface FrameSocketOptions {
  readonly hostname: string;
  readonly port: number;
  readonly lostAfterS: number;
  readonly clock: Clock;
}

export class FrameSocket implements PictureFeed {
  readonly strategyLabel = "frames";
  readonly address: string;
  readonly #options: FrameSocketOptions;

  constructor(options: FrameSocketOptions) {
    this.#options = options;
    this.address = shownAddress({ kind: "frames", ...options });
  }

  async *pictures(signal: AbortSignal): AsyncGenerator<Picture> {
    const { clock, hostname, port } = this.#options;
    using deadline = new Deadline(signal, this.#options.lostAfterS);
    try {
      using connection = await Deno.connect({ hostname, port, signal: deadline.signal });
      const close = () => connection.close();
      deadline.signal.addEventListener("abort", close, { once: true });
      try {
        const header = new Uint8Array(FRAME_HEADER_BYTES);
        const senderClock = new ControllerClock();
        for (;;) {
          await fill(connection, header);
          const headerNs = clock.now();
          const { sequence, ageUs, jpegBytes, sentUs } = decodeFrameHeader(header);
          const sentNs = controllerNs(sentUs * 1000);
          senderClock.observe(sentNs, headerNs);
          const jpeg = new Uint8Array(jpegBytes);
          await fill(connection, jpeg);
          deadline.restart();
          const exposureMidNs = monotonicNs(senderClock.toCanonical(sentNs) - ageUs * 1000);
          const content = { kind: "jpeg", bytes: jpeg } as const;
          yield { sequence, exposureMidNs, receivedNs: clock.now(), content };
        }
      } finally {
        deadline.signal.removeEventListener("abort", close);
      }
    } catch (error) {
      throw deadline.reason() ?? error;
    }
  }
}

/** Whole pictures must come in time: a peer that sends a byte now and then is as lost as a silent one. */
class Deadline implements Disposable {
  readonly signal: AbortSignal;
  readonly #late = new AbortController();
  readonly #afterS: number;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(signal: AbortSignal, afterS: number) {
    this.signal = AbortSignal.any([signal, this.#late.signal]);
    this.#afterS = afterS;
    this.restart();
  }

  restart(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#late.abort(), this.#afterS * 1000);
  }

  /** Why everything ended, where it was for this. */
  reason(): Error | undefined {
    if (!this.#late.signal.aborted) return undefined;
    return new Error(`no whole picture within ${this.#afterS} s`);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }
}

async function fill(connection: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let filled = 0; filled < bytes.length;) {
    const count = await connection.read(bytes.subarray(filled));
    if (count === null) throw new Error("the camera closed the connection");
    filled += count;
  }
}
