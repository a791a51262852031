/**
 * The vehicle's satellite receiver: 5 fixes a second with the errors of the simulation's GPS, and what an
 * adversary does to it.
 *
 * @module
 */
import { type LocalFrame, type Random, type Vector3 } from "../../core/mod.ts";
import { GpsSensor } from "../simulation/mod.ts";
import type { Flight, GpsFix } from "./contract.ts";
import { type FaultSchedule, isWithin, type Spoofing } from "./fault_schedule.ts";

export const GPS_RATE_HZ = 5;
/** How old the track is that a replayed signal shows. */
const REPLAY_AGE_S = 15;
/** From the measurement to the message of a receiver. */
export const GPS_LATENCY_S = 0.12;

export class GpsReceiver {
  readonly #flight: Flight;
  readonly #faults: FaultSchedule;
  readonly #sensor: GpsSensor;
  readonly #random: Random;
  readonly #directionRad: number;

  constructor(random: Random, flight: Flight, faults: FaultSchedule) {
    this.#flight = flight;
    this.#faults = faults;
    this.#sensor = new GpsSensor(random.fork("sensor"), [], GPS_RATE_HZ);
    this.#random = random.fork("jamming");
    this.#directionRad = 2 * Math.PI * random.fork("direction").uniform();
  }

  /** The fix of that moment; undefined while the receiver is silent. To be called at its rate. */
  measure(timeS: number): GpsFix | undefined {
    const spoofing = this.#faults.spoofing.find((one) => isWithin([one], timeS));
    const shown = this.#shownState(timeS, spoofing);
    const reading = this.#sensor.measure(shown);
    if (reading === null || isWithin(this.#faults.gpsSilent, timeS)) return undefined;
    const fix = (position: Vector3, velocity: Vector3): GpsFix => ({
      timeS,
      fixType: 3,
      position: wgs(this.#flight.localFrame, position),
      velocityEnuMps: velocity,
      sigmaHorizontalM: reading.sigmaHorizontalM,
      sigmaVerticalM: reading.sigmaVerticalM,
      sigmaSpeedMps: 0.3,
      satellites: reading.satellites,
      hdop: 0.8,
    });
    const good = fix(reading.positionLocalM, reading.velocityLocalMps);
    if (isWithin(this.#faults.gpsOff, timeS)) return noFix(timeS);
    return isWithin(this.#faults.gpsJammed, timeS) ? this.#jammed(good) : good;
  }

  /** What the signal says: the truth, or a spoofer's idea of it. */
  #shownState(timeS: number, spoofing: Spoofing | undefined) {
    const truth = this.#flight.truthAt(timeS);
    if (spoofing === undefined) return truth;
    const { kind, amount, fromS } = spoofing;
    const [east, north] = [Math.sin(this.#directionRad), Math.cos(this.#directionRad)];
    const shifted = (metres: number, speedMps: number) => ({
      ...truth,
      positionLocalM: moved(truth.positionLocalM, east * metres, north * metres),
      velocityLocalMps: moved(truth.velocityLocalMps, east * speedMps, north * speedMps),
    });
    if (kind === "drift") return shifted(amount * (timeS - fromS), amount);
    if (kind === "jump") return shifted(amount, 0);
    const atStart = this.#flight.truthAt(fromS);
    if (kind === "frozen") return { ...atStart, timeS, velocityLocalMps: [0, 0, 0] as const };
    if (kind === "replay") {
      const againS = (timeS - fromS) % REPLAY_AGE_S;
      return { ...this.#flight.truthAt(fromS - REPLAY_AGE_S + againS), timeS };
    }
    const meacon = moved(atStart.positionLocalM, east * amount, north * amount);
    return { ...truth, positionLocalM: meacon, velocityLocalMps: [0, 0, 0] as const };
  }

  /** As it was measured under a jammer: fix 1 or 6, 3 to 16 satellites, wild accuracies and velocities. */
  #jammed(good: GpsFix): GpsFix {
    const random = this.#random;
    const hasFix = random.uniform() < 0.5;
    const wild = () => 388 * (2 * random.uniform() - 1);
    return {
      ...good,
      fixType: hasFix ? 6 : 1,
      satellites: 3 + random.integer(14),
      sigmaHorizontalM: 5 + 294 * random.uniform(),
      hdop: 1 + 20 * random.uniform(),
      velocityEnuMps: hasFix ? good.velocityEnuMps : [wild(), wild(), wild() / 10],
    };
  }
}

function noFix(timeS: number): GpsFix {
  return {
    timeS,
    fixType: 1,
    position: { latitudeDeg: 0, longitudeDeg: 0, heightM: 0 },
    velocityEnuMps: [0, 0, 0],
    sigmaHorizontalM: 999,
    sigmaVerticalM: 999,
    sigmaSpeedMps: 999,
    satellites: 0,
    hdop: 99.99,
  };
}

function moved(vector: Vector3, east: number, north: number): Vector3 {
  return [vector[0] + east, vector[1] + north, vector[2]];
}

function wgs(localFrame: LocalFrame, position: Vector3) {
  return localFrame.wgsFromLocal([position[0], position[1], position[2]]);
}
