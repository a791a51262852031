/**
 * Puts a vehicle, its firmware and the protocol of its line together.
 *
 * @module
 */
import type { Random } from "../../core/mod.ts";
import type { MavlinkSigning } from "../../link/mavlink/mod.ts";
import { ArduPilotFirmware } from "./ardupilot_firmware.ts";
import type { ControllerProtocol, Firmware, Flight } from "./contract.ts";
import type { FaultSchedule } from "./fault_schedule.ts";
import { InavController } from "./inav_controller.ts";
import { InavFirmware } from "./inav_firmware.ts";
import { MavlinkController } from "./mavlink_controller.ts";
import type { FlightReport } from "./report.ts";
import { Px4Firmware } from "./px4_firmware.ts";
import { Vehicle } from "./vehicle.ts";

/** `inav-own-gps`: with a receiver of its own, so that it takes no positions. */
export const FIRMWARES = [
  "ardupilot-copter",
  "ardupilot-plane",
  "px4",
  "inav",
  "inav-own-gps",
] as const;
type FirmwareChoice = (typeof FIRMWARES)[number];

interface ControllerChoice {
  readonly firmware: FirmwareChoice;
  readonly flight: Flight;
  readonly faults: FaultSchedule;
  readonly random: Random;
  readonly companionReceiver: "first" | "second" | "only";
  /** Of the climb before the flight; 0: it begins in the air. */
  readonly climbS: number;
  readonly startCompression: number;
  readonly undulationM: number;
  /** Values that differ from the usual ones; null: this firmware has no such parameter. */
  readonly parameters: readonly { readonly name: string; readonly value: number | null }[];
  readonly utcNowMs: number;
  /** Of a line that is signed. */
  readonly signing: MavlinkSigning | null;
  readonly report: FlightReport;
  readonly write: (bytes: Uint8Array) => void;
}

export function composeController(
  choice: ControllerChoice,
): { vehicle: Vehicle; protocol: ControllerProtocol } {
  const { flight, faults, random, undulationM } = choice;
  const firmware = firmwareOf(choice);
  for (const { name, value } of choice.parameters) {
    if (value === null) firmware.parameters.delete(name);
    else firmware.parameters.set(name, value);
  }
  const vehicle = new Vehicle({
    flight,
    firmware,
    faults,
    random: random.fork("vehicle"),
    climbS: choice.climbS,
    utcAtSwitchOnMs: choice.utcNowMs,
    undulationM,
  });
  return { vehicle, protocol: protocolOf(choice, vehicle, firmware) };
}

function protocolOf(
  { firmware: name, report, random, signing, write }: ControllerChoice,
  vehicle: Vehicle,
  firmware: Firmware,
): ControllerProtocol {
  const parts = { vehicle, report, random: random.fork("protocol"), write };
  if (firmware instanceof InavFirmware) return new InavController({ ...parts, firmware });
  if (name === "inav" || name === "inav-own-gps") throw new TypeError(`${name} speaks MSP`);
  return new MavlinkController({ ...parts, firmware: name, signing });
}

function firmwareOf(choice: ControllerChoice): Firmware {
  const { random, flight, companionReceiver, startCompression, undulationM } = choice;
  const isFlying = choice.climbS === 0;
  if (choice.firmware === "inav" || choice.firmware === "inav-own-gps") {
    const provider = choice.firmware === "inav" ? "msp" : "own";
    return new InavFirmware(random.fork("firmware"), flight, { provider, isFlying, undulationM });
  }
  if (choice.firmware === "px4") {
    return new Px4Firmware(random.fork("firmware"), flight, { isFlying, startCompression });
  }
  return new ArduPilotFirmware(random.fork("firmware"), flight, {
    vehicle: choice.firmware === "ardupilot-plane" ? "plane" : "copter",
    companionReceiver,
    isFlying,
    startCompression,
    undulationM,
  });
}
