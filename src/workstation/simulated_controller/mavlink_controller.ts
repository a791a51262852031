/**
 * The vehicle on a MAVLink line: streams, answers, and what else speaks on the same line.
 *
 * @module
 */
import type { LocalFrame, Random } from "../../core/mod.ts";
import {
  decodeMessage,
  MAV_CMD,
  MAV_PARAM_TYPE,
  MAV_PROTOCOL_CAPABILITY,
  MavlinkEncoder,
  type MavlinkSigning,
  MavlinkSplitter,
  type Message,
  type MessageOf,
  type OutgoingMessage,
  type Packet,
} from "../../link/mavlink/mod.ts";
import { companionPosition } from "./companion_positions.ts";
import { type ControllerProtocol, RESULT, type VehicleEvent } from "./contract.ts";
import { FaultyLine } from "./faulty_line.ts";
import type { FirmwareName } from "./mavlink_messages.ts";
import { MessageStreams } from "./message_streams.ts";
import { OtherSystems } from "./other_systems.ts";
import type { FlightReport } from "./report.ts";
import type { Vehicle } from "./vehicle.ts";

const SYSTEM_ID = 1, COMPONENT_ID = 1;
const AUTOPILOT_VERSION_ID = 148, HEARTBEAT_ID = 0;
const VERSIONS: Readonly<Record<FirmwareName, number>> = {
  "ardupilot-copter": 0x04070000,
  "ardupilot-plane": 0x04070000,
  px4: 0x01110000,
};

interface MavlinkParts {
  readonly vehicle: Vehicle;
  readonly firmware: FirmwareName;
  readonly report: FlightReport;
  readonly random: Random;
  /** What it signs with, and must be signed; null: nothing is. */
  readonly signing: MavlinkSigning | null;
  readonly write: (bytes: Uint8Array) => void;
}

export class MavlinkController implements ControllerProtocol {
  isHeard = false;
  readonly #parts: MavlinkParts;
  readonly #vehicle: Vehicle;
  readonly #splitter: MavlinkSplitter;
  readonly #encoder: MavlinkEncoder;
  readonly #olderEncoder = new MavlinkEncoder({
    systemId: SYSTEM_ID,
    componentId: COMPONENT_ID,
    version: 1,
  });
  readonly #line: FaultyLine;
  readonly #streams: MessageStreams;
  readonly #others: OtherSystems;
  readonly #random: Random;
  readonly #origin: LocalFrame;
  /** Thought about for a while. */
  readonly #answers: { readonly dueS: number; readonly message: OutgoingMessage }[] = [];
  #sent = 0;
  #nextSignOfLifeS = -Infinity;

  constructor(parts: MavlinkParts) {
    const { vehicle } = parts;
    const signing = parts.signing ?? undefined;
    this.#parts = parts;
    this.#splitter = new MavlinkSplitter({ signing });
    this.#encoder = new MavlinkEncoder({ systemId: SYSTEM_ID, componentId: COMPONENT_ID, signing });
    this.#vehicle = vehicle;
    this.#random = parts.random.fork("answers");
    this.#line = new FaultyLine(parts.random.fork("line"), vehicle.faults, parts.write);
    this.#streams = new MessageStreams(vehicle, parts.firmware);
    this.#others = new OtherSystems(vehicle, (frame, timeS) => this.#line.send(frame, timeS));
    this.#origin = vehicle.flight.localFrame;
  }

  receive(bytes: Uint8Array, timeS: number): void {
    if (this.#line.isCut(timeS)) return;
    for (const packet of this.#splitter.push(bytes)) this.#receivePacket(packet, timeS);
    this.#line.flush(timeS);
  }

  measured(event: VehicleEvent): void {
    for (const message of this.#streams.withSample(event)) this.#send(message, event.timeS);
  }

  tick(timeS: number): void {
    this.#sendAnswers(timeS);
    for (const { severity, text } of this.#vehicle.firmware.takeTexts()) {
      this.#parts.report.line("controller_text", timeS, { severity, text });
      this.#send({ name: "STATUSTEXT", severity, text, id: 0, chunkSeq: 0 }, timeS);
    }
    for (const message of this.#streams.withTime(timeS)) this.#send(message, timeS);
    this.#others.tick(timeS);
    this.#line.flush(timeS);
  }

  wait(timeS: number): void {
    if (timeS >= this.#nextSignOfLifeS) {
      this.#nextSignOfLifeS = timeS + 1;
      const heartbeat = this.#streams.once(HEARTBEAT_ID);
      if (heartbeat !== undefined) this.#send(heartbeat, timeS);
    }
    this.#sendAnswers(timeS);
    this.#line.flush(timeS);
  }

  counters(): Readonly<Record<string, number>> {
    return { ...this.#splitter.counters, framesSent: this.#sent, disturbed: this.#line.noisy };
  }

  #sendAnswers(timeS: number): void {
    while (this.#answers.length > 0 && this.#answers[0].dueS <= timeS) {
      const [{ message }] = this.#answers.splice(0, 1);
      this.#send(message, timeS);
    }
  }

  #send(message: OutgoingMessage, timeS: number): void {
    this.#sent++;
    const isOlder = this.#vehicle.faults.mixedVersions && this.#sent % 3 === 0;
    const encoder = isOlder ? this.#olderEncoder : this.#encoder;
    this.#line.send(encoder.encode(message), timeS);
  }

  #receivePacket(packet: Packet, timeS: number): void {
    this.isHeard = true;
    const message = decodeMessage(packet);
    if (message === undefined) return;
    const position = companionPosition(message, this.#origin);
    if (position !== undefined) {
      const verdict = this.#vehicle.firmware.takePosition(position, timeS);
      const estimate = this.#vehicle.firmware.estimate();
      this.#parts.report.position(position, verdict, { timeS, arrivedS: timeS, estimate });
      return;
    }
    this.#answer(message, packet, timeS);
  }

  #answer(message: Message, { systemId, componentId }: Packet, timeS: number): void {
    const { report } = this.#parts;
    switch (message.name) {
      case "TIMESYNC":
        return this.#answerTimesync(message, timeS);
      case "PARAM_REQUEST_READ":
        return this.#sendParameter(message.paramId, timeS);
      case "PARAM_REQUEST_LIST":
        for (const name of this.#vehicle.firmware.parameters.keys()) {
          this.#sendParameter(name, timeS);
        }
        return;
      case "PARAM_SET":
        return this.#setParameter(message, timeS);
      case "REQUEST_DATA_STREAM": {
        const { reqStreamId, reqMessageRate, startStop } = message;
        return this.#streams.requestDataStream(reqStreamId, reqMessageRate, startStop === 1);
      }
      case "COMMAND_LONG":
      case "COMMAND_INT":
        return this.#answerCommand(message, { systemId, componentId }, timeS);
      case "STATUSTEXT":
        return report.line("text", timeS, { severity: message.severity, text: message.text });
      case "NAMED_VALUE_FLOAT":
        return report.line("value", timeS, { name: message.valueName, value: message.value });
      case "HEARTBEAT":
        return report.line("heartbeat", timeS, { systemId, componentId });
    }
  }

  #answerTimesync(message: MessageOf<"TIMESYNC">, timeS: number): void {
    // An answer to a question of ours; we ask none.
    if (message.tc1 !== 0) return;
    const { answerDelayS } = this.#vehicle.firmware;
    const wholeS = answerDelayS * (0.7 + 0.6 * this.#random.uniform());
    const handledS = timeS + wholeS / 2;
    const tc1 = Math.round(1e9 * this.#vehicle.bootS(handledS));
    this.#answers.push({
      dueS: timeS + wholeS,
      message: { name: "TIMESYNC", tc1, ts1: message.ts1 },
    });
  }

  #sendParameter(name: string, timeS: number): void {
    const names = [...this.#vehicle.firmware.parameters.keys()];
    const value = this.#vehicle.firmware.parameters.get(name);
    if (value === undefined) return;
    const isInteger = this.#parts.firmware === "px4" && isPx4Integer(name);
    this.#send({
      name: "PARAM_VALUE",
      paramId: name,
      paramValue: value,
      ...(isInteger ? { paramInt32: value } : {}),
      paramType: isInteger ? MAV_PARAM_TYPE.INT32 : MAV_PARAM_TYPE.REAL32,
      paramCount: names.length,
      paramIndex: names.indexOf(name),
    }, timeS);
  }

  #setParameter(message: MessageOf<"PARAM_SET">, timeS: number): void {
    const { parameters } = this.#vehicle.firmware;
    const isKnown = parameters.has(message.paramId);
    const isInteger = this.#parts.firmware === "px4" && isPx4Integer(message.paramId);
    const value = isInteger ? message.paramInt32 : message.paramValue;
    this.#parts.report.line("parameter", timeS, { name: message.paramId, value, isKnown });
    if (!isKnown) return;
    parameters.set(message.paramId, value);
    this.#sendParameter(message.paramId, timeS);
  }

  #answerCommand(
    message: MessageOf<"COMMAND_LONG"> | MessageOf<"COMMAND_INT">,
    sender: { systemId: number; componentId: number },
    timeS: number,
  ): void {
    const isInt = message.name === "COMMAND_INT";
    const { command, param1, param2, param3, param4 } = message;
    const place = isInt
      ? [message.x / 1e7, message.y / 1e7, message.z]
      : [message.param5, message.param6, message.param7];
    const parameters = [param1, param2, param3, param4, ...place];
    let result = RESULT.unsupported;
    const taken = this.#vehicle.firmware.takeCommand({
      command,
      isInt,
      frame: isInt ? message.frame : 0,
      parameters,
    }, timeS);
    if (taken !== undefined) result = taken.result;
    else if (command === MAV_CMD.SET_MESSAGE_INTERVAL) {
      result = this.#streams.setInterval(param1, param2);
    } else if (command === MAV_CMD.REQUEST_MESSAGE) result = this.#sendOnce(param1, timeS);
    const ekfErrorM = this.#vehicle.firmware.estimate().errorHorizontalM;
    this.#parts.report.line("command", timeS, { command, isInt, parameters, result, ekfErrorM });
    this.#send({
      name: "COMMAND_ACK",
      command,
      result,
      targetSystem: sender.systemId,
      targetComponent: sender.componentId,
    }, timeS);
  }

  #sendOnce(messageId: number, timeS: number): number {
    const message = messageId === AUTOPILOT_VERSION_ID
      ? autopilotVersion(this.#parts.firmware)
      : this.#streams.once(messageId);
    if (message === undefined) return RESULT.failed;
    this.#send(message, timeS);
    return RESULT.accepted;
  }
}

function autopilotVersion(firmware: FirmwareName): OutgoingMessage {
  const none = new Array<number>(8).fill(0);
  const { COMMAND_INT, MAVLINK2, PARAM_ENCODE_BYTEWISE, PARAM_ENCODE_C_CAST } =
    MAV_PROTOCOL_CAPABILITY;
  return {
    name: "AUTOPILOT_VERSION",
    capabilities: COMMAND_INT | MAVLINK2 |
      (firmware === "px4" ? PARAM_ENCODE_BYTEWISE : PARAM_ENCODE_C_CAST),
    uid: 0,
    flightSwVersion: VERSIONS[firmware],
    middlewareSwVersion: 0,
    osSwVersion: 0,
    boardVersion: 0,
    vendorId: 0,
    productId: 0,
    flightCustomVersion: none,
    middlewareCustomVersion: none,
    osCustomVersion: none,
  };
}

/** PX4's integers travel as their bits in a float. */
function isPx4Integer(name: string): boolean {
  return /_(ID|CTRL|MODE)$/.test(name);
}
