/**
 * Asks the controller for the messages that we need, one after the other, and reads its answers: a
 * rate that it denies is asked for again lower.
 *
 * @module
 */
import type { MonotonicNs } from "../../../core/mod.ts";
import {
  MAV_CMD,
  MAV_DATA_STREAM,
  MAV_RESULT,
  type MessageName,
  type MessageOf,
  MESSAGES,
  type OutgoingMessage,
} from "../../../link/mavlink/mod.ts";

interface Request {
  readonly message: MessageName;
  /** The first that is granted is kept. */
  readonly ratesHz: readonly number[];
}

/** A Plane of 50 Hz grants at most 40, a Copter 200. */
const IMU_RATES_HZ = [200, 100, 50, 40, 25, 10];
const REQUESTS: readonly Request[] = [
  { message: "HIGHRES_IMU", ratesHz: IMU_RATES_HZ },
  { message: "ATTITUDE", ratesHz: [50, 40, 20, 10] },
  { message: "SCALED_PRESSURE", ratesHz: [10, 5] },
  { message: "GPS_RAW_INT", ratesHz: [5] },
  { message: "GPS2_RAW", ratesHz: [5] },
  { message: "GLOBAL_POSITION_INT", ratesHz: [5] },
  { message: "EXTENDED_SYS_STATE", ratesHz: [5, 2] },
  { message: "SYSTEM_TIME", ratesHz: [1] },
  { message: "SYS_STATUS", ratesHz: [1] },
  { message: "EKF_STATUS_REPORT", ratesHz: [1] },
  { message: "GNSS_INTEGRITY", ratesHz: [1] },
];
/** Where HIGHRES_IMU is not to be had. */
const RAW_IMU: Request = { message: "RAW_IMU", ratesHz: IMU_RATES_HZ };

const ANSWER_NS = 0.5e9;
const TRIES = 3;

export class StreamRequests {
  #queue: Request[] = [];
  #rateIndex = 0;
  #tries = 0;
  #askedNs = -Infinity;
  #answers = 0;

  /** Begins anew: the controller was heard for the first time, or has restarted. */
  start(): void {
    this.#queue = [...REQUESTS];
    this.#next();
    this.#answers = 0;
  }

  /** What is to be sent now. */
  poll(nowNs: MonotonicNs, target: Target): OutgoingMessage[] {
    const request = this.#queue[0];
    if (request === undefined || nowNs - this.#askedNs < ANSWER_NS) return [];
    if (this.#tries === TRIES) {
      this.#queue.shift();
      this.#next();
      // A controller that answers nothing is of the kind that knows data streams only.
      return this.#queue.length === 0 && this.#answers === 0 ? dataStreams(target) : [];
    }
    this.#tries++;
    this.#askedNs = nowNs;
    return [intervalCommand(request.message, request.ratesHz[this.#rateIndex], target)];
  }

  observe({ command, result }: MessageOf<"COMMAND_ACK">): void {
    const request = this.#queue[0];
    const isOurs = command === MAV_CMD.SET_MESSAGE_INTERVAL && this.#tries > 0;
    if (request === undefined || !isOurs || result === MAV_RESULT.IN_PROGRESS) return;
    this.#answers++;
    if (result === MAV_RESULT.ACCEPTED) {
      this.#queue.shift();
      this.#next();
      return;
    }
    if (this.#rateIndex + 1 < request.ratesHz.length) {
      const rateIndex = this.#rateIndex + 1;
      this.#next();
      this.#rateIndex = rateIndex;
      return;
    }
    this.#queue.shift();
    if (request.message === "HIGHRES_IMU") this.#queue.unshift(RAW_IMU);
    this.#next();
  }

  #next(): void {
    this.#rateIndex = 0;
    this.#tries = 0;
    this.#askedNs = -Infinity;
  }
}

export interface Target {
  readonly systemId: number;
  readonly componentId: number;
}

function intervalCommand(message: MessageName, rateHz: number, target: Target): OutgoingMessage {
  return {
    name: "COMMAND_LONG",
    command: MAV_CMD.SET_MESSAGE_INTERVAL,
    targetSystem: target.systemId,
    targetComponent: target.componentId,
    confirmation: 0,
    param1: MESSAGES[message].id,
    param2: 1e6 / rateHz,
    param3: 0,
    param4: 0,
    param5: 0,
    param6: 0,
    param7: 0,
  };
}

function dataStreams(target: Target): OutgoingMessage[] {
  const streams: readonly (readonly [number, number])[] = [
    [MAV_DATA_STREAM.RAW_SENSORS, 50],
    [MAV_DATA_STREAM.EXTENDED_STATUS, 5],
    [MAV_DATA_STREAM.POSITION, 5],
    [MAV_DATA_STREAM.EXTRA1, 50],
    [MAV_DATA_STREAM.EXTRA3, 2],
  ];
  return streams.map(([reqStreamId, reqMessageRate]) => ({
    name: "REQUEST_DATA_STREAM",
    targetSystem: target.systemId,
    targetComponent: target.componentId,
    reqStreamId,
    reqMessageRate,
    startStop: 1,
  }));
}
