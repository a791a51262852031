/**
 * PX4: positions as GLOBAL_POSITION_SENSOR (message 296), which its EKF2 takes in as an auxiliary
 * global position (EKF2_AGPn).
 *
 * @module
 */
import {
  GLOBAL_POSITION_FLAG,
  GLOBAL_POSITION_SRC,
  type OutgoingMessage,
} from "../../../link/mavlink/mod.ts";
import type { PositionOutput } from "../contract.ts";
import { type Dialect, type DialectContext, type SourceAnswer, versionText } from "./dialect.ts";
import type { Parameters } from "./parameters.ts";

/** Numbered sources since 2026; one set without a number before. */
const PARAMETERS = ["EKF2_AGP0_ID", "EKF2_AGP0_CTRL", "EKF2_AGP_CTRL"];
const CONTROL_HORIZONTAL = 1;

export class Px4Dialect implements Dialect {
  readonly strategyLabel = "px4";
  readonly parameters = PARAMETERS;

  ownReceiver(): 1 {
    return 1;
  }

  positionMessages(
    output: PositionOutput,
    { target, parameters }: DialectContext,
  ): OutgoingMessage[] {
    const { position, quality } = output;
    // Its receiver has no "no fix": what is not sent for 5 s ends the aiding.
    if (position === null) return [];
    return [{
      name: "GLOBAL_POSITION_SENSOR",
      targetSystem: target.systemId,
      targetComponent: target.componentId,
      id: parameters.get("EKF2_AGP0_ID") || 1,
      timeUsec: Math.round(output.timeNs / 1e3),
      // The position speaks of the moment of sending.
      processingTime: 0,
      source: GLOBAL_POSITION_SRC.VISION,
      flags: quality === "none" ? GLOBAL_POSITION_FLAG.UNHEALTHY : 0,
      lat: Math.round(position.latitudeDeg * 1e7),
      lon: Math.round(position.longitudeDeg * 1e7),
      altEllipsoid: position.heightM,
      alt: output.heightMslM,
      eph: output.sigmaHorizontalM,
      epv: output.sigmaVerticalM,
    }];
  }

  selectSource(): SourceAnswer {
    return {
      kind: "nothing",
      // EKF2 fuses every source that is healthy; EKF2_GPS_CTRL is the crew's.
      reason: "",
    };
  }

  warnings(parameters: Parameters): string[] {
    const id = parameters.get("EKF2_AGP0_ID");
    const control = parameters.get("EKF2_AGP0_CTRL") ?? parameters.get("EKF2_AGP_CTRL");
    if (id === 0) return ["EKF2_AGP0_ID is 0: our positions are not used"];
    if (control !== undefined && (control & CONTROL_HORIZONTAL) === 0) {
      return ["EKF2_AGP0_CTRL has bit 0 (horizontal) off: our positions are not used"];
    }
    return [];
  }

  version({ flightSwVersion }: { readonly flightSwVersion: number }): string {
    return `PX4 ${versionText(flightSwVersion)}`;
  }
}
