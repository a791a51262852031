/**
 * A flight of the state estimator alone with an input that lies: the simulator's sensors, falsified as
 * `deno task evaluate --hostile` does it, and odometry and fixes with the errors that were measured on
 * them, instead of pictures. A second of processor time flies several minutes. Pure data from a seed.
 *
 * @module
 */
import { MotionDoubt } from "../../src/airborne/motion_doubt.ts";
import { SensorFeed } from "../../src/airborne/sensor_feed.ts";
import type { FrameLine } from "../../src/airborne/json_lines.ts";
import {
  horizontalCovarianceM2,
  LocalFrame,
  type MonotonicNs,
  quaternionConjugate,
  quaternionMultiply,
  rotationVectorFromQuaternion,
  seededRandom,
  upVarianceM2,
} from "../../src/core/mod.ts";
import type { SensorEvent } from "../../src/flight/flight_events/mod.ts";
import { NavigatorConfigSchema } from "../../src/flight/flight_settings/mod.ts";
import { STREAM_COLUMNS, type StreamFile } from "../../src/flight/replay/mod.ts";
import {
  attitudeEvent,
  baroEvent,
  gpsEvent,
  imuEvent,
  RowFields,
} from "../../src/flight/replay/rows.ts";
import { Eskf, EstimateUnavailableError } from "../../src/navigation/state_estimator/mod.ts";
import { TruthTrack } from "../../src/workstation/evaluation/mod.ts";
import type { FlightFolder } from "../../src/workstation/simulation/flight_folder.ts";
import { flightOptions } from "../../src/workstation/simulation/flight_options.ts";
import { type Aircraft, STREAM_SIGMAS, trueFlight } from "../../src/workstation/simulation/mod.ts";
import { writeStreams } from "../../src/workstation/simulation/streams.ts";
import type { FlightRows, Row } from "../../tasks/evaluate/hostile/flight_rows.ts";
import type { HostileInput } from "../../tasks/evaluate/hostile/input.ts";
import { type HostileFigures, hostileFigures } from "../../tasks/evaluate/hostile/measure.ts";
import { FIXTURE_DESCRIPTION } from "../unit/replay_fixture.ts";
import { feed, makeScenario, type Message, type Truth } from "../unit/state_estimator_scenario.ts";

const IMU_HZ = 100;
/** The scenario's time of take-off; that of the streams is 0. */
const SCENARIO_START_NS = 1e9;
const ORIGIN = { latitudeDeg: 48.5, longitudeDeg: 35, heightM: 0 };
const LIE_FROM_S = 10;
const FLIGHT_S = 30;
const SLOW_FLIGHT_S = 80;
/** The matcher finds no fix from an estimate that is further off than this. */
const FIX_REACH_M = 60;
const FIX_REACH_RAD = 0.35;

export interface HostileEstimatorFlight {
  readonly input: HostileInput;
  readonly durationS: number;
  readonly aircraft: Aircraft;
  readonly seed: number;
  /** Over plain ground no picture finds a fix before that, seconds. */
  readonly fixesFromS?: number;
}

export interface HostileEstimatorResult extends HostileFigures {
  readonly gps: string;
  /** Why the estimator failed; empty where it did not. */
  readonly fault: string;
}

export async function flyHostileEstimator(
  { input, durationS, aircraft, seed, fixesFromS = 0 }: HostileEstimatorFlight,
): Promise<HostileEstimatorResult> {
  const flightS = input.slow ? SLOW_FLIGHT_S : FLIGHT_S;
  const { path, streams } = await simulated(aircraft, seed, flightS, input.gps);
  const pictures = seen(path, seed);
  streams["frames.csv"] = frameRows(pictures.messages);
  const [east, north, up] = path[0].position;
  const localFrame = new LocalFrame(ORIGIN);
  const flight: FlightRows = {
    description: {
      ...FIXTURE_DESCRIPTION,
      takeoff: {
        ...localFrame.wgsFromLocal([east + 6, north - 5, up + 2]),
        sigmaHorizontalM: 10,
        sigmaVerticalM: 3,
      },
      sigmas: STREAM_SIGMAS,
    } as unknown as FlightRows["description"],
    streams,
    pictures: new Map(),
    folder: "",
  };
  const fromS = input.fromStart ? 0 : LIE_FROM_S;
  const span = { fromS, toS: fromS + durationS };
  await input.inject(flight, { span, random: seededRandom(input.name), otherPictures: [] });
  const { lines, gps, fault } = fly(
    flight,
    withFrames(pictures, streams["frames.csv"]),
    localFrame,
    fixesFromS,
  );
  return { ...hostileFigures(lines, truthOf(flight), span), gps, fault };
}

async function simulated(aircraft: Aircraft, seed: number, durationS: number, gps: boolean) {
  const options = flightOptions({ seed, aircraft, durationS, imuRateHz: IMU_HZ, gps: [] });
  const nowhere = { name: "nowhere", origin: ORIGIN, box: null, gsdM: 1 };
  const ground = { ...nowhere, patch: () => Promise.reject(new Error("no pictures")) };
  const random = seededRandom(seed);
  const { trajectory } = trueFlight(random, options, ground);
  const streams = Object.fromEntries(
    Object.keys(STREAM_COLUMNS).map((file) => [file, [] as Row[]]),
  ) as Record<StreamFile, Row[]>;
  const rows = {
    row(file: StreamFile, values: readonly (number | string)[]) {
      streams[file].push(values.map(String));
      return Promise.resolve();
    },
  } as unknown as FlightFolder;
  const localFrame = new LocalFrame(ORIGIN);
  await writeStreams(random.fork("streams"), { options, trajectory, localFrame }, rows);
  if (!gps) streams["gps.csv"] = streams["gps.csv"].filter((row) => Number(row[1]) < 1e9);
  const path = Array.from({ length: trajectory.count }, (_, index): Truth => {
    const state = trajectory.state(index);
    return {
      timeNs: Math.round(SCENARIO_START_NS + state.timeS * 1e9) as MonotonicNs,
      position: state.positionLocalM,
      velocity: state.velocityLocalMps,
      attitude: state.localFromBody,
    };
  });
  return { path, streams };
}

type Seen = Extract<Message, { kind: "vio" | "anchor" }>;

/** Odometry and a fix of every frame, on the clock of the streams. */
function seen(path: Truth[], seed: number): { messages: Seen[]; truthAt(ns: number): Truth } {
  const { messages, truthAt } = makeScenario({
    seed,
    path,
    imuHz: IMU_HZ,
    latencyS: 0.1,
    anchorEveryFrames: 1,
  });
  const moved = (ns: number) => ns - SCENARIO_START_NS as MonotonicNs;
  const kept: Seen[] = [];
  for (const message of messages) {
    if (message.kind === "vio") {
      const { fromNs, toNs } = message.value;
      const value = { ...message.value, fromNs: moved(fromNs), toNs: moved(toNs) };
      kept.push({ ...message, arrivalNs: moved(message.arrivalNs), value });
    } else if (message.kind === "anchor") {
      const value = { ...message.value, timeNs: moved(message.value.timeNs) };
      kept.push({ ...message, arrivalNs: moved(message.arrivalNs), value });
    }
  }
  return { messages: kept, truthAt: (ns) => truthAt(ns + SCENARIO_START_NS) };
}

type Pictures = ReturnType<typeof seen>;

/** A row of each picture, as of a flight that has some. */
function frameRows(messages: readonly Seen[]): Row[] {
  return messages.filter(({ kind }) => kind === "anchor").map((message, i) => {
    const timeNs = String(timesOf(message).at(-1));
    return [String(i), timeNs, timeNs, `frames/${timeNs}.jpg`];
  });
}

/** What pictures that do not come would have shown is not seen. */
function withFrames({ messages, ...others }: Pictures, rows: readonly Row[]): Pictures {
  const names = new Set(rows.map((row) => row[3]));
  const kept = messages.filter((message) =>
    timesOf(message).every((timeNs) => names.has(`frames/${timeNs}.jpg`))
  );
  return { messages: kept, ...others };
}

function timesOf(message: Seen): number[] {
  return message.kind === "vio"
    ? [message.value.fromNs, message.value.toNs]
    : [message.value.timeNs];
}

const PARSERS = [
  ["imu.csv", imuEvent],
  ["attitude.csv", attitudeEvent],
  ["baro.csv", baroEvent],
  ["gps.csv", gpsEvent],
] as const;

function sensorEvents({ streams }: FlightRows): SensorEvent[] {
  const events = PARSERS.flatMap(([file, parse]): SensorEvent[] =>
    streams[file].map((fields, i) => parse(new RowFields(file, file, { line: i + 2, fields })))
  );
  return events.sort((a, b) => a.receivedNs - b.receivedNs);
}

function fly(
  flight: FlightRows,
  { messages, truthAt }: Pictures,
  localFrame: LocalFrame,
  fixesFromS: number,
) {
  const estimator = new Eskf({ localFrame });
  const { takeoff } = flight.description;
  if (takeoff !== null) {
    const { sigmaHorizontalM, sigmaVerticalM } = takeoff;
    const positionLocalM = localFrame.localFromWgs(takeoff);
    estimator.setTakeoffOrigin({ positionLocalM }, sigmaHorizontalM, sigmaVerticalM);
  }
  const sensors = new SensorFeed(estimator, localFrame, flight.description);
  const motion = new MotionDoubt(NavigatorConfigSchema.parse({}).doubt);
  const lines: FrameLine[] = [];
  let next = 0, fault = "";
  try {
    for (const event of sensorEvents(flight)) {
      for (; next < messages.length && messages[next].arrivalNs <= event.receivedNs; next++) {
        see(messages[next]);
      }
      sensors.feed(event);
    }
  } catch (error) {
    fault = String(error);
  }
  return { lines, fault, gps: estimator.health().gps };

  function see(message: Seen): void {
    if (message.kind === "vio") {
      feed(estimator, message);
      return;
    }
    const { timeNs } = message.value;
    try {
      estimator.doubtMotion(motion.growthM(estimator.estimateAt(timeNs), estimator.health()));
      const isPlain = timeNs < fixesFromS * 1e9;
      if (!isPlain && isWithinReach(estimator, truthAt(timeNs), timeNs)) feed(estimator, message);
      const estimate = estimator.estimateAt(timeNs);
      lines.push({
        sequence: lines.length,
        timeNs,
        ...localFrame.wgsFromLocal(estimate.positionLocalM),
        covarianceEnM2: horizontalCovarianceM2(estimate.covariance),
        sigmaUpM: Math.sqrt(upVarianceM2(estimate.covariance)),
        label: estimate.label,
        fix: { accepted: false, latitudeDeg: null, longitudeDeg: null },
      } as unknown as FrameLine);
    } catch (error) {
      // As in flight: the frame is skipped.
      if (!(error instanceof EstimateUnavailableError)) throw error;
    }
  }
}

/** A picture is sought around the estimate, turned and scaled as the estimate has it. */
function isWithinReach(estimator: Eskf, truth: Truth, timeNs: MonotonicNs): boolean {
  const { positionLocalM: p, localFromBody, horizontal95M } = estimator.estimateAt(timeNs);
  const awayM = Math.hypot(p[0] - truth.position[0], p[1] - truth.position[1]);
  const turn = rotationVectorFromQuaternion(
    quaternionMultiply(quaternionConjugate(localFromBody), truth.attitude),
  );
  const scale = p[2] / truth.position[2];
  return awayM < FIX_REACH_M + horizontal95M && Math.hypot(...turn) < FIX_REACH_RAD &&
    scale > 0.75 && scale < 1.33;
}

function truthOf({ streams }: FlightRows): TruthTrack {
  return new TruthTrack(streams["truth.csv"].map((row) => {
    const [timeNs, latitudeDeg, longitudeDeg, heightM] = row.map(Number);
    return { timeNs, position: { latitudeDeg, longitudeDeg, heightM } };
  }));
}
