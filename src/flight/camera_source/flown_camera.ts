/**
 * The camera of a flight that is recorded or simulated: its pictures come by the flight's own time, so that
 * none is ever dropped.
 *
 * @module
 */
import { type Clock, NS_PER_SECOND } from "../../core/mod.ts";
import type { FrameEvent } from "../flight_events/mod.ts";
import type { CameraHealth, CameraSource } from "./contract.ts";

interface FlownCameraOptions {
  /** For people. */
  readonly address: string;
  readonly pictures: () => AsyncIterable<FrameEvent>;
  /** The flight's own. */
  readonly clock: Clock;
}

const RATE_OVER_NS = 3 * NS_PER_SECOND;

export class FlownCamera implements CameraSource {
  readonly strategyLabel = "replay";
  readonly address: string;
  readonly #options: FlownCameraOptions;
  #arrivalsNs: number[] = [];
  #frames = 0;
  #refused = 0;
  #ageMs: number | null = null;
  #fault = "no picture yet";

  constructor(options: FlownCameraOptions) {
    this.#options = options;
    this.address = options.address;
  }

  async *frames(signal: AbortSignal): AsyncGenerator<FrameEvent> {
    for await (const event of this.#options.pictures()) {
      if (signal.aborted) return;
      this.#count(event);
      yield event;
    }
    this.#fault = "there are no more pictures";
  }

  health(): CameraHealth {
    this.#forget();
    return {
      connected: this.#frames > 0,
      frames: this.#frames,
      dropped: 0,
      repeated: 0,
      refused: this.#refused,
      lost: 0,
      reconnects: 0,
      rateHz: this.#arrivalsNs.length * NS_PER_SECOND / RATE_OVER_NS,
      ageMs: this.#ageMs,
      fault: this.#fault,
    };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }

  #count({ receivedNs, frame, unreadable }: FrameEvent): void {
    this.#frames++;
    if (unreadable !== undefined) this.#refused++;
    this.#fault = unreadable?.message ?? "";
    this.#ageMs = (receivedNs - frame.exposureMidNs) / 1e6;
    this.#arrivalsNs.push(receivedNs);
    this.#forget();
  }

  #forget(): void {
    const sinceNs = this.#options.clock.now() - RATE_OVER_NS;
    this.#arrivalsNs = this.#arrivalsNs.filter((arrivalNs) => arrivalNs >= sinceNs);
  }
}
