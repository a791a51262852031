/**
 * Where a flight controller is, as `--connect` and the configuration write it: a line, a recorded flight,
 * or a simulated one.
 *
 * @module
 */
import { UsageError } from "../../core/mod.ts";
import { LINK_ADDRESS_FORMS, parseLinkAddress } from "../../link/transport/mod.ts";

export const CONTROLLER_ADDRESS_FORMS =
  `${LINK_ADDRESS_FORMS}; replay:FLIGHT (a folder, .BIN, .ulg or .tlog) or simulated:LAT,LON,MINUTES`;

export type ControllerAddress =
  | { readonly kind: "line" }
  | { readonly kind: "replay"; readonly path: string }
  | {
    readonly kind: "simulated";
    readonly latitudeDeg: number;
    readonly longitudeDeg: number;
    /** From take-off to landing. */
    readonly minutes: number;
  };

/** The frame of a flight cannot begin at a pole. */
const LATITUDE_MAX_DEG = 85;
const MINUTES_MAX = 10_000;

/** @throws UsageError that says what is wrong with it */
export function parseControllerAddress(text: string): ControllerAddress {
  if (text.startsWith("replay:")) {
    const path = text.slice("replay:".length);
    if (path === "") throw new UsageError(`"${text}": which flight? The form is replay:FLIGHT`);
    return { kind: "replay", path };
  }
  if (text.startsWith("simulated:")) return simulated(text, text.slice("simulated:".length));
  parseLinkAddress(text);
  return { kind: "line" };
}

function simulated(text: string, rest: string): ControllerAddress {
  const values = rest.split(",").map((part) => part.trim() === "" ? NaN : Number(part));
  const [latitudeDeg, longitudeDeg, minutes] = values;
  const isRight = values.length === 3 && Math.abs(latitudeDeg) <= LATITUDE_MAX_DEG &&
    Math.abs(longitudeDeg) <= 180 && minutes >= 1.5 && minutes <= MINUTES_MAX;
  if (isRight) return { kind: "simulated", latitudeDeg, longitudeDeg, minutes };
  throw new UsageError(
    `"${text}": the form is simulated:LAT,LON,MINUTES (degrees, and 1.5 to ${MINUTES_MAX} minutes)`,
  );
}
