/**
 * The strategy `inav`: asks for everything in turn, and sends positions as a receiver of the controller.
 *
 * @module
 */
import {
  type Clock,
  controllerNs,
  type MonotonicNs,
  type Random,
  seededRandom,
} from "../../../core/mod.ts";
import {
  decodeMessage,
  encodeFrame,
  encodePayload,
  MSP_MESSAGES,
  type MspFrame,
  type MspName,
  mspNameOf,
  MspSplitter,
} from "../../../link/msp/mod.ts";
import type { ByteLink, Chunk } from "../../../link/transport/mod.ts";
import type { ControllerEvent, FlightState } from "../../flight_events/mod.ts";
import type {
  AlertSeverity,
  ControllerHealth,
  FlightControllerAdapter,
  PositionOutput,
  PositionSource,
} from "../contract.ts";
import { EventQueue } from "../event_queue.ts";
import { MessageRates } from "../message_rates.ts";
import { silenceText } from "../silence.ts";
import { Exchange } from "./exchange.ts";
import { Intake } from "./intake.ts";
import { PollPlan } from "./poll_plan.ts";
import { refusal, sensorGps } from "./sensor_gps.ts";
import { UnknownMessages } from "./unknown_messages.ts";

const SILENT_NS = 2e9;
const PROBE_INTERVAL_NS = 1e9;
/** Longer than the period of the controller's serial task: some of the pauses meet its run. */
const PROBE_PAUSE_NS = 12e6;
const TIMER_MS_MIN = 1;
const TIMER_MS_MAX = 100;
const STATE_INTERVAL_NS = 1e9;
const VARIANT = "INAV";

interface InavOptions {
  readonly link: ByteLink;
  readonly clock: Clock;
}

export class InavAdapter implements FlightControllerAdapter {
  readonly strategyLabel = "inav";
  readonly #link: ByteLink;
  readonly #clock: Clock;
  readonly #splitter = new MspSplitter();
  readonly #plan = new PollPlan();
  readonly #exchange = new Exchange();
  readonly #intake = new Intake();
  readonly #rates = new MessageRates();
  readonly #unknown = new UnknownMessages();
  readonly #random: Random = seededRandom("inav probe");
  readonly #queue = new EventQueue<ControllerEvent>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #probeAtNs: number | null = null;
  #nextProbeNs = 0;
  #heardNs = -Infinity;
  #isUp = false;
  #reconnects = 0;
  #state: FlightState = "unknown";
  #stateToldNs = -Infinity;
  #malformed = 0;
  #positionsSent = 0;
  #positionsRefused = 0;
  #textsNotCarried = 0;
  readonly #said = new Set<string>();

  constructor({ link, clock }: InavOptions) {
    this.#link = link;
    this.#clock = clock;
  }

  async open(): Promise<void> {
    await this.#link.open();
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
    const variant = this.#intake.firmwareVariant;
    const why = variant !== "" && variant !== VARIANT
      ? `the controller is no iNav but ${variant}`
      : refusal(output);
    if (why !== undefined) {
      this.#positionsRefused++;
      this.#sayOnce(`positions are refused: ${why}`);
      return;
    }
    const values = sensorGps(output);
    const payload = encodePayload("MSP2_SENSOR_GPS", values);
    if (!this.#write("MSP2_SENSOR_GPS", payload)) {
      this.#positionsRefused++;
      return;
    }
    this.#intake.remember(values);
    this.#positionsSent++;
  }

  /** MSP has no text for a ground station: counted. Whoever raises an alert records it. */
  alert(_severity: AlertSeverity, _text: string): void {
    this.#textsNotCarried++;
  }

  /** As {@link alert}. */
  sendValue(_name: string, _value: number): void {
    this.#textsNotCarried++;
  }

  /**
   * iNav has one receiver at a time, by its setting `gps_provider`, which takes effect when it is switched
   * on: ours or its own, for the whole flight. Nothing can be asked for in flight; what is asked and is not
   * so is said.
   */
  selectSource(source: PositionSource): void {
    const fliesByUs = this.#intake.isGpsOurs(this.#clock.now());
    if ((source === "companion") === fliesByUs) return;
    this.#sayOnce(
      fliesByUs
        ? "iNav cannot go back to a receiver of its own in flight: its gps_provider is MSP"
        : "iNav does not take our positions: its gps_provider is not MSP",
    );
  }

  health(): ControllerHealth {
    const nowNs = this.#clock.now();
    const { bytesIn, bytesOut, reconnects, fault } = this.#link.health();
    const connected = nowNs - this.#heardNs < SILENT_NS;
    const { checkSumWrong, tooLong, cut } = this.#splitter.counters;
    const roundTripNs = this.#exchange.smallestRoundTripNs;
    const { firmwareVariant, firmwareVersion, implausible } = this.#intake;
    return {
      connected,
      fault: connected ? "" : silenceText(fault),
      firmware: `${firmwareVariant} ${firmwareVersion}`.trim(),
      flightState: this.#intake.phase.at(nowNs),
      ratesHz: this.#rates.hz(nowNs),
      bytesIn,
      bytesOut,
      framesBad: checkSumWrong + tooLong + cut + this.#malformed + implausible,
      framesLost: this.#exchange.lost + this.#queue.dropped,
      unknownMessages: this.#unknown.counts(),
      reconnects,
      positionsSent: this.#positionsSent,
      positionsRefused: this.#positionsRefused,
      roundTripMs: roundTripNs === null ? null : roundTripNs / 1e6,
      textsNotCarried: this.#textsNotCarried,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#timer);
    this.#queue.end();
    await this.#link[Symbol.asyncDispose]();
  }

  async #pump(signal: AbortSignal): Promise<void> {
    try {
      this.#poll(signal);
      for await (const chunk of this.#link.chunks(signal)) {
        this.#take(chunk);
        if (!signal.aborted) this.#poll(signal);
      }
    } finally {
      clearTimeout(this.#timer);
      this.#queue.end();
    }
  }

  #take({ bytes, receivedNs }: Chunk): void {
    for (const frame of this.#splitter.push(bytes)) this.#handle(frame, receivedNs);
    this.#tellState(receivedNs);
  }

  #handle(frame: MspFrame, receivedNs: MonotonicNs): void {
    const name = mspNameOf(frame.function);
    if (name === undefined || frame.direction === "request") {
      this.#unknown.count(frame.function);
      return;
    }
    const answered = this.#exchange.received(name, receivedNs);
    // Nobody asked: a late answer, whose time nobody knows, or somebody else's.
    if (answered === undefined) return this.#unknown.count(frame.function);
    this.#hear(receivedNs);
    this.#plan.answered(name);
    if (frame.direction === "error") return this.#refused(name);
    const message = decodeMessage(frame);
    if (message === undefined) {
      this.#malformed++;
      return;
    }
    this.#rates.count(name, receivedNs);
    const event = this.#intake.event(message, receivedNs, answered.madeNs);
    if (event !== null) this.#tell(event);
    this.#observeReceiver(receivedNs);
    if (!answered.probe) return;
    const middleNs = controllerNs(Math.round(receivedNs - answered.roundTripNs / 2));
    const { roundTripNs } = answered;
    this.#tell({ kind: "clock_sync", receivedNs, controllerNs: middleNs, roundTripNs });
  }

  #refused(name: MspName): void {
    if (name === "MSP2_INAV_FULL_LOCAL_POSE") return this.#plan.withoutPose();
    this.#sayOnce(`the controller does not answer ${name}`);
  }

  #hear(receivedNs: MonotonicNs): void {
    this.#heardNs = receivedNs;
    if (this.#isUp) return;
    this.#isUp = true;
    this.#intake.restart(receivedNs);
    this.#tell({ kind: "link", receivedNs, up: true, text: `heard on ${this.#link.address}` });
  }

  /** Two writers of one position: iNav would jump between ours and its own receiver's. */
  #observeReceiver(nowNs: number): void {
    const { echoNs, foreignFixNs } = this.#intake;
    this.#plan.gpsIsOurs(this.#intake.isGpsOurs(nowNs));
    if (nowNs - echoNs > SILENT_NS || nowNs - foreignFixNs > SILENT_NS) return;
    this.#sayOnce(
      "iNav shows fixes of its own receiver among our positions: set gps_provider to MSP",
    );
  }

  #tell(event: ControllerEvent): void {
    this.#queue.push(event);
  }

  #tellState(nowNs: MonotonicNs): void {
    const state = this.#intake.phase.at(nowNs);
    if (state === this.#state && nowNs - this.#stateToldNs < STATE_INTERVAL_NS) return;
    this.#state = state;
    this.#stateToldNs = nowNs;
    this.#tell({ kind: "flight_state", receivedNs: nowNs, state });
  }

  /** Asks what is due, and comes back when the next is. */
  #poll(signal: AbortSignal): void {
    clearTimeout(this.#timer);
    const nowNs = this.#clock.now();
    this.#watchLine(nowNs);
    for (const name of this.#exchange.expire(nowNs)) {
      // Old firmware may say nothing at all to what it does not know.
      if (name === "MSP2_INAV_FULL_LOCAL_POSE" && this.#isUp) this.#plan.withoutPose();
    }
    if (this.#link.health().connected) this.#ask(nowNs);
    const atNs = Math.min(
      this.#probeAtNs ?? (this.#exchange.hasRoom ? this.#plan.nextDueNs : Infinity),
      this.#exchange.lostAtNs,
    );
    const delayMs = Math.min(TIMER_MS_MAX, Math.max(TIMER_MS_MIN, (atNs - nowNs) / 1e6));
    this.#timer = setTimeout(() => {
      if (!signal.aborted) this.#poll(signal);
    }, delayMs);
  }

  #ask(nowNs: number): void {
    if (nowNs >= this.#nextProbeNs) {
      if (!this.#exchange.isIdle) return;
      this.#probeAtNs ??= nowNs + PROBE_PAUSE_NS * this.#random.uniform();
      if (nowNs < this.#probeAtNs) return;
      this.#probeAtNs = null;
      this.#nextProbeNs = nowNs + PROBE_INTERVAL_NS;
      this.#request("MSP_RAW_IMU", new Uint8Array(), true);
      return;
    }
    while (this.#exchange.hasRoom) {
      const poll = this.#plan.next(nowNs);
      if (poll === undefined || !this.#request(poll.name, poll.payload, false)) return;
    }
  }

  #request(name: MspName, payload: Uint8Array, probe: boolean): boolean {
    if (!this.#write(name, payload)) return false;
    this.#exchange.sent(name, this.#clock.now(), probe);
    return true;
  }

  #write(name: MspName, payload: Uint8Array): boolean {
    const { id } = MSP_MESSAGES[name];
    return this.#link.write(
      encodeFrame({ version: 2, direction: "request", flags: 0, function: id, payload }),
    );
  }

  #watchLine(nowNs: MonotonicNs): void {
    const { reconnects, fault } = this.#link.health();
    if (reconnects !== this.#reconnects) {
      this.#reconnects = reconnects;
      this.#exchange.restart();
      this.#plan.restart();
    }
    if (!this.#isUp || nowNs - this.#heardNs <= SILENT_NS) return;
    this.#isUp = false;
    // What answers next may be another controller, or the same one started anew.
    this.#exchange.restart();
    this.#plan.restart();
    const text = fault || `nothing heard on ${this.#link.address}`;
    this.#tell({ kind: "link", receivedNs: nowNs, up: false, text });
    this.#tellState(nowNs);
  }

  /** There is no ground station to hear it: it goes where the line's own news go. */
  #sayOnce(text: string): void {
    if (this.#said.has(text)) return;
    this.#said.add(text);
    const receivedNs = this.#clock.now();
    this.#tell({ kind: "link", receivedNs, up: this.#isUp, text });
  }
}
