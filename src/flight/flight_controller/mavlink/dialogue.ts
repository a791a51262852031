/**
 * What is said to the controller beside positions: that we are there, what we want to hear, which
 * parameters we ask for, by which source it shall fly. Time comes from outside, so that it can be tested.
 *
 * @module
 */
import type { MonotonicNs } from "../../../core/mod.ts";
import {
  MAV_AUTOPILOT,
  MAV_CMD,
  MAV_PROTOCOL_CAPABILITY,
  MAV_RESULT,
  MAV_STATE,
  MAV_TYPE,
  type Message,
  type MessageName,
  type MessageOf,
  MESSAGES,
  type OutgoingMessage,
} from "../../../link/mavlink/mod.ts";
import type { PositionSource } from "../contract.ts";
import type { Dialect, DialectContext } from "./dialect.ts";
import { Parameters } from "./parameters.ts";
import { StreamRequests, type Target } from "./stream_requests.ts";
import { TimeSync } from "./time_sync.ts";

const HEARTBEAT_NS = 1e9;
const RETRY_NS = 2e9;
/** Tries of one command before the controller counts as one that does not know it. */
const TRIES_MAX = 10;
/** Without an IMU sample for so long the streams are asked for again. */
const SILENT_NS = 3e9;
/** Wanted once, and asked for until they come. */
const ONCE: readonly MessageName[] = ["AUTOPILOT_VERSION", "GPS_GLOBAL_ORIGIN"];

interface Retried {
  tries: number;
  sentNs: number;
}

export class Dialogue {
  readonly parameters = new Parameters();
  readonly timeSync = new TimeSync();
  readonly #streams = new StreamRequests();
  readonly #dialect: Dialect;
  /** Hears of what keeps our positions from being used, for the crew. */
  readonly #warn: (text: string) => void;
  readonly #once = new Map<MessageName, Retried>();
  #source: (Retried & { readonly wanted: PositionSource }) | null = null;
  #origin: DialectContext["origin"] = null;
  #firmware = "";
  #heartbeatNs = -Infinity;
  #imuNs = -Infinity;
  #warned = false;

  constructor(dialect: Dialect, warn: (text: string) => void) {
    this.#dialect = dialect;
    // Until the controller says so itself.
    this.parameters.bytewise = dialect.strategyLabel === "px4";
    this.#warn = warn;
    // Parameters may come before the message that says how they travel.
    this.parameters.bytewise = dialect.strategyLabel === "px4";
  }

  get firmware(): string {
    return this.#firmware;
  }

  get origin(): DialectContext["origin"] {
    return this.#origin;
  }

  /** The controller is heard for the first time, or has restarted. */
  start(nowNs: MonotonicNs): void {
    this.#streams.start();
    this.timeSync.restart();
    this.parameters.read(...this.#dialect.parameters);
    for (const name of ONCE) this.#once.set(name, { tries: 0, sentNs: -Infinity });
    this.#imuNs = nowNs;
  }

  selectSource(wanted: PositionSource): void {
    this.#source = { wanted, tries: 0, sentNs: -Infinity };
  }

  /** A message of the controller. */
  observe(message: Message, nowNs: MonotonicNs): void {
    switch (message.name) {
      case "HIGHRES_IMU":
      case "RAW_IMU":
      case "SCALED_IMU":
        this.#imuNs = nowNs;
        return;
      case "PARAM_VALUE":
        return this.parameters.observe(message);
      case "COMMAND_ACK":
        return this.#acknowledged(message);
      case "AUTOPILOT_VERSION":
        this.#once.delete(message.name);
        this.#firmware = this.#dialect.version(message);
        this.parameters.bytewise =
          (message.capabilities & MAV_PROTOCOL_CAPABILITY.PARAM_ENCODE_BYTEWISE) !== 0;
        return;
      case "GPS_GLOBAL_ORIGIN":
        this.#once.delete(message.name);
        this.#origin = {
          latitudeDeg: message.latitude * 1e-7,
          longitudeDeg: message.longitude * 1e-7,
          heightMslM: message.altitude * 1e-3,
        };
        return;
    }
  }

  /** What is to be sent now; `target` is null until the controller was heard. */
  poll(nowNs: MonotonicNs, target: Target | null): OutgoingMessage[] {
    const messages: OutgoingMessage[] = [];
    if (nowNs - this.#heartbeatNs >= HEARTBEAT_NS) {
      this.#heartbeatNs = nowNs;
      messages.push(HEARTBEAT);
    }
    if (target === null) return messages;
    if (nowNs - this.#imuNs > SILENT_NS) {
      this.#imuNs = nowNs;
      this.#streams.start();
    }
    messages.push(
      ...this.timeSync.poll(nowNs, target),
      ...this.#streams.poll(nowNs, target),
      ...this.parameters.poll(nowNs, target),
      ...this.#askOnce(nowNs, target),
      ...this.#askSource(nowNs, target),
    );
    this.#checkParameters();
    return messages;
  }

  #askOnce(nowNs: MonotonicNs, target: Target): OutgoingMessage[] {
    const messages: OutgoingMessage[] = [];
    for (const [name, retried] of this.#once) {
      if (nowNs - retried.sentNs < RETRY_NS) continue;
      retried.sentNs = nowNs;
      if (retried.tries++ >= TRIES_MAX) this.#once.delete(name);
      else messages.push(requestMessage(name, target));
    }
    return messages;
  }

  #askSource(nowNs: MonotonicNs, target: Target): OutgoingMessage[] {
    const source = this.#source;
    if (source === null || nowNs - source.sentNs < RETRY_NS) return [];
    source.sentNs = nowNs;
    const { parameters } = this;
    const context = { parameters, target, nowNs, origin: this.#origin };
    const answer = this.#dialect.selectSource(source.wanted, context);
    if (answer.kind === "nothing") {
      // Parameters that were not told yet may still show a way.
      if (this.#areParametersKnown() || source.tries++ >= TRIES_MAX) {
        this.#source = null;
        if (answer.reason !== "") this.#warn(`Source not switched: ${answer.reason}`);
      }
      return [];
    }
    // A parameter is sent until its value comes back; a command until it is acknowledged.
    const isCommand = answer.messages.some(({ name }) => name === "COMMAND_LONG");
    if (!isCommand) this.#source = null;
    else if (source.tries++ >= TRIES_MAX) {
      this.#source = null;
      this.#warn("Source not switched: the controller does not answer");
    }
    return [...answer.messages];
  }

  #acknowledged(message: MessageOf<"COMMAND_ACK">): void {
    this.#streams.observe(message);
    if (message.command !== MAV_CMD.SET_EKF_SOURCE_SET || this.#source === null) return;
    if (message.result === MAV_RESULT.IN_PROGRESS) return;
    if (message.result !== MAV_RESULT.ACCEPTED) {
      this.#warn(`Source not switched: the controller refuses (${message.result})`);
    }
    this.#source = null;
  }

  #areParametersKnown(): boolean {
    return this.#dialect.parameters.every((name) =>
      this.parameters.get(name) !== undefined || this.parameters.isAbsent(name)
    );
  }

  #checkParameters(): void {
    if (this.#warned || !this.#areParametersKnown()) return;
    this.#warned = true;
    const latencyMs = (this.timeSync.roundTripMs ?? 0) / 2;
    for (const text of this.#dialect.warnings(this.parameters, latencyMs)) this.#warn(text);
  }
}

const HEARTBEAT: OutgoingMessage = {
  name: "HEARTBEAT",
  type: MAV_TYPE.ONBOARD_CONTROLLER,
  autopilot: MAV_AUTOPILOT.INVALID,
  baseMode: 0,
  customMode: 0,
  systemStatus: MAV_STATE.ACTIVE,
  mavlinkVersion: 3,
};

function requestMessage(name: MessageName, target: Target): OutgoingMessage {
  return {
    name: "COMMAND_LONG",
    command: MAV_CMD.REQUEST_MESSAGE,
    targetSystem: target.systemId,
    targetComponent: target.componentId,
    confirmation: 0,
    param1: MESSAGES[name].id,
    param2: 0,
    param3: 0,
    param4: 0,
    param5: 0,
    param6: 0,
    param7: 0,
  };
}
