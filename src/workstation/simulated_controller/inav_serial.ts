/**
 * iNav's serial task: it runs 100 times a second, reads what has come until one request is whole, and
 * answers that one (`fc/fc_tasks.c`, `msp/msp_serial.c`). What comes meanwhile waits in 256 bytes; the
 * rest of it is lost.
 *
 * @module
 */
import {
  decodeMessage,
  encodeFrame,
  type MspFrame,
  mspNameOf,
  MspSplitter,
  type MspValues,
} from "../../link/msp/mod.ts";
import { inavAnswer, type InavState } from "./inav_answers.ts";

const RUN_INTERVAL_S = 0.01;
const RECEIVE_BUFFER_BYTES = 256;

interface InavSerialParts {
  readonly state: () => InavState;
  /** An MSP2_SENSOR_GPS has come. */
  readonly onPosition: (values: MspValues<"MSP2_SENSOR_GPS">, timeS: number) => void;
  readonly write: (bytes: Uint8Array) => void;
}

export class InavSerial {
  readonly #parts: InavSerialParts;
  readonly #splitter = new MspSplitter();
  #waiting: number[] = [];
  #nextRunS = -Infinity;
  #requests = 0;
  #refused = 0;
  #overrun = 0;

  constructor(parts: InavSerialParts) {
    this.#parts = parts;
  }

  get requests(): number {
    return this.#requests;
  }

  counters(): Record<string, number> {
    return {
      requests: this.#requests,
      refused: this.#refused,
      overrunBytes: this.#overrun,
      badFrames: this.#splitter.counters.checkSumWrong,
    };
  }

  receive(bytes: Uint8Array): void {
    const room = RECEIVE_BUFFER_BYTES - this.#waiting.length;
    this.#overrun += Math.max(0, bytes.length - room);
    this.#waiting.push(...bytes.subarray(0, Math.max(0, room)));
  }

  /** Runs the task where it is due. Called late, it runs once: a task that was held up does, too. */
  tick(timeS: number): void {
    if (timeS < this.#nextRunS) return;
    const onTime = this.#nextRunS + RUN_INTERVAL_S;
    this.#nextRunS = onTime > timeS ? onTime : timeS + RUN_INTERVAL_S;
    for (let read = 0; read < this.#waiting.length; read++) {
      const [frame] = this.#splitter.push(Uint8Array.of(this.#waiting[read]));
      if (frame === undefined || frame.direction !== "request") continue;
      this.#waiting = this.#waiting.slice(read + 1);
      this.#serve(frame, timeS);
      return;
    }
    this.#waiting = [];
  }

  #serve(frame: MspFrame, timeS: number): void {
    this.#requests++;
    const name = mspNameOf(frame.function);
    if (name === "MSP2_SENSOR_GPS") {
      const message = decodeMessage(frame);
      if (message?.name === name) {
        const { name: _name, ...values } = message;
        this.#parts.onPosition(values, timeS);
      }
      // Positions of sensors are never answered, not even short ones.
      return;
    }
    const payload = name === undefined
      ? null
      : inavAnswer(name, frame.payload, this.#parts.state());
    if (payload === null) this.#refused++;
    this.#parts.write(encodeFrame({
      ...frame,
      direction: payload === null ? "error" : "reply",
      flags: 0,
      payload: payload ?? new Uint8Array(),
    }));
  }
}
