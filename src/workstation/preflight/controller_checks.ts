/**
 * Whether the flight controller will fly by our positions.
 *
 * What the parameters do was measured on ArduPilot 4.7 and read in the sources of PX4 and iNav.
 *
 * @module
 */
import { fail, type Finding, notChecked, pass, warning } from "./contract.ts";
import type { ControllerReading } from "./controller_reading.ts";

const GPS_TYPE_MAVLINK = 14;
const SOURCE_NONE = 0, SOURCE_GPS = 3;
const YAW_OF_GPS = 2;
const JAMMING_EXPECTED = 1;
const CONTROL_HORIZONTAL = 1;
/** A line on which a position takes longer to be heard than the controller makes up for. */
const ROUND_TRIP_MS_MAX = 200;

export function linkFindings(reading: ControllerReading): Finding[] {
  const { isHeard, isOther, firmware, fault, roundTripMs, framesBad } = reading;
  if (isOther) {
    return [fail(`the controller is ${firmware}, not ${reading.autopilot}`, "give --autopilot")];
  }
  if (!isHeard) {
    const why = fault === "" ? "nothing is heard" : fault;
    return [fail(why, "switch the controller on; check cable, address and baud rate")];
  }
  const found: Finding[] = [];
  const roundTrip = roundTripMs === null ? "" : `, round trip ${roundTripMs.toFixed(1)} ms`;
  found.push(pass(`${firmware || reading.autopilot}${roundTrip}`));
  if (roundTripMs !== null && roundTripMs > ROUND_TRIP_MS_MAX) {
    found.push(warning(`a round trip takes ${roundTripMs.toFixed(0)} ms`, "use a faster line"));
  }
  if (framesBad > 0) {
    found.push(warning(`${framesBad} damaged messages`, "check the cable and the baud rate"));
  }
  return found;
}

export function parameterFindings(reading: ControllerReading): Finding[] {
  if (!reading.isHeard || reading.isOther) return [notChecked("the controller was not heard")];
  if (reading.notAsked !== null) return [notChecked(reading.notAsked)];
  switch (reading.autopilot) {
    case "ardupilot":
      return ardupilotFindings(reading);
    case "px4":
      return px4Findings(reading);
    case "inav":
      return inavFindings(reading);
  }
}

const set = (name: string, value: number | string) => `set ${name} to ${value}`;
const MISSING = "the controller does not tell its parameters";

function ardupilotFindings({ parameters, warnings }: ControllerReading): Finding[] {
  const types = [
    parameters.get("GPS1_TYPE") ?? parameters.get("GPS_TYPE"),
    parameters.get("GPS2_TYPE") ?? parameters.get("GPS_TYPE2"),
  ];
  if (types[0] === undefined) return [fail(MISSING, "check the line, and try again")];
  if (!types.includes(GPS_TYPE_MAVLINK)) {
    return [fail(
      `no receiver is ours: GPS1_TYPE is ${types[0]}, GPS2_TYPE ${types[1] ?? "not there"}`,
      `${set("GPS2_TYPE", GPS_TYPE_MAVLINK)} and start the controller again`,
    )];
  }
  const found: Finding[] = [pass(`receiver ${types.indexOf(GPS_TYPE_MAVLINK) + 1} is ours`)];
  const hasOwn = types.some((type) => type !== undefined && type > 0 && type !== GPS_TYPE_MAVLINK);
  const autoSwitch = parameters.get("GPS_AUTO_SWITCH");
  if (hasOwn && autoSwitch !== 0) {
    found.push(fail(
      `GPS_AUTO_SWITCH is ${autoSwitch ?? "not told"}: it jumps between the receivers by itself`,
      set("GPS_AUTO_SWITCH", 0),
    ));
  }
  for (const name of ["EK3_SRC1_POSXY", "EK3_SRC1_VELXY"]) {
    const source = parameters.get(name);
    const isRight = source === SOURCE_GPS || (name.includes("VEL") && source === SOURCE_NONE);
    if (isRight) continue;
    found.push(
      fail(`${name} is ${source ?? "not told"}: our positions are not used`, set(name, SOURCE_GPS)),
    );
  }
  if (parameters.get("EK3_SRC1_YAW") === YAW_OF_GPS) {
    found.push(fail(
      "EK3_SRC1_YAW is 2: a heading that a receiver gives is believed, and without one GPS is kept out",
      set("EK3_SRC1_YAW", 1),
    ));
  }
  if (((parameters.get("EK3_OPTIONS") ?? 0) & JAMMING_EXPECTED) === 0) {
    found.push(warning(
      "EK3_OPTIONS has bit 0 (jamming expected) off",
      "add 1 to EK3_OPTIONS (ArduPilot 4.7 and later)",
    ));
  }
  for (const text of warnings) {
    const [what, todo] = text.split("; ");
    found.push(
      warning(what, todo?.replace("set it", `set ${what.split(" ")[0]}`) ?? "see the text"),
    );
  }
  return found;
}

/** Numbered sources since 2026; one set without a number before. */
function px4Findings({ parameters }: ControllerReading): Finding[] {
  const isNew = parameters.has("EKF2_AGP0_ID") || parameters.has("EKF2_AGP0_CTRL");
  const prefix = isNew ? "EKF2_AGP0" : "EKF2_AGP";
  const control = parameters.get(`${prefix}_CTRL`);
  if (control === undefined) {
    return [fail(
      "it tells no EKF2_AGP parameter: this firmware takes no positions of ours",
      "use PX4 1.15 or later, built with EKF2_AUX_GLOBAL_POSITION",
    )];
  }
  const found: Finding[] = [pass(`${prefix}: auxiliary positions are fused`)];
  if (isNew && parameters.get("EKF2_AGP0_ID") === 0) {
    found.push(fail("EKF2_AGP0_ID is 0: the source is off", set("EKF2_AGP0_ID", 1)));
  }
  if ((control & CONTROL_HORIZONTAL) === 0) {
    found.push(fail(
      `${prefix}_CTRL is ${control}: bit 0 (horizontal) is off`,
      set(`${prefix}_CTRL`, control | CONTROL_HORIZONTAL),
    ));
  }
  const delayMs = parameters.get(`${prefix}_DELAY`), delayMaxMs = parameters.get("EKF2_DELAY_MAX");
  if (delayMs !== undefined && delayMaxMs !== undefined && delayMs > delayMaxMs) {
    found.push(fail(
      `${prefix}_DELAY is ${delayMs} ms, more than EKF2_DELAY_MAX (${delayMaxMs} ms)`,
      set(`${prefix}_DELAY`, 0),
    ));
  } else if (delayMs !== undefined && delayMs !== 0) {
    found.push(warning(
      `${prefix}_DELAY is ${delayMs} ms; our positions are of the moment of sending`,
      set(`${prefix}_DELAY`, 0),
    ));
  }
  if (parameters.get("EKF2_AGP0_MODE") === 1) {
    found.push(warning(
      "EKF2_AGP0_MODE is 1: it starts over from our positions only without any other aid",
      set("EKF2_AGP0_MODE", 0),
    ));
  }
  return found;
}

function inavFindings({ gpsProvider }: ControllerReading): Finding[] {
  if (gpsProvider === "MSP") return [pass("gps_provider is MSP")];
  if (gpsProvider !== null) {
    return [fail(
      `gps_provider is ${gpsProvider}: our positions are not used`,
      "set gps_provider = MSP, save, and start the controller again",
    )];
  }
  return [warning(
    "it does not tell gps_provider",
    "see that `get gps_provider` says MSP on its command line",
  )];
}
