/**
 * Flies a simulated flight in real time: sensors and pictures at their moments, whatever the companion
 * answers.
 *
 * @module
 */
import type { Clock } from "../../core/mod.ts";
import type { ByteLink } from "../../link/transport/mod.ts";
import type { ControllerProtocol, VehicleEvent } from "./contract.ts";
import { EarlierPictures } from "./earlier_pictures.ts";
import { isWithin } from "./fault_schedule.ts";
import type { FrameServer } from "./frame_server.ts";
import type { FlightReport } from "./report.ts";
import type { Vehicle } from "./vehicle.ts";

interface FlightParts {
  readonly clock: Clock;
  readonly vehicle: Vehicle;
  readonly protocol: ControllerProtocol;
  readonly link: ByteLink;
  readonly frames: FrameServer | undefined;
  /** What a blind camera sees. */
  readonly clouds: readonly Uint8Array[];
  readonly report: FlightReport;
  /** Begins without having heard the companion. */
  readonly startsAtOnce: boolean;
  /** Said once, when the flight begins. */
  readonly onStart: () => void;
}

/** How long a companion that was heard may take to open its camera. */
const CAMERA_WAIT_S = 20;
const TICK_MS = 5;
/** Others get their turn at least so often while the flight catches up. */
const TURN_MS = 4;

/** Until the flight and the time on the ground after it are over, or the signal aborts. */
export async function flyController(parts: FlightParts, signal: AbortSignal): Promise<void> {
  const { vehicle, link } = parts;
  const time = new FlightTime(parts.clock, vehicle);
  const camera = new Camera(parts, time);
  await link.open();
  const done = new AbortController();
  const reading = receive(parts, time, AbortSignal.any([signal, done.signal]));
  try {
    await untilBegun(parts, time, signal);
    if (signal.aborted) return;
    parts.onStart();
    const { endS, landing } = vehicle.flight;
    parts.report.line("start", time.now(), { endS, landing });
    for await (const event of vehicle.flight.events(signal)) {
      await time.until(event.timeS, signal);
      if (signal.aborted) return;
      parts.report.late(time.now() - event.timeS);
      if (event.kind === "frame") camera.take(event);
      else measured(parts, event);
      camera.flush();
    }
  } finally {
    done.abort();
    await reading;
  }
}

/** Flight time from the clock; before the flight begins, the time of a controller that waits. */
class FlightTime {
  readonly #clock: Clock;
  readonly #vehicle: Vehicle;
  readonly #switchedOnNs: number;
  #beganNs: number | undefined;
  #turnMs = 0;

  constructor(clock: Clock, vehicle: Vehicle) {
    this.#clock = clock;
    this.#vehicle = vehicle;
    this.#switchedOnNs = clock.now();
  }

  begin(): void {
    this.#beganNs = this.#clock.now();
    this.#vehicle.begin((this.#beganNs - this.#switchedOnNs) / 1e9);
  }

  now(): number {
    const nowNs = this.#clock.now();
    return this.#beganNs === undefined
      ? this.#vehicle.waitingS((nowNs - this.#switchedOnNs) / 1e9)
      : this.#vehicle.flight.startS + (nowNs - this.#beganNs) / 1e9;
  }

  async until(timeS: number, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const leftMs = 1000 * (timeS - this.now());
      const isTurn = performance.now() - this.#turnMs > TURN_MS;
      if (leftMs <= 0 && !isTurn) return;
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, Math.min(leftMs, TICK_MS))));
      this.#turnMs = performance.now();
      if (leftMs <= 0) return;
    }
  }
}

type FrameOfVehicle = Extract<VehicleEvent, { kind: "frame" }>;

/** Holds pictures back that the schedule wants late. */
class Camera {
  readonly #parts: FlightParts;
  readonly #time: FlightTime;
  readonly #held: FrameOfVehicle[] = [];
  readonly #earlier = new EarlierPictures();

  constructor(parts: FlightParts, time: FlightTime) {
    this.#parts = parts;
    this.#time = time;
  }

  take(frame: FrameOfVehicle): void {
    const { clouds, vehicle: { faults: { cameraOff, cameraBlind } } } = this.#parts;
    if (isWithin(cameraOff, frame.exposureMidS)) return;
    const isBlind = isWithin(cameraBlind, frame.exposureMidS);
    const jpeg = isBlind ? clouds[frame.sequence % clouds.length] : this.#seen(frame);
    this.#held.push({ ...frame, jpeg });
  }

  /** Its own picture, or one from elsewhere. */
  #seen({ exposureMidS, jpeg }: FrameOfVehicle): Uint8Array {
    const { flight, faults: { cameraElsewhere } } = this.#parts.vehicle;
    if (cameraElsewhere.length === 0) return jpeg;
    const { positionLocalM } = flight.truthAt(exposureMidS);
    this.#earlier.keep({ positionLocalM, jpeg });
    const elsewhere = cameraElsewhere.find((one) => isWithin([one], exposureMidS));
    if (elsewhere === undefined) return jpeg;
    return this.#earlier.newestBeyond(elsewhere.distanceM, positionLocalM) ?? jpeg;
  }

  flush(): void {
    const { frames, vehicle: { faults } } = this.#parts;
    while (this.#held.length > 0) {
      const [{ timeS, exposureMidS, sequence, jpeg }] = this.#held;
      const nowS = this.#time.now();
      if (nowS < timeS + faults.cameraLateS) return;
      this.#held.shift();
      frames?.send(sequence, nowS - exposureMidS, jpeg);
    }
  }
}

async function receive(
  { link, protocol }: FlightParts,
  time: FlightTime,
  signal: AbortSignal,
): Promise<void> {
  for await (const { bytes } of link.chunks(signal)) protocol.receive(bytes, time.now());
}

/** Heartbeats until somebody answers them, and has opened the camera. */
async function untilBegun(
  { protocol, frames, startsAtOnce }: FlightParts,
  time: FlightTime,
  signal: AbortSignal,
): Promise<void> {
  let heardMs: number | undefined;
  while (!signal.aborted && !startsAtOnce) {
    if (protocol.isHeard) heardMs ??= performance.now();
    const waitedS = heardMs === undefined ? 0 : (performance.now() - heardMs) / 1000;
    const sees = frames === undefined || frames.isConnected || waitedS > CAMERA_WAIT_S;
    if (heardMs !== undefined && sees) break;
    protocol.wait(time.now());
    await new Promise((resolve) => setTimeout(resolve, TICK_MS));
  }
  time.begin();
}

function measured(
  { vehicle, protocol }: Pick<FlightParts, "vehicle" | "protocol">,
  event: VehicleEvent,
): void {
  vehicle.take(event);
  vehicle.advance(Math.max(vehicle.timeS, event.timeS));
  protocol.measured(event);
  protocol.tick(vehicle.timeS);
}
