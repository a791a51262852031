/**
 * Messages of a telemetry log as samples: those of one autopilot, and of no other sender: of several the
 * one that says most where the log begins. From message to measurement it is the way of a live flight (flight_controller).
 *
 * @module
 */
import { type MonotonicNs, monotonicNs } from "../../../core/mod.ts";
import {
  decodeMessage,
  MAV_AUTOPILOT,
  MAV_TYPE,
  type Message,
  type MessageOf,
  type Packet,
} from "../../../link/mavlink/mod.ts";
import type { ControllerEvent } from "../../flight_events/mod.ts";
import { MavlinkFlightState, MavlinkMeasurements } from "../../flight_controller/mod.ts";
import type { FlightLog, LogDecoder, LogFacts, LogSample } from "../contract.ts";
import { SampleSink } from "../samples.ts";
import { TlogSplitter } from "./records.ts";

const AUTOPILOTS: Readonly<Record<number, string>> = {
  [MAV_AUTOPILOT.ARDUPILOTMEGA]: "ArduPilot",
  [MAV_AUTOPILOT.PX4]: "PX4",
};
/** Texts of ArduPilot at its start. */
const FIRMWARE_TEXT = /^(Ardu(Copter|Plane|Rover|Sub)|APM:\w+|Rover|Blimp) V\d+\.\d+/;
/** A longer silence counts as one of an hour. */
const ARRIVAL_STEP_MAX_NS = 3600e9;
/** MAV_TYPE: multicopters and helicopters; planes, also those that take off vertically. */
const MULTIROTORS = [2, 3, 4, 13, 14, 15, 29, 35];
const FIXED_WINGS = [1, 19, 20, 21, 22, 23, 24, 25];

interface Sender {
  readonly systemId: number;
  readonly componentId: number;
}

interface Vehicle extends Sender {
  readonly autopilot: string;
}

export class TlogDecoder implements LogDecoder {
  readonly facts: LogFacts = { firmware: "", aircraft: "unknown", utc: null };
  readonly sources = {
    imu: ["HIGHRES_IMU", "RAW_IMU", "SCALED_IMU"],
    attitude: ["ATTITUDE"],
    baro: ["SCALED_PRESSURE"],
    gps: ["GPS_RAW_INT"],
    controller_position: ["GLOBAL_POSITION_INT"],
    flight_state: ["HEARTBEAT"],
  } as const;
  readonly imuSampling = "instant";
  /** Radios and ground stations hold messages back, each kind by itself. */
  readonly backMaxNs = 10e9;
  readonly #splitter = new TlogSplitter();
  readonly #sink = new SampleSink(() => true);
  /** A log is history: the controller's own receiver was its first. */
  readonly #measurements = new MavlinkMeasurements(1);
  readonly #flightState = new MavlinkFlightState();
  /** null where the beginning of the log does not tell: then it is the first that is heard. */
  readonly #wanted: Sender | null;
  #vehicle: Vehicle | null = null;
  #lastUsec: number | null = null;
  #arrivedNs = 0 as MonotonicNs;
  /** The newest on the controller's clock: for messages without a time. */
  #controllerNs: number | null = null;

  /** `head`: the first bytes of the file, which are pushed as well. */
  constructor(head: Uint8Array) {
    this.#wanted = busiestAutopilot(head);
  }

  get damage(): { readonly bytesSkipped: number; readonly samplesRefused: number } {
    return {
      bytesSkipped: this.#splitter.bytesSkipped,
      samplesRefused: this.#sink.refused,
    };
  }

  push(bytes: Uint8Array, samples: LogSample[]): void {
    this.#sink.into(samples);
    for (const { packet, stampUsec } of this.#splitter.push(bytes)) {
      this.#packet(packet, stampUsec);
    }
  }

  end(samples: LogSample[]): void {
    this.#sink.into(samples);
    for (const { packet, stampUsec } of this.#splitter.end()) this.#packet(packet, stampUsec);
  }

  #packet(packet: Packet, stampUsec: number | null): void {
    const message = decodeMessage(packet);
    if (message === undefined) return;
    if (stampUsec !== null) this.#arrived(stampUsec);
    if (message.name === "HEARTBEAT") this.#meet(packet, message);
    if (this.#vehicle !== null && isFrom(packet, this.#vehicle)) {
      this.#ofVehicle(message, stampUsec);
    }
  }

  /** A ground station's clock may be set meanwhile, and a time may be damaged. */
  #arrived(stampUsec: number): void {
    const stepNs = (stampUsec - (this.#lastUsec ?? stampUsec)) * 1e3;
    this.#lastUsec = stampUsec;
    const arrivedNs = this.#arrivedNs + Math.min(Math.max(0, stepNs), ARRIVAL_STEP_MAX_NS);
    this.#arrivedNs = monotonicNs(Math.min(arrivedNs, Number.MAX_SAFE_INTEGER));
  }

  #meet(packet: Packet, heartbeat: MessageOf<"HEARTBEAT">): void {
    if (this.#vehicle !== null || !isAutopilot(heartbeat)) return;
    if (this.#wanted !== null && !isFrom(packet, this.#wanted)) return;
    const { systemId, componentId } = packet;
    const { autopilot, type } = heartbeat;
    const name = AUTOPILOTS[autopilot] ?? `autopilot ${autopilot}`;
    this.#vehicle = { systemId, componentId, autopilot: name };
    this.facts.firmware = name;
    this.facts.aircraft = aircraftOf(type);
  }

  #ofVehicle(message: Message, stampUsec: number | null): void {
    this.#flightState.observe(message, this.#arrivedNs);
    const event = this.#measurements.event(message, this.#arrivedNs);
    if (event !== null) {
      this.#measured(message, event);
      if (stampUsec !== null && "controllerNs" in event) this.#noticeTime(event, stampUsec);
    }
    switch (message.name) {
      case "HEARTBEAT":
        return this.#state();
      case "AUTOPILOT_VERSION":
        this.facts.firmware = firmwareOf(this.#vehicle?.autopilot ?? "", message);
        return;
      case "STATUSTEXT":
        if (FIRMWARE_TEXT.test(message.text)) this.facts.firmware = message.text;
        return;
    }
  }

  #noticeTime({ controllerNs }: { readonly controllerNs: number }, stampUsec: number): void {
    this.#controllerNs = controllerNs;
    this.facts.utc ??= { controllerNs, utcMs: stampUsec / 1e3 };
  }

  #measured(message: Message, event: ControllerEvent): void {
    const source = message.name;
    switch (event.kind) {
      case "imu":
        return this.#sink.imu(
          source,
          event.controllerNs,
          event.specificForceMps2,
          event.angularRateRps,
        );
      case "attitude":
        return this.#sink.rotation(source, event.controllerNs, event.localFromBody);
      case "pressure":
        return this.#sink.pressure(source, event.controllerNs, event.pressureHpa * 100);
      case "controller_position":
        return this.#sink.position(source, event.controllerNs, {
          latitudeDeg: event.latitudeDeg,
          longitudeDeg: event.longitudeDeg,
          heightMslM: event.heightMslM,
          heightAboveHomeM: event.heightAboveHomeM,
        });
      case "gps": {
        const { fix, position: { latitudeDeg, longitudeDeg } } = event;
        const [east, north, up] = event.velocityEnuMps;
        return this.#sink.gps(source, event.controllerNs, {
          ...event,
          fix,
          latitudeDeg,
          longitudeDeg,
          // A log's heights are over mean sea level.
          heightM: message.name === "GPS_RAW_INT" ? message.alt * 1e-3 : NaN,
          velocityEnuMps: [east, north, event.hasVerticalVelocity === false ? NaN : up],
        });
      }
    }
  }

  #state(): void {
    const state = this.#flightState.at(this.#arrivedNs);
    if (this.#controllerNs === null || state === "unknown") return;
    const isOnGround = state === "on_ground";
    this.#sink.state("HEARTBEAT", this.#controllerNs, isOnGround ? "on_ground" : "in_flight");
  }
}

/** Among the senders whose heartbeats are an autopilot's; null without any. */
function busiestAutopilot(head: Uint8Array): Sender | null {
  const frames = new Map<number, number>();
  const autopilots = new Map<number, Sender>();
  for (const { packet } of new TlogSplitter().push(head)) {
    const key = packet.systemId << 8 | packet.componentId;
    frames.set(key, (frames.get(key) ?? 0) + 1);
    const message = decodeMessage(packet);
    if (message?.name === "HEARTBEAT" && isAutopilot(message)) autopilots.set(key, packet);
  }
  const count = ([key]: readonly [number, Sender]) => frames.get(key) ?? 0;
  const [busiest] = [...autopilots].sort((one, other) => count(other) - count(one));
  return busiest?.[1] ?? null;
}

function isAutopilot({ autopilot, type }: MessageOf<"HEARTBEAT">): boolean {
  return autopilot !== MAV_AUTOPILOT.INVALID && type !== MAV_TYPE.GCS;
}

function isFrom(packet: Packet, { systemId, componentId }: Sender): boolean {
  return packet.systemId === systemId && packet.componentId === componentId;
}

function aircraftOf(type: number): FlightLog["aircraft"] {
  if (MULTIROTORS.includes(type)) return "multirotor";
  return FIXED_WINGS.includes(type) ? "fixed_wing" : "unknown";
}

/** Major, minor and patch, one byte each from the top. */
function firmwareOf(
  autopilot: string,
  { flightSwVersion }: MessageOf<"AUTOPILOT_VERSION">,
): string {
  const [major, minor, patch] = [24, 16, 8].map((shift) => flightSwVersion >>> shift & 0xff);
  return `${autopilot} ${major}.${minor}.${patch}`;
}
