/**
 * A recorded flight of the simulation, flown again in its own time, with or without the ground before it.
 *
 * @module
 */
import {
  type Quaternion,
  quaternionConjugate,
  quaternionMultiply,
  quaternionNormalise,
  type Random,
  type Vector3,
} from "../../core/mod.ts";
import type { AttitudeEvent, BaroEvent, RecordedEvent } from "../../flight/flight_events/mod.ts";
import { openRecordedFlight, type RecordedFlight } from "../../flight/replay/mod.ts";
import {
  BMI088,
  ImuSensor,
  landingFrom,
  STANDS_S,
  type Trajectory,
  type TrueState,
} from "../simulation/mod.ts";
import type { Flight, VehicleEvent } from "./contract.ts";
import { groundPhase, type GroundTime } from "./ground_phase.ts";
import { readTruth, readTruthFacts, type TruthFacts } from "./truth_file.ts";

const ATTITUDE_RATE_HZ = 50;
const BARO_RATE_HZ = 20;
const BARO_WHITE_M = 0.3;

/** @throws DataError where the folder is no flight of the simulation */
export async function openRecordedVehicle(
  folder: string,
  random: Random,
  time: GroundTime,
  durationS = Infinity,
): Promise<Flight> {
  const recorded = await openRecordedFlight(folder, { checkPictures: false });
  const facts = await readTruthFacts(folder);
  const { trajectory, localFrame } = await readTruth(folder, recorded.description.groundHeightM);
  const { imuRateHz } = recorded.description;
  const before = groundPhase(trajectory.state(0), { rateHz: imuRateHz, ...time });
  const ending = endingOf(recorded, { trajectory, facts, random, time, durationS });
  const startS = -before.durationS;
  const groundHeightM = localFrame.origin.heightM;
  return {
    description: recorded.description,
    localFrame,
    startS,
    endS: ending.flownS + (ending.after?.durationS ?? 0),
    landing: ending.landing,
    truthAt: (timeS) => {
      if (timeS < 0) return stateAt(before, timeS - startS, timeS);
      if (timeS < ending.flownS || ending.after === null) return stateAt(trajectory, timeS, timeS);
      return stateAt(ending.after, timeS - ending.flownS, timeS);
    },
    events: async function* (signal) {
      const first = await firstErrors(recorded, trajectory.state(0));
      if (startS < 0) {
        const bias = facts.imuBiasAtStart;
        yield* phaseEvents({
          trajectory: before,
          fromS: startS,
          random,
          bias,
          ...first,
          groundHeightM,
        });
      }
      // What the sensors err by last goes on in the landing.
      let { attitudeError, baroErrorM } = first;
      for await (const event of recorded.events()) {
        if (signal.aborted) return;
        const own = vehicleEvent(event, facts);
        if (own === undefined) continue;
        if (own.timeS > ending.flownS) break;
        const truth = trajectory.at(own.timeS);
        if (own.kind === "attitude") attitudeError = turnBetween(truth, own.localFromBody);
        if (own.kind === "baro") {
          baroErrorM = own.heightM - groundHeightM - truth.positionLocalM[2];
        }
        yield own;
      }
      if (ending.after === null) return;
      const errors = { bias: facts.imuBiasAtEnd, attitudeError, baroErrorM };
      const { flownS: fromS, after } = ending;
      yield* phaseEvents({ trajectory: after, fromS, random, ...errors, groundHeightM });
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

interface Ending {
  /** So much of the recorded flight is flown. */
  readonly flownS: number;
  /** The landing behind it; null where it was recorded, or there is none. */
  readonly after: Trajectory | null;
  readonly landing: Flight["landing"];
}

/** The landing that was recorded, one made now (without pictures: the folder has none), or none. */
function endingOf(
  { description: { aircraft, imuRateHz } }: RecordedFlight,
  { trajectory, facts, random, time, durationS }: {
    readonly trajectory: Trajectory;
    readonly facts: TruthFacts;
    readonly random: Random;
    readonly time: GroundTime;
    readonly durationS: number;
  },
): Ending {
  const wholeS = Math.min(trajectory.durationS, durationS);
  const { landing } = facts;
  const hasLanded = landing !== null && wholeS >= trajectory.durationS;
  if (time.lands && hasLanded) return { flownS: wholeS, after: null, landing };
  const flownS = Math.min(wholeS, landing?.fromS ?? Infinity);
  if (!time.lands) return { flownS, after: null, landing: null };
  const down = landingFrom(trajectory.at(flownS), random.fork("landing"), {
    aircraft: aircraft === "multirotor" ? "multirotor" : "fixed_wing",
    rateHz: imuRateHz,
    restS: STANDS_S,
  });
  return {
    flownS,
    after: down.trajectory,
    landing: { fromS: flownS, atRestS: flownS + down.atRestS },
  };
}

/** A trajectory's last state is also its state afterwards. */
function stateAt(trajectory: Trajectory, placeS: number, timeS: number): TrueState {
  if (trajectory.count < 2) return { ...trajectory.state(0), timeS };
  return { ...trajectory.at(placeS), timeS };
}

function vehicleEvent(
  event: RecordedEvent,
  { controllerClock }: TruthFacts,
): VehicleEvent | undefined {
  if (event.kind === "frame") {
    return {
      kind: "frame",
      timeS: event.receivedNs / 1e9,
      exposureMidS: event.frame.exposureMidNs / 1e9,
      sequence: event.frame.sequence,
      jpeg: event.frame.jpeg,
    };
  }
  const { offsetS, skewPpm } = controllerClock;
  const timeS = (event.controllerNs / 1e9 - offsetS) / (1 + skewPpm * 1e-6);
  if (event.kind === "imu") {
    const { specificForceMps2, angularRateRps } = event;
    return { kind: "imu", timeS, specificForceMps2, angularRateRps };
  }
  if (event.kind === "attitude") {
    return { kind: "attitude", timeS, localFromBody: event.localFromBody };
  }
  if (event.kind === "baro") return { kind: "baro", timeS, heightM: event.heightM };
  // The receiver is simulated anew, so that faults can be chosen.
  return undefined;
}

/** What the sensors say, less the truth. */
interface SensorErrors {
  readonly attitudeError: Quaternion;
  readonly baroErrorM: number;
}

/** What the recorded sensors say first, less the truth: on the ground they err alike. */
async function firstErrors(recorded: RecordedFlight, truth: TrueState): Promise<SensorErrors> {
  let attitude: AttitudeEvent | undefined, baro: BaroEvent | undefined;
  for await (const event of recorded.events()) {
    if (event.kind === "attitude") attitude ??= event;
    if (event.kind === "baro") baro ??= event;
    if (attitude !== undefined && baro !== undefined) break;
  }
  const heightM = recorded.description.groundHeightM + truth.positionLocalM[2];
  return {
    attitudeError: turnBetween(truth, attitude?.localFromBody ?? truth.localFromBody),
    baroErrorM: baro === undefined ? 0 : baro.heightM - heightM,
  };
}

function turnBetween(truth: TrueState, measured: Quaternion): Quaternion {
  return quaternionMultiply(quaternionConjugate(truth.localFromBody), measured);
}

/** Sensors of what was not recorded: its state 0 is of `fromS`; the biases are those of the recording. */
function* phaseEvents(
  phase: SensorErrors & {
    readonly trajectory: Trajectory;
    readonly fromS: number;
    readonly random: Random;
    readonly bias: TruthFacts["imuBiasAtStart"];
    readonly groundHeightM: number;
  },
): Generator<VehicleEvent> {
  const { trajectory, fromS, attitudeError, bias: recorded } = phase;
  const random = phase.random.fork(fromS < 0 ? "ground" : "descent");
  const imu = new ImuSensor(random.fork("imu"), BMI088, trajectory.rateHz);
  const white = random.fork("baro");
  for (let index = 1; index < trajectory.count; index++) {
    const timeS = fromS + index / trajectory.rateHz;
    const due = (rateHz: number) =>
      index % Math.max(1, Math.round(trajectory.rateHz / rateHz)) === 0;
    const { accelerometerMps2, gyroscopeRps } = imu.bias;
    const sample = imu.measure(trajectory.idealImu(index));
    yield {
      kind: "imu",
      timeS,
      specificForceMps2: rebiased(
        sample.specificForceMps2,
        accelerometerMps2,
        recorded.accelerometerMps2,
      ),
      angularRateRps: rebiased(sample.angularRateRps, gyroscopeRps, recorded.gyroscopeRps),
    };
    const truth = trajectory.state(index);
    if (due(ATTITUDE_RATE_HZ)) {
      const turned = quaternionMultiply(truth.localFromBody, attitudeError);
      yield { kind: "attitude", timeS, localFromBody: quaternionNormalise(turned) };
    }
    if (due(BARO_RATE_HZ)) {
      const heightM = phase.groundHeightM + truth.positionLocalM[2] + phase.baroErrorM;
      yield { kind: "baro", timeS, heightM: heightM + BARO_WHITE_M * white.normal() };
    }
  }
}

function rebiased(sample: Vector3, own: readonly number[], recorded: Vector3): Vector3 {
  return [0, 1, 2].map((i) => sample[i] - own[i] + recorded[i]) as unknown as Vector3;
}
