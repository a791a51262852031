/**
 * The simulated flight controller as the other end of the suite: whole firmwares and protocols, of a vehicle
 * that stands where the test says.
 *
 * @module
 */
import { type Clock, LocalFrame, seededRandom, type WgsPosition } from "../../src/core/mod.ts";
import type { FlightControllerAdapter } from "../../src/flight/flight_controller/mod.ts";
import type { ByteLink } from "../../src/link/transport/mod.ts";
import { composeController } from "../../src/workstation/simulated_controller/compose_controller.ts";
import type {
  CompanionPosition,
  ControllerProtocol,
  Flight,
} from "../../src/workstation/simulated_controller/contract.ts";
import { FlightReport, NO_FAULTS } from "../../src/workstation/simulated_controller/mod.ts";
import type { Vehicle } from "../../src/workstation/simulated_controller/vehicle.ts";
import { bytePipe } from "../support/byte_pipe.ts";
import {
  AT_REST,
  type ControllerRig,
  type TakenPosition,
  type ToldState,
} from "./flight_controller_suite.ts";

const IMU_RATE_HZ = 200;
const STEP_MS = 5;
const HOME: WgsPosition = { latitudeDeg: 49.5, longitudeDeg: 31.25, heightM: 100 };
const ALWAYS = { fromS: -Infinity, toS: Infinity };

export interface SimulatedRigOptions {
  readonly clock: Clock;
  readonly firmware: Parameters<typeof composeController>[0]["firmware"];
  readonly adapter: (link: ByteLink, clock: Clock) => FlightControllerAdapter;
}

export class SimulatedRig implements ControllerRig {
  readonly adapter: FlightControllerAdapter;
  readonly taken: TakenPosition[] = [];
  readonly #clock: Clock;
  readonly #link: ByteLink;
  readonly #vehicle: Vehicle;
  readonly #protocol: ControllerProtocol;
  readonly #flight = new StandingFlight();
  readonly #silent = [{ ...ALWAYS }];
  readonly #end = new AbortController();
  readonly #reading: Promise<void>;
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #beganNs: number;
  #told: ToldState = AT_REST;
  #muted = false;

  constructor({ clock, firmware, adapter }: SimulatedRigOptions) {
    this.#clock = clock;
    this.#beganNs = clock.now();
    const { ends: [ours, theirs] } = bytePipe(clock);
    this.#link = theirs;
    this.adapter = adapter(ours, clock);
    const { vehicle, protocol } = composeController({
      firmware,
      flight: this.#flight,
      faults: { ...NO_FAULTS, gpsSilent: this.#silent },
      random: seededRandom("simulated rig"),
      companionReceiver: "second",
      climbS: 0,
      startCompression: 1000,
      undulationM: 0,
      parameters: [],
      signing: null,
      utcNowMs: Date.UTC(2026, 10, 29),
      report: this.#report(),
      write: (bytes) => void (this.#muted || theirs.write(bytes)),
    });
    this.#vehicle = vehicle;
    this.#protocol = protocol;
    this.#reading = this.#read();
    this.#timer = setInterval(() => this.#step(), STEP_MS);
  }

  tell(state: Partial<ToldState>): void {
    this.#told = { ...this.#told, ...state };
    this.#silent[0].toS = this.#told.gps === null ? Infinity : -Infinity;
    if (state.gps) this.#flight.stand({ ...HOME, ...state.gps });
    this.#flight.landing = this.#told.isArmed ? null : LANDED;
    if (state.isArmed) this.#vehicle.firmware.arm();
    this.#flight.told = this.#told;
  }

  disturb(bytes: Uint8Array): void {
    this.#link.write(bytes);
  }

  mute(muted: boolean): void {
    this.#muted = muted;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    this.#end.abort();
    await this.#reading;
    await this.adapter[Symbol.asyncDispose]();
  }

  get #timeS(): number {
    return (this.#clock.now() - this.#beganNs) / 1e9;
  }

  #step(): void {
    const { specificForceMps2, angularRateRps, localFromBody, heightAboveHomeM } = this.#told;
    const timeS = this.#timeS;
    const imu = { kind: "imu", timeS, specificForceMps2, angularRateRps } as const;
    this.#vehicle.take(imu);
    // After the gyroscope has carried it on: the suite's attitude stands still whatever the rates.
    this.#vehicle.take({ kind: "attitude", timeS, localFromBody });
    this.#vehicle.take({ kind: "baro", timeS, heightM: HOME.heightM + heightAboveHomeM });
    this.#vehicle.advance(timeS);
    this.#protocol.measured(imu);
    this.#protocol.tick(timeS);
  }

  async #read(): Promise<void> {
    for await (const { bytes } of this.#link.chunks(this.#end.signal)) {
      if (!this.#muted) this.#protocol.receive(bytes, this.#timeS);
    }
  }

  #report(): FlightReport {
    return new TakenReport(this.#flight, (position) => this.taken.push(takenPosition(position)));
  }
}

class TakenReport extends FlightReport {
  readonly #take: (position: CompanionPosition) => void;

  constructor(flight: Flight, take: (position: CompanionPosition) => void) {
    super(flight, () => {});
    this.#take = take;
  }

  override position(...args: Parameters<FlightReport["position"]>): void {
    this.#take(args[0]);
    super.position(...args);
  }
}

function takenPosition(position: CompanionPosition): TakenPosition {
  const { fixType, latitudeDeg, longitudeDeg, heightMslM, velocityEnuMps } = position;
  return {
    isFix: fixType >= 3,
    latitudeDeg,
    longitudeDeg,
    heightMslM,
    velocityEnuMps: velocityEnuMps?.map((mps) => mps ?? NaN) as TakenPosition["velocityEnuMps"],
    sigmaHorizontalM: position.sigmaHorizontalM ?? NaN,
  };
}

const LANDED = { fromS: -Infinity, atRestS: -Infinity };

/** It stands, and is what it is told to be. */
class StandingFlight implements Flight {
  readonly description = { imuRateHz: IMU_RATE_HZ } as Flight["description"];
  readonly localFrame = new LocalFrame(HOME);
  readonly startS = 0;
  readonly endS = Infinity;
  landing: Flight["landing"] = LANDED;
  told: ToldState = AT_REST;
  #place: WgsPosition = HOME;

  stand(place: WgsPosition): void {
    this.#place = place;
  }

  truthAt(timeS: number) {
    const { localFromBody, heightAboveHomeM } = this.told;
    const [east, north] = this.localFrame.localFromWgs(this.#place);
    return {
      timeS,
      positionLocalM: [east, north, heightAboveHomeM] as const,
      velocityLocalMps: [0, 0, 0] as const,
      localFromBody,
    };
  }

  async *events(): AsyncGenerator<never> {}

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }
}
