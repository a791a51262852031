/**
 * A flight controller that speaks MAVLink: `ardupilot` and `px4` differ in their dialect alone.
 *
 * @module
 */
import { type Clock, type MonotonicNs } from "../../../core/mod.ts";
import {
  decodeMessage,
  MAV_AUTOPILOT,
  MAV_COMP_ID,
  MAV_RESULT,
  MAV_TYPE,
  MavlinkEncoder,
  type MavlinkSigning,
  MavlinkSplitter,
  type Message,
  type MessageOf,
  type OutgoingMessage,
  type Packet,
} from "../../../link/mavlink/mod.ts";
import type { ByteLink } from "../../../link/transport/mod.ts";
import type { ControllerEvent, FlightState, HintEvent } from "../../flight_events/mod.ts";
import type {
  AlertSeverity,
  ControllerHealth,
  FlightControllerAdapter,
  PositionOutput,
  PositionSource,
} from "../contract.ts";
import { EventQueue } from "../event_queue.ts";
import { hintOf, readHint } from "../hint.ts";
import { isSendable } from "../sendable.ts";
import type { Dialect } from "./dialect.ts";
import { Dialogue } from "./dialogue.ts";
import { MavlinkFlightState } from "./flight_state.ts";
import { MavlinkMeasurements } from "./measurements.ts";
import { MessageRates } from "../message_rates.ts";
import { silenceText } from "../silence.ts";
import type { Target } from "./stream_requests.ts";
import { TextAssembler, textMessages } from "./texts.ts";

interface MavlinkAdapterOptions {
  readonly link: ByteLink;
  readonly dialect: Dialect;
  readonly clock: Clock;
  /** The vehicle's, where several share a line; null: the first that is heard. */
  readonly targetSystemId: number | null;
  /** Signs what is sent, and believes nothing unsigned; null: no signatures. */
  readonly signing: MavlinkSigning | null;
}

const TICK_MS = 20;
const LINK_LOST_NS = 2e9;
/** The controller's time goes back by more than this: it has restarted. */
const RESTART_MS = 2000;
/** Ids of messages that nobody here understands; further ones are counted under the last. */
const UNKNOWN_MAX = 64;
/** MAV_CMD_USER_1: an operator's hint as a command. */
const COMMAND_HINT = 31010;
const AUTOPILOTS: Readonly<Record<number, string>> = {
  [MAV_AUTOPILOT.ARDUPILOTMEGA]: "ardupilot",
  [MAV_AUTOPILOT.PX4]: "px4",
};

export class MavlinkAdapter implements FlightControllerAdapter {
  readonly strategyLabel: Dialect["strategyLabel"];
  readonly #options: MavlinkAdapterOptions;
  readonly #queue = new EventQueue<ControllerEvent>();
  readonly #splitter: MavlinkSplitter;
  readonly #measurements = new MavlinkMeasurements(null);
  readonly #flightState = new MavlinkFlightState();
  readonly #rates = new MessageRates();
  readonly #texts = new TextAssembler();
  readonly #dialogue: Dialogue;
  readonly #unknown = new Map<number, number>();
  #encoder: MavlinkEncoder;
  #target: Target | null = null;
  #heardNs = -Infinity;
  #connected = false;
  #state: FlightState = "unknown";
  #bootMs = 0;
  #positionsSent = 0;
  #positionsRefused = 0;
  #textId = 0;
  #otherAutopilot = "";
  #timer: ReturnType<typeof setInterval> | null = null;

  constructor(options: MavlinkAdapterOptions) {
    this.#options = options;
    this.strategyLabel = options.dialect.strategyLabel;
    this.#splitter = new MavlinkSplitter(
      options.signing === null ? {} : { signing: options.signing },
    );
    this.#encoder = encoderOf(options.targetSystemId ?? 1, options.signing);
    this.#dialogue = new Dialogue(options.dialect, (text) => this.alert("warning", text));
  }

  async open(): Promise<void> {
    await this.#options.link.open();
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  async *events(signal: AbortSignal): AsyncGenerator<ControllerEvent> {
    const pump = this.#pump(signal);
    try {
      yield* this.#queue.events();
    } finally {
      await pump;
    }
  }

  emitPosition(output: PositionOutput): void {
    const { dialect, clock } = this.#options;
    const target = this.#target;
    if (target === null || !isSendable(output)) {
      this.#positionsRefused++;
      return;
    }
    const { parameters, origin } = this.#dialogue;
    const context = { parameters, origin, target, nowNs: clock.now() };
    const messages = dialect.positionMessages(output, context);
    const sent = messages.every((message) => this.#send(message));
    if (sent && messages.length > 0) this.#positionsSent++;
    else if (!sent) this.#positionsRefused++;
  }

  alert(severity: AlertSeverity, text: string): void {
    this.#textId = this.#textId % 65535 + 1;
    for (const message of textMessages(severity, text, this.#textId)) this.#send(message);
  }

  sendValue(name: string, value: number): void {
    if (!Number.isFinite(value)) return;
    const timeBootMs = Math.floor(this.#options.clock.now() / 1e6) % 2 ** 32;
    this.#send({ name: "NAMED_VALUE_FLOAT", timeBootMs, valueName: name, value });
  }

  selectSource(source: PositionSource): void {
    this.#dialogue.selectSource(source);
  }

  health(): ControllerHealth {
    const { link, clock } = this.#options;
    const { framesBad, framesLost, signaturesRefused, unsignedRefused } = this.#splitter.counters;
    const line = link.health();
    return {
      connected: this.#connected,
      fault: this.#connected ? "" : silenceText(line.fault),
      firmware: this.#otherAutopilot || this.#dialogue.firmware,
      flightState: this.#state,
      ratesHz: this.#rates.hz(clock.now()),
      bytesIn: line.bytesIn,
      bytesOut: line.bytesOut,
      framesBad: framesBad + signaturesRefused + unsignedRefused,
      framesLost: framesLost + this.#queue.dropped,
      unknownMessages: Object.fromEntries(this.#unknown),
      reconnects: line.reconnects,
      positionsSent: this.#positionsSent,
      positionsRefused: this.#positionsRefused,
      roundTripMs: this.#dialogue.timeSync.roundTripMs,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    this.#queue.end();
    await this.#options.link[Symbol.asyncDispose]();
  }

  async #pump(signal: AbortSignal): Promise<void> {
    try {
      for await (const { bytes, receivedNs } of this.#options.link.chunks(signal)) {
        for (const packet of this.#splitter.push(bytes)) this.#packet(packet, receivedNs);
      }
    } finally {
      this.#queue.end();
    }
  }

  #packet(packet: Packet, receivedNs: MonotonicNs): void {
    const message = decodeMessage(packet);
    if (message === undefined) {
      const id = packet.messageId;
      const known = this.#unknown.has(id) || this.#unknown.size < UNKNOWN_MAX ? id : -1;
      this.#unknown.set(known, (this.#unknown.get(known) ?? 0) + 1);
      return;
    }
    if (message.name === "HEARTBEAT") this.#meet(packet, message, receivedNs);
    this.#hint(packet, message, receivedNs);
    const target = this.#target;
    const isOfTarget = target !== null && packet.systemId === target.systemId &&
      packet.componentId === target.componentId;
    if (isOfTarget) this.#ofController(message, receivedNs);
  }

  /** The first autopilot that is heard, or the one that was named, is ours; no other ever is. */
  #meet(packet: Packet, { autopilot, type }: MessageOf<"HEARTBEAT">, nowNs: MonotonicNs): void {
    const { targetSystemId, dialect, signing } = this.#options;
    const isAutopilot = autopilot !== MAV_AUTOPILOT.INVALID && type !== MAV_TYPE.GCS;
    const isWanted = targetSystemId === null || packet.systemId === targetSystemId;
    if (this.#target !== null || !isAutopilot || !isWanted) return;
    const firmware = AUTOPILOTS[autopilot] ?? `autopilot ${autopilot}`;
    if (firmware !== dialect.strategyLabel) {
      this.#refuse(firmware, nowNs);
      return;
    }
    this.#target = { systemId: packet.systemId, componentId: packet.componentId };
    this.#encoder = encoderOf(packet.systemId, signing);
    this.#dialogue.start(nowNs);
  }

  /** Positions in the way of another firmware would be lost without a word. */
  #refuse(firmware: string, receivedNs: MonotonicNs): void {
    if (this.#otherAutopilot === firmware) return;
    this.#otherAutopilot = firmware;
    const text = `the controller is ${firmware}, not ${this.strategyLabel}: it gets no positions ` +
      `(use --autopilot ${firmware})`;
    this.#queue.push({ kind: "link", receivedNs, up: false, text });
  }

  #ofController(message: Message, receivedNs: MonotonicNs): void {
    this.#heardNs = receivedNs;
    this.#rates.count(message.name, receivedNs);
    this.#dialogue.observe(message, receivedNs);
    this.#flightState.observe(message, receivedNs);
    this.#noticeRestart(message, receivedNs);
    if (message.name === "TIMESYNC") return this.#timeSync(message, receivedNs);
    const { dialect } = this.#options;
    this.#measurements.gpsInstance = dialect.ownReceiver(this.#dialogue.parameters);
    const event = this.#measurements.event(message, receivedNs);
    if (event !== null) this.#queue.push(event);
  }

  #timeSync(message: MessageOf<"TIMESYNC">, receivedNs: MonotonicNs): void {
    const { timeSync } = this.#dialogue;
    if (message.tc1 === 0) {
      this.#send(timeSync.answer(message, this.#options.clock.now()));
      return;
    }
    const event = timeSync.observe(message, receivedNs);
    if (event !== null) this.#queue.push(event);
  }

  #noticeRestart(message: Message, nowNs: MonotonicNs): void {
    if (message.name !== "ATTITUDE") return;
    if (message.timeBootMs < this.#bootMs - RESTART_MS) this.#dialogue.start(nowNs);
    this.#bootMs = message.timeBootMs;
  }

  /** From any ground station on the line, as a text or as a command to us. */
  #hint({ systemId, componentId }: Packet, message: Message, receivedNs: MonotonicNs): void {
    if (message.name === "STATUSTEXT") {
      const text = this.#texts.add(`${systemId}/${componentId}`, message);
      const hint = text === null ? null : readHint(text, receivedNs);
      if (hint !== null) this.#queue.push(hint);
      return;
    }
    if (message.name !== "COMMAND_INT" || message.command !== COMMAND_HINT) return;
    if (message.targetComponent !== MAV_COMP_ID.ONBOARD_COMPUTER) return;
    const hint: HintEvent | null = hintOf(
      message.x * 1e-7,
      message.y * 1e-7,
      message.param1,
      receivedNs,
    );
    if (hint !== null) this.#queue.push(hint);
    this.#send({
      name: "COMMAND_ACK",
      command: COMMAND_HINT,
      result: hint === null ? MAV_RESULT.DENIED : MAV_RESULT.ACCEPTED,
      targetSystem: systemId,
      targetComponent: componentId,
    });
  }

  #tick(): void {
    const nowNs = this.#options.clock.now();
    for (const message of this.#dialogue.poll(nowNs, this.#target)) this.#send(message);
    const connected = nowNs - this.#heardNs < LINK_LOST_NS;
    if (connected !== this.#connected) {
      this.#connected = connected;
      const { address } = this.#options.link;
      const { fault } = this.#options.link.health();
      const text = connected ? `heard on ${address}` : fault || `nothing heard on ${address}`;
      this.#queue.push({ kind: "link", receivedNs: nowNs, up: connected, text });
    }
    const state = this.#flightState.at(nowNs);
    if (state !== this.#state) {
      this.#state = state;
      this.#queue.push({ kind: "flight_state", receivedNs: nowNs, state });
    }
  }

  #send(message: OutgoingMessage): boolean {
    return this.#options.link.write(this.#encoder.encode(message));
  }
}

/** We are a companion computer of the vehicle: its system, a component of our own. */
function encoderOf(systemId: number, signing: MavlinkSigning | null): MavlinkEncoder {
  const identity = { systemId, componentId: MAV_COMP_ID.ONBOARD_COMPUTER };
  return new MavlinkEncoder(signing === null ? identity : { ...identity, signing });
}
