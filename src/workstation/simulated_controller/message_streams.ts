/**
 * Which messages are streamed, how often, and when the next one is due.
 *
 * @module
 */
import type { Vector3 } from "../../core/mod.ts";
import { type MessageName, MESSAGES, type OutgoingMessage } from "../../link/mavlink/mod.ts";
import { BUILDERS, type FirmwareName, IMU_MESSAGES, type ImuMean } from "./mavlink_messages.ts";
import { RESULT, type VehicleEvent } from "./contract.ts";
import type { Vehicle } from "./vehicle.ts";

/** What a controller streams unasked, Hz: little. */
const UNASKED: Readonly<Partial<Record<MessageName, number>>> = {
  HEARTBEAT: 1,
  SYS_STATUS: 1,
  SYSTEM_TIME: 1,
  ATTITUDE: 4,
  GPS_RAW_INT: 2,
  GLOBAL_POSITION_INT: 2,
  EKF_STATUS_REPORT: 1,
  ESTIMATOR_STATUS: 1,
};

/** Of REQUEST_DATA_STREAM, by stream. */
const DATA_STREAMS: Readonly<Record<number, readonly MessageName[]>> = {
  1: ["RAW_IMU", "SCALED_IMU2", "SCALED_PRESSURE"],
  2: ["SYS_STATUS", "GPS_RAW_INT", "GPS2_RAW"],
  6: ["GLOBAL_POSITION_INT"],
  10: ["ATTITUDE"],
  11: ["VFR_HUD"],
  12: ["SYSTEM_TIME", "EKF_STATUS_REPORT"],
};
const ALL_STREAMS = 0;

class Stream {
  readonly message: MessageName;
  readonly periodS: number;
  nextS: number;
  #force: Vector3 = [0, 0, 0];
  #rate: Vector3 = [0, 0, 0];
  #samples = 0;

  constructor(message: MessageName, rateHz: number, timeS: number) {
    this.message = message;
    this.periodS = 1 / rateHz;
    this.nextS = timeS;
  }

  add({ specificForceMps2, angularRateRps }: ImuMean): void {
    this.#force = sum(this.#force, specificForceMps2);
    this.#rate = sum(this.#rate, angularRateRps);
    this.#samples++;
  }

  takeMean(latest: ImuMean): ImuMean {
    const samples = this.#samples;
    if (samples === 0) return latest;
    const mean = (v: Vector3): Vector3 => [v[0] / samples, v[1] / samples, v[2] / samples];
    const taken = { specificForceMps2: mean(this.#force), angularRateRps: mean(this.#rate) };
    this.#force = this.#rate = [0, 0, 0];
    this.#samples = 0;
    return taken;
  }

  /** Whether one is due; a late one does not bring others with it. */
  isDue(timeS: number, toleranceS: number): boolean {
    if (timeS + toleranceS < this.nextS) return false;
    this.nextS = Math.max(this.nextS + this.periodS, timeS - this.periodS);
    return true;
  }
}

export class MessageStreams {
  readonly #vehicle: Vehicle;
  readonly #firmware: FirmwareName;
  readonly #streams = new Map<MessageName, Stream>();
  /** Half a period of the IMU: what is asked for at its rate is sent with every sample. */
  readonly #toleranceS: number;

  constructor(vehicle: Vehicle, firmware: FirmwareName) {
    this.#vehicle = vehicle;
    this.#firmware = firmware;
    this.#toleranceS = 0.5 / vehicle.flight.description.imuRateHz;
    for (const [message, rateHz] of Object.entries(UNASKED)) {
      this.#set(message as MessageName, rateHz);
    }
  }

  /** MAV_CMD_SET_MESSAGE_INTERVAL: microseconds; −1 none, 0 as unasked. Returns MAV_RESULT. */
  setInterval(messageId: number, intervalUs: number): number {
    const message = nameOf(messageId);
    if (message === undefined) return RESULT.failed;
    if (intervalUs < 0) {
      this.#streams.delete(message);
      return RESULT.accepted;
    }
    const rateHz = intervalUs === 0 ? UNASKED[message] : 1e6 / intervalUs;
    if (rateHz === undefined) {
      this.#streams.delete(message);
      return RESULT.accepted;
    }
    const { requestRateMaxHz, streamRateMaxHz } = this.#vehicle.firmware;
    // An interval is a whole number of microseconds: 5000 µs is 200 Hz, 24390 µs more than 41.
    if (rateHz > requestRateMaxHz * 1.001) return RESULT.denied;
    this.#set(message, Math.min(rateHz, streamRateMaxHz));
    return RESULT.accepted;
  }

  requestDataStream(stream: number, rateHz: number, isOn: boolean): void {
    const messages = stream === ALL_STREAMS
      ? Object.values(DATA_STREAMS).flat()
      : DATA_STREAMS[stream] ?? [];
    for (const message of messages) {
      if (isOn && rateHz > 0) {
        this.#set(message, Math.min(rateHz, this.#vehicle.firmware.streamRateMaxHz));
      } else this.#streams.delete(message);
    }
  }

  once(messageId: number): OutgoingMessage | undefined {
    const message = nameOf(messageId);
    return message === undefined
      ? undefined
      : BUILDERS[message]?.(this.#vehicle, this.#firmware, this.#vehicle);
  }

  /** What is due once the sample was taken in. */
  *withSample(event: VehicleEvent): Generator<OutgoingMessage> {
    if (event.kind !== "imu") return;
    for (const message of IMU_MESSAGES) {
      const stream = this.#streams.get(message);
      if (stream === undefined) continue;
      stream.add(event);
      if (stream.isDue(event.timeS, this.#toleranceS)) yield* this.#build(stream);
    }
  }

  /** What is due besides. */
  *withTime(timeS: number): Generator<OutgoingMessage> {
    for (const [message, stream] of this.#streams) {
      if (IMU_MESSAGES.includes(message)) continue;
      if (stream.isDue(timeS, 0)) yield* this.#build(stream);
    }
  }

  *#build(stream: Stream): Generator<OutgoingMessage> {
    const build = BUILDERS[stream.message];
    const built = build?.(this.#vehicle, this.#firmware, stream.takeMean(this.#vehicle));
    if (built !== undefined) yield built;
  }

  #set(message: MessageName, rateHz: number): void {
    this.#streams.set(message, new Stream(message, rateHz, this.#vehicle.timeS));
  }
}

function nameOf(messageId: number): MessageName | undefined {
  const names = Object.keys(BUILDERS) as MessageName[];
  return names.find((name) => MESSAGES[name].id === messageId);
}

function sum(a: Vector3, b: Vector3): Vector3 {
  return [a[0] + b[0], a[1] + b[1], a[2] + b[2]];
}
