/**
 * The parameters of ArduPilot that have to do with positions, and their values at the start.
 *
 * @module
 */

/** EK3_SRCn_POSXY and EK3_SRCn_VELXY. */
export const SOURCE_GPS = 3;
export const SOURCE_EXTERNAL = 6;
/** GPSn_TYPE of a companion that sends GPS_INPUT. */
export const GPS_TYPE_MAV = 14;

export function ardupilotParameters(
  { companionReceiver }: { readonly companionReceiver: "first" | "second" | "only" },
): Map<string, number> {
  const types = { first: [GPS_TYPE_MAV, 1], second: [1, GPS_TYPE_MAV], only: [GPS_TYPE_MAV, 0] };
  const [first, second] = types[companionReceiver];
  return new Map(Object.entries({
    GPS1_TYPE: first,
    GPS2_TYPE: second,
    GPS_PRIMARY: companionReceiver === "first" ? 1 : 0,
    GPS_AUTO_SWITCH: 0,
    GPS1_DELAY_MS: 0,
    GPS2_DELAY_MS: 0,
    EK3_ENABLE: 1,
    EK3_OPTIONS: 0,
    EK3_SRC1_POSXY: SOURCE_GPS,
    EK3_SRC1_VELXY: SOURCE_GPS,
    EK3_SRC1_POSZ: 1,
    EK3_SRC1_VELZ: SOURCE_GPS,
    EK3_SRC1_YAW: 1,
    EK3_SRC2_POSXY: SOURCE_EXTERNAL,
    EK3_SRC2_VELXY: SOURCE_EXTERNAL,
    EK3_SRC2_POSZ: 1,
    EK3_SRC2_VELZ: 0,
    EK3_SRC2_YAW: 1,
    EK3_SRC3_POSXY: 0,
    EK3_SRC3_VELXY: 0,
    EK3_SRC3_POSZ: 1,
    EK3_SRC3_VELZ: 0,
    EK3_SRC3_YAW: 1,
    VISO_TYPE: 1,
    VISO_DELAY_MS: 10,
  }));
}
