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
import { BMI088, ImuSensor, type Trajectory, type TrueState } from "../simulation/mod.ts";
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
  ground: GroundTime,
  durationS = Infinity,
): Promise<Flight> {
  const recorded = await openRecordedFlight(folder, { checkPictures: false });
  const facts = await readTruthFacts(folder);
  const { trajectory, localFrame } = await readTruth(folder, recorded.description.groundHeightM);
  const { imuRateHz } = recorded.description;
  const before = groundPhase(trajectory.state(0), { rateHz: imuRateHz, ...ground });
  const startS = -before.durationS;
  return {
    description: recorded.description,
    localFrame,
    startS,
    endS: Math.min(trajectory.durationS, durationS),
    truthAt: (timeS) =>
      timeS < 0 ? stateAt(before, timeS - startS, timeS) : stateAt(trajectory, timeS, timeS),
    events: async function* (signal) {
      if (startS < 0) {
        const first = await firstErrors(recorded, trajectory.state(0));
        yield* groundEvents({
          before,
          random,
          facts,
          first,
          groundHeightM: localFrame.origin.heightM,
        });
      }
      for await (const event of recorded.events()) {
        if (signal.aborted) return;
        const own = vehicleEvent(event, facts);
        if (own !== undefined) yield own;
      }
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
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

/** What the recorded sensors say first, less the truth: on the ground they err alike. */
interface FirstErrors {
  readonly attitude: Quaternion;
  readonly baroM: number;
}

async function firstErrors(
  recorded: RecordedFlight,
  truth: TrueState,
): Promise<FirstErrors> {
  let attitude: AttitudeEvent | undefined, baro: BaroEvent | undefined;
  for await (const event of recorded.events()) {
    if (event.kind === "attitude") attitude ??= event;
    if (event.kind === "baro") baro ??= event;
    if (attitude !== undefined && baro !== undefined) break;
  }
  const measured = attitude?.localFromBody ?? truth.localFromBody;
  const heightM = recorded.description.groundHeightM + truth.positionLocalM[2];
  return {
    attitude: quaternionMultiply(quaternionConjugate(truth.localFromBody), measured),
    baroM: baro === undefined ? 0 : baro.heightM - heightM,
  };
}

/** Sensors before time 0, with the biases that the recording begins with. */
function* groundEvents(ground: {
  readonly before: Trajectory;
  readonly random: Random;
  readonly facts: TruthFacts;
  readonly first: FirstErrors;
  readonly groundHeightM: number;
}): Generator<VehicleEvent> {
  const { before, facts, first } = ground;
  const random = ground.random.fork("ground");
  const imu = new ImuSensor(random.fork("imu"), BMI088, before.rateHz);
  const white = random.fork("baro");
  const { accelerometerMps2, gyroscopeRps } = facts.imuBiasAtStart;
  for (let index = 1; index < before.count; index++) {
    const timeS = (index - before.count + 1) / before.rateHz;
    const due = (rateHz: number) => index % Math.max(1, Math.round(before.rateHz / rateHz)) === 0;
    const bias = imu.bias;
    const sample = imu.measure(before.idealImu(index));
    yield {
      kind: "imu",
      timeS,
      specificForceMps2: rebiased(
        sample.specificForceMps2,
        bias.accelerometerMps2,
        accelerometerMps2,
      ),
      angularRateRps: rebiased(sample.angularRateRps, bias.gyroscopeRps, gyroscopeRps),
    };
    const truth = before.state(index);
    if (due(ATTITUDE_RATE_HZ)) {
      const localFromBody = quaternionNormalise(
        quaternionMultiply(truth.localFromBody, first.attitude),
      );
      yield { kind: "attitude", timeS, localFromBody };
    }
    if (due(BARO_RATE_HZ)) {
      const noise = first.baroM + BARO_WHITE_M * white.normal();
      yield {
        kind: "baro",
        timeS,
        heightM: ground.groundHeightM + truth.positionLocalM[2] + noise,
      };
    }
  }
}

function rebiased(sample: Vector3, own: readonly number[], recorded: Vector3): Vector3 {
  return [0, 1, 2].map((i) => sample[i] - own[i] + recorded[i]) as unknown as Vector3;
}
