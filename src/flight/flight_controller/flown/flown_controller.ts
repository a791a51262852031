/**
 * A flight controller whose flight is recorded or simulated: `replay` and `simulated`. It drives the clock:
 * the flight's time goes on with its events, as fast as they are taken, and stands still while one is
 * being worked on.
 *
 * @module
 */
import { setImmediate } from "node:timers";
import { type ManualClock, type MonotonicNs, monotonicNs } from "../../../core/mod.ts";
import type { ControllerEvent, FlightState, FrameEvent } from "../../flight_events/mod.ts";
import type {
  AlertSeverity,
  ControllerHealth,
  FlightControllerAdapter,
  PositionOutput,
  PositionSource,
} from "../contract.ts";
import { MessageRates } from "../message_rates.ts";
import { isSendable } from "../sendable.ts";
import type { FlownFlight } from "./flown_flight.ts";
import { Handover } from "./handover.ts";

interface FlownControllerOptions {
  readonly strategyLabel: "replay" | "simulated";
  readonly flight: FlownFlight;
  /** Set by this adapter alone. */
  readonly clock: ManualClock;
}

const LINK_LOST_NS = 2e9;
/** Timers, files and signals of the process get their turn at least so often. */
const TURN_MS = 5;

export class FlownController implements FlightControllerAdapter {
  readonly strategyLabel: FlownControllerOptions["strategyLabel"];
  readonly #options: FlownControllerOptions;
  readonly #rates = new MessageRates();
  readonly #pictures = new Handover<FrameEvent>();
  #heardNs = -Infinity;
  #connected = false;
  #state: FlightState = "unknown";
  #positionsSent = 0;
  #positionsRefused = 0;
  #textsNotCarried = 0;
  #turnMs = 0;

  constructor(options: FlownControllerOptions) {
    this.#options = options;
    this.strategyLabel = options.strategyLabel;
  }

  open(): Promise<void> {
    return Promise.resolve();
  }

  async *events(signal: AbortSignal): AsyncGenerator<ControllerEvent> {
    const { flight, clock } = this.#options;
    const end = () => this.#pictures.end();
    signal.addEventListener("abort", end, { once: true });
    try {
      for await (const event of flight.events()) {
        await this.#othersTurn();
        if (signal.aborted) return;
        yield* this.#silence(event.receivedNs);
        clock.set(event.receivedNs);
        if (event.kind === "frame") await this.#pictures.give(event);
        else yield* this.#heard(event);
        if (signal.aborted) return;
      }
    } finally {
      signal.removeEventListener("abort", end);
      end();
    }
  }

  /**
   * The pictures of the flight, each at its time: the flight's time stands still until the next one is asked for.
   * While nobody iterates them they are passed over.
   */
  pictures(): AsyncIterable<FrameEvent> {
    return this.#pictures.items();
  }

  emitPosition(output: PositionOutput): void {
    if (isSendable(output) && this.#connected) this.#positionsSent++;
    else this.#positionsRefused++;
  }

  /** Nobody is there to read it. */
  alert(_severity: AlertSeverity, _text: string): void {
    this.#textsNotCarried++;
  }

  sendValue(_name: string, _value: number): void {
    this.#textsNotCarried++;
  }

  /** It flies as it flew. */
  selectSource(_source: PositionSource): void {}

  health(): ControllerHealth {
    const { flight, clock } = this.#options;
    return {
      connected: this.#connected,
      fault: this.#connected ? "" : "the recording has not begun, or has ended",
      firmware: flight.firmware,
      flightState: this.#connected ? this.#state : "unknown",
      ratesHz: this.#rates.hz(clock.now()),
      bytesIn: 0,
      bytesOut: 0,
      framesBad: 0,
      framesLost: 0,
      unknownMessages: {},
      reconnects: 0,
      positionsSent: this.#positionsSent,
      positionsRefused: this.#positionsRefused,
      roundTripMs: null,
      textsNotCarried: this.#textsNotCarried,
    };
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#pictures.end();
    return Promise.resolve();
  }

  /** A gap in the recording is what a lost link is in flight. */
  *#silence(untilNs: MonotonicNs): Generator<ControllerEvent> {
    if (!this.#connected || untilNs - this.#heardNs <= LINK_LOST_NS) return;
    const receivedNs = monotonicNs(this.#heardNs + LINK_LOST_NS);
    this.#options.clock.set(receivedNs);
    this.#connected = false;
    yield { kind: "link", receivedNs, up: false, text: "the flight tells nothing here" };
    if (this.#state !== "unknown") yield { kind: "flight_state", receivedNs, state: "unknown" };
  }

  *#heard(event: ControllerEvent): Generator<ControllerEvent> {
    const { receivedNs } = event;
    this.#heardNs = receivedNs;
    this.#rates.count(event.kind, receivedNs);
    if (!this.#connected) {
      this.#connected = true;
      yield { kind: "link", receivedNs, up: true, text: `${this.strategyLabel} flight` };
      if (this.#state !== "unknown") {
        yield { kind: "flight_state", receivedNs, state: this.#state };
      }
    }
    if (event.kind === "flight_state") this.#state = event.state;
    yield event;
  }

  async #othersTurn(): Promise<void> {
    if (performance.now() - this.#turnMs < TURN_MS) return;
    await new Promise<void>((resolve) => setImmediate(resolve));
    this.#turnMs = performance.now();
  }
}
