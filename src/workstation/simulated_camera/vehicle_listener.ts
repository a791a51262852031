/**
 * Asks a vehicle for its true state, and keeps the newest.
 *
 * @module
 */
import type { MonotonicNs } from "../../core/mod.ts";
import {
  decodeMessage,
  MAV_AUTOPILOT,
  MAV_CMD,
  MAV_RESULT,
  MavlinkEncoder,
  MavlinkSplitter,
  type Message,
  type MessageOf,
  MESSAGES,
  type Packet,
} from "../../link/mavlink/mod.ts";
import type { ByteLink, Chunk } from "../../link/transport/mod.ts";
import { type TrueMoment, trueMoment } from "./vehicle_truth.ts";

const TRUTH_MESSAGES = ["SIM_STATE", "HIL_STATE_QUATERNION"] as const;
/** What a vehicle may grant that denies a higher rate: a Plane of 50 Hz grants 40 at most. */
const LOWER_RATES_HZ = [40, 25, 10];
/** MAV_TYPE and MAV_COMPONENT of a camera. */
const MAV_TYPE_CAMERA = 30, MAV_COMP_ID_CAMERA = 100;

export class VehicleListener {
  readonly #link: ByteLink;
  #rateHz: number;
  readonly #splitter = new MavlinkSplitter();
  readonly #encoder: MavlinkEncoder;
  #vehicle: { readonly systemId: number; readonly componentId: number } | null = null;
  #newest: TrueMoment | null = null;
  /** The message that it came with. */
  #truthName: Message["name"] | null = null;
  #count = 0;

  /** `rateHz`: how often the truth is asked for; less often where the vehicle denies that. */
  constructor(link: ByteLink, { systemId, rateHz }: { systemId: number; rateHz: number }) {
    this.#link = link;
    this.#rateHz = rateHz;
    this.#encoder = new MavlinkEncoder({ systemId, componentId: MAV_COMP_ID_CAMERA });
  }

  /** The newest true state. */
  get newest(): TrueMoment | null {
    return this.#newest;
  }

  /** True states so far. */
  get count(): number {
    return this.#count;
  }

  hear({ bytes, receivedNs }: Chunk): void {
    for (const packet of this.#splitter.push(bytes)) {
      const message = decodeMessage(packet);
      if (message !== undefined) this.#take(message, packet, receivedNs);
    }
  }

  /** Once a second: says that we are there, and asks again for as long as nothing comes. */
  keepAsking(): void {
    this.#link.write(this.#encoder.encode({
      name: "HEARTBEAT",
      customMode: 0,
      type: MAV_TYPE_CAMERA,
      autopilot: MAV_AUTOPILOT.INVALID,
      baseMode: 0,
      systemStatus: 0,
      mavlinkVersion: 3,
    }));
    if (this.#vehicle === null) return;
    // What a firmware does not know costs a text to its ground station with every question.
    const names = this.#truthName === null ? TRUTH_MESSAGES : [this.#truthName];
    for (const name of names) this.#ask(MESSAGES[name].id);
  }

  #ask(messageId: number): void {
    if (this.#vehicle === null) return;
    this.#link.write(this.#encoder.encode({
      name: "COMMAND_LONG",
      command: MAV_CMD.SET_MESSAGE_INTERVAL,
      targetSystem: this.#vehicle.systemId,
      targetComponent: this.#vehicle.componentId,
      confirmation: 0,
      param1: messageId,
      param2: 1e6 / this.#rateHz,
      param3: 0,
      param4: 0,
      param5: 0,
      param6: 0,
      param7: 0,
    }));
  }

  #take(message: Message, { systemId, componentId }: Packet, receivedNs: MonotonicNs): void {
    if (message.name === "HEARTBEAT" && message.autopilot !== MAV_AUTOPILOT.INVALID) {
      this.#vehicle ??= { systemId, componentId };
    }
    if (message.name === "COMMAND_ACK") this.#lower(message);
    const moment = trueMoment(message, receivedNs);
    if (moment === undefined) return;
    this.#newest = moment;
    this.#truthName = message.name;
    this.#count++;
  }

  #lower({ command, result }: MessageOf<"COMMAND_ACK">): void {
    const isOurs = command === MAV_CMD.SET_MESSAGE_INTERVAL && this.#truthName === null;
    if (!isOurs || result !== MAV_RESULT.DENIED) return;
    this.#rateHz = LOWER_RATES_HZ.find((rateHz) => rateHz < this.#rateHz) ?? this.#rateHz;
  }
}
