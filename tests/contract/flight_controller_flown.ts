/**
 * Flights that are recorded or simulated as the other end of the suite: their time goes on some ten times
 * as fast as ours.
 *
 * @module
 */
import { ManualClock, type MonotonicNs, monotonicNs } from "../../src/core/mod.ts";
import {
  FlownController,
  type FlownFlight,
  type PositionOutput,
  SimulatedFlight,
} from "../../src/flight/flight_controller/mod.ts";
import type { ControllerEvent, FrameEvent } from "../../src/flight/flight_events/mod.ts";
import type { SimulatedVehicle } from "../../src/flight/flight_controller/flown/simulated_vehicle.ts";
import {
  AT_REST,
  type ControllerRig,
  type TakenPosition,
  type ToldState,
} from "./flight_controller_suite.ts";

const STEPS_AT_ONCE = 10;
const HOME = { latitudeDeg: 49.5, longitudeDeg: 31.25 };

export class FlownRig implements ControllerRig {
  readonly adapter: FlownController;
  readonly taken: TakenPosition[] = [];
  readonly #simulated: SimulatedFlight;
  readonly #strategy: "replay" | "simulated";
  #told: ToldState = AT_REST;
  #muted = false;
  #ended = false;

  constructor(strategy: "replay" | "simulated") {
    const clock = new ManualClock();
    const vehicle: SimulatedVehicle = { endS: Infinity, truthAt: () => this.#truth() };
    this.#strategy = strategy;
    this.#simulated = new SimulatedFlight({
      vehicle,
      home: HOME,
      startUtc: new Date(0),
      seed: "flown rig",
    });
    const flight: FlownFlight = { firmware: "1", events: () => this.#events() };
    this.adapter = new FlownController({ strategyLabel: strategy, flight, clock });
    const emit = this.adapter.emitPosition.bind(this.adapter);
    this.adapter.emitPosition = (output) => {
      const { positionsSent } = this.adapter.health();
      emit(output);
      if (this.adapter.health().positionsSent > positionsSent) this.taken.push(takenOf(output));
    };
  }

  tell(state: Partial<ToldState>): void {
    this.#told = { ...this.#told, ...state };
  }

  /** There is no line. */
  disturb(_bytes: Uint8Array): void {}

  mute(muted: boolean): void {
    this.#muted = muted;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended = true;
    await this.adapter[Symbol.asyncDispose]();
  }

  async *#events(): AsyncGenerator<ControllerEvent | FrameEvent> {
    for (let step = 1; !this.#ended; step++) {
      if (step % STEPS_AT_ONCE === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      let newestNs = monotonicNs(0);
      for (const event of this.#simulated.step(step)) {
        newestNs = event.receivedNs;
        const isTold = event.kind !== "gps" || this.#told.gps !== null;
        if (isTold && !this.#muted) yield this.#strategy === "replay" ? recorded(event) : event;
      }
      // The camera of a flight goes on while its controller says nothing.
      if (this.#muted && step % 20 === 0) yield picture(step, newestNs);
    }
  }

  #truth() {
    const { specificForceMps2, angularRateRps, localFromBody, heightAboveHomeM, isArmed } =
      this.#told;
    return {
      positionEnuM: [0, 0, heightAboveHomeM] as const,
      velocityEnuMps: [0, 0, 0] as const,
      localFromBody,
      specificForceMps2,
      angularRateRps,
      state: isArmed && heightAboveHomeM > 2 ? "in_flight" as const : "on_ground" as const,
    };
  }
}

/** As a recording holds it: the barometer's height. */
function recorded(event: ControllerEvent): ControllerEvent {
  if (event.kind !== "pressure") return event;
  const { receivedNs, controllerNs, pressureHpa } = event;
  const heightM = 44_330.77 * (1 - (pressureHpa / 1013.25) ** 0.190263);
  return { kind: "baro", receivedNs, controllerNs, heightM };
}

function picture(step: number, receivedNs: MonotonicNs): FrameEvent {
  const frame = { sequence: step, exposureMidNs: receivedNs, jpeg: new Uint8Array(0) };
  return { kind: "frame", receivedNs, frame: frame as FrameEvent["frame"] };
}

function takenOf(output: PositionOutput): TakenPosition {
  return {
    isFix: output.quality === "3d",
    latitudeDeg: output.position?.latitudeDeg ?? 0,
    longitudeDeg: output.position?.longitudeDeg ?? 0,
    heightMslM: output.heightMslM,
    velocityEnuMps: output.velocityEnuMps,
    sigmaHorizontalM: output.sigmaHorizontalM,
  };
}
