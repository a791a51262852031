/**
 * iNav's side of the suite: its serial task and its receiver as the simulated controller has them.
 *
 * @module
 */
import type { Clock } from "../../src/core/mod.ts";
import { InavAdapter } from "../../src/flight/flight_controller/mod.ts";
import type { InavState } from "../../src/workstation/simulated_controller/inav_answers.ts";
import { InavReceiver } from "../../src/workstation/simulated_controller/inav_receiver.ts";
import { InavSerial } from "../../src/workstation/simulated_controller/inav_serial.ts";
import type { ByteLink } from "../../src/link/transport/mod.ts";
import { bytePipe } from "../support/byte_pipe.ts";
import {
  AT_REST,
  type ControllerRig,
  type TakenPosition,
  type ToldState,
} from "./flight_controller_suite.ts";

const TICK_MS = 2;
const NO_SPEED = [0, 0, 0] as const;

export interface InavRigOptions {
  readonly clock: Clock;
  readonly version: InavState["version"];
  /** "own": with a receiver of its own, which shows what `gps` tells. */
  readonly provider?: "msp" | "own";
  /** The companion's end and the controller's; both are closed with the rig. */
  readonly ends?: readonly [ByteLink, ByteLink];
}

export class InavRig implements ControllerRig {
  readonly adapter: InavAdapter;
  readonly taken: TakenPosition[] = [];
  readonly #clock: Clock;
  readonly #version: InavState["version"];
  readonly #link: ByteLink;
  readonly #receiver: InavReceiver;
  readonly #serial: InavSerial;
  readonly #end = new AbortController();
  readonly #reading: Promise<void>;
  readonly #timer: ReturnType<typeof setInterval>;
  #told: ToldState = AT_REST;
  #muted = false;
  #nextFixS = 0;
  #packets = 0;

  constructor(options: InavRigOptions) {
    const { clock, version, provider = "msp", ends = bytePipe(options.clock).ends } = options;
    this.#clock = clock;
    this.#receiver = new InavReceiver(provider);
    this.#version = version;
    const [ours, theirs] = ends;
    this.#link = theirs;
    this.adapter = new InavAdapter({ link: ours, clock });
    this.#serial = new InavSerial({
      state: () => this.#state(),
      onPosition: (values, timeS) => {
        this.#receiver.takePosition(values, timeS);
        const { solution } = this.#receiver;
        const [north, east, down] = solution.velocityNedCmps;
        this.taken.push({
          isFix: this.#receiver.hasFix,
          latitudeDeg: solution.latitudeE7 / 1e7,
          longitudeDeg: solution.longitudeE7 / 1e7,
          heightMslM: solution.heightMslCm / 100,
          velocityEnuMps: [east / 100, north / 100, -down / 100],
          sigmaHorizontalM: solution.horizontalAccuracyCm / 100,
        });
      },
      write: (bytes) => void (this.#muted || theirs.write(bytes)),
    });
    this.#reading = this.#read();
    this.#timer = setInterval(() => {
      const timeS = this.#clock.now() / 1e9;
      this.#ownFix(timeS);
      this.#receiver.advance(timeS);
      this.#serial.tick(timeS);
    }, TICK_MS);
  }

  tell(state: Partial<ToldState>): void {
    this.#told = { ...this.#told, ...state };
  }

  /** The controller's end is there. */
  async open(): Promise<void> {
    await this.#link.open();
  }

  disturb(bytes: Uint8Array): void {
    this.#link.write(bytes);
  }

  mute(muted: boolean): void {
    this.#muted = muted;
  }

  /** The controller goes, with its end of the line. */
  async hangUp(): Promise<void> {
    clearInterval(this.#timer);
    this.#end.abort();
    await this.#reading;
    await this.#link[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.hangUp();
    await this.adapter[Symbol.asyncDispose]();
  }

  async #read(): Promise<void> {
    for await (const { bytes } of this.#link.chunks(this.#end.signal)) {
      if (!this.#muted) this.#serial.receive(bytes);
    }
  }

  #ownFix(timeS: number): void {
    const { gps } = this.#told;
    if (gps === null || timeS < this.#nextFixS) return;
    this.#nextFixS = timeS + 0.2;
    this.#packets++;
    this.#receiver.takeOwn({
      fixType: 2,
      satellites: 11,
      latitudeE7: Math.round(gps.latitudeDeg * 1e7),
      longitudeE7: Math.round(gps.longitudeDeg * 1e7),
      heightMslCm: 18_000,
      velocityNedCmps: [0, 0, 0],
      groundCourseDecidegrees: 0,
      hdop: 90,
      horizontalAccuracyCm: 150,
      verticalAccuracyCm: 250,
    }, timeS);
  }

  #state(): InavState {
    const { isArmed, specificForceMps2, angularRateRps, localFromBody, heightAboveHomeM } =
      this.#told;
    return {
      version: this.#version,
      isArmed,
      gpsProvider: 1,
      specificForceMps2,
      angularRateRps,
      localFromBody,
      barometerHeightM: heightAboveHomeM,
      solution: this.#receiver.solution,
      packets: this.#packets,
      positionNeuM: [0, 0, heightAboveHomeM],
      velocityNeuMps: NO_SPEED,
      place: { latitudeDeg: 50.45, longitudeDeg: 30.52, heightMslM: 180 + heightAboveHomeM },
    };
  }
}
