/**
 * The messages of iNav that we speak, both ways: function and payload of each, little-endian and packed.
 * Facts of the public sources of iNav (msp_protocol*.h, msp_protocol_v2_sensor_msg.h, fc_msp.c).
 *
 * A payload may be longer than its table says: newer firmware appends fields.
 *
 * @module
 */
import type { MspFrame } from "./frame.ts";

const FIELD_BYTES = { u8: 1, i8: 1, u16: 2, i16: 2, u32: 4, i32: 4, ascii4: 4 } as const;
type FieldType = keyof typeof FIELD_BYTES;
interface Layout {
  readonly id: number;
  readonly fields: Readonly<Record<string, FieldType>>;
}

/** Angles in degrees or tenths, lengths in centimetres, positions in 1e-7 degrees, as the names say. */
export const MSP_MESSAGES = {
  MSP_API_VERSION: {
    id: 1,
    fields: { protocolVersion: "u8", apiMajor: "u8", apiMinor: "u8" },
  },
  /** "INAV". */
  MSP_FC_VARIANT: { id: 2, fields: { identifier: "ascii4" } },
  MSP_FC_VERSION: { id: 3, fields: { major: "u8", minor: "u8", patch: "u8" } },
  /** Accelerations in 1/512 g, rates in whole degrees per second, the magnetometer in raw counts; x forward, y left, z up. */
  MSP_RAW_IMU: {
    id: 102,
    fields: {
      accelerationX: "i16",
      accelerationY: "i16",
      accelerationZ: "i16",
      rateXDps: "i16",
      rateYDps: "i16",
      rateZDps: "i16",
      magnetometerX: "i16",
      magnetometerY: "i16",
      magnetometerZ: "i16",
    },
  },
  MSP_RAW_GPS: {
    id: 106,
    fields: {
      /** 0 none, 1 2D, 2 3D. */
      fixType: "u8",
      satellites: "u8",
      latitudeE7: "i32",
      longitudeE7: "i32",
      heightMslM: "i16",
      groundSpeedCmps: "u16",
      groundCourseDecidegrees: "u16",
      /** Times 100. */
      hdop: "u16",
    },
  },
  /** Pitch is positive with the nose down, yaw clockwise from north. */
  MSP_ATTITUDE: {
    id: 108,
    fields: { rollDecidegrees: "i16", pitchDecidegrees: "i16", yawDegrees: "i16" },
  },
  MSP_ALTITUDE: {
    id: 109,
    fields: { estimatedHeightCm: "i32", climbRateCmps: "i16", barometerHeightCm: "i32" },
  },
  /** Request: the number alone. 255 is where the controller believes to be. */
  MSP_WP: {
    id: 118,
    fields: {
      number: "u8",
      action: "u8",
      latitudeE7: "i32",
      longitudeE7: "i32",
      heightCm: "i32",
      parameter1: "i16",
      parameter2: "i16",
      parameter3: "i16",
      flag: "u8",
    },
  },
  MSP_GPSSTATISTICS: {
    id: 166,
    fields: {
      lastMessageAgeMs: "u16",
      errors: "u32",
      timeouts: "u32",
      packets: "u32",
      hdop: "u16",
      horizontalAccuracyCm: "u16",
      verticalAccuracyCm: "u16",
    },
  },
  /** To the controller, without an answer: one position of a receiver. */
  MSP2_SENSOR_GPS: {
    id: 0x1F03,
    fields: {
      instance: "u8",
      /** 65535: unknown. */
      gpsWeek: "u16",
      timeOfWeekMs: "u32",
      /** 2: 2D, from 3 on: 3D, all else: none. */
      fixType: "u8",
      satellites: "u8",
      /** The header of iNav says cm; its receiver divides by ten to have cm. */
      horizontalAccuracyMm: "u16",
      verticalAccuracyMm: "u16",
      speedAccuracyCmps: "u16",
      /** Times 100. */
      hdop: "u16",
      longitudeE7: "i32",
      latitudeE7: "i32",
      heightMslCm: "i32",
      velocityNorthCmps: "i32",
      velocityEastCmps: "i32",
      velocityDownCmps: "i32",
      groundCourseCentidegrees: "u16",
      /** 65535: unknown. */
      trueYawCentidegrees: "u16",
      /** UTC; year 0: unknown. */
      year: "u16",
      month: "u8",
      day: "u8",
      hour: "u8",
      minute: "u8",
      second: "u8",
    },
  },
  /** Of any length: settings.ts reads it. */
  MSP2_COMMON_SETTING_INFO: { id: 0x1007, fields: {} },
  MSP2_INAV_STATUS: {
    id: 0x2000,
    fields: {
      cycleTimeUs: "u16",
      i2cErrors: "u16",
      sensors: "u16",
      loadPercent: "u16",
      profiles: "u8",
      armingFlags: "u32",
    },
  },
  /** Since iNav 9; the local frame is north, east, up from the first fix. */
  MSP2_INAV_FULL_LOCAL_POSE: {
    id: 0x2220,
    fields: {
      rollDecidegrees: "i16",
      pitchDecidegrees: "i16",
      yawDecidegrees: "i16",
      northCm: "i32",
      velocityNorthCmps: "i16",
      eastCm: "i32",
      velocityEastCmps: "i16",
      upCm: "i32",
      velocityUpCmps: "i16",
    },
  },
} as const satisfies Readonly<Record<string, Layout>>;

export type MspName = keyof typeof MSP_MESSAGES;
type FieldValue<Type> = Type extends "ascii4" ? string : number;
export type MspValues<Name extends MspName> = {
  readonly [Field in keyof typeof MSP_MESSAGES[Name]["fields"]]: FieldValue<
    typeof MSP_MESSAGES[Name]["fields"][Field]
  >;
};
/** A decoded message, by `name`. */
export type MspMessage = {
  [Name in MspName]: { readonly name: Name } & MspValues<Name>;
}[MspName];

const BY_ID = new Map<number, { readonly name: MspName; readonly layout: Layout }>();
for (const [name, layout] of Object.entries(MSP_MESSAGES)) {
  BY_ID.set(layout.id, { name: name as MspName, layout });
}

/** Undefined where the function is not in the table; as well where the name is not known. */
export function mspNameOf(id: number): MspName | undefined {
  return BY_ID.get(id)?.name;
}

/** Bytes of a payload of this message, at the least. */
function mspPayloadBytes(name: MspName): number {
  let bytes = 0;
  for (const type of Object.values(MSP_MESSAGES[name].fields)) bytes += FIELD_BYTES[type];
  return bytes;
}

/** Undefined where the function is not in the table, or the payload is too short for it. */
export function decodeMessage(frame: MspFrame): MspMessage | undefined {
  const entry = BY_ID.get(frame.function);
  if (entry === undefined || frame.payload.length < mspPayloadBytes(entry.name)) return undefined;
  const { payload } = frame;
  const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
  const message: Record<string, string | number> = { name: entry.name };
  let at = 0;
  for (const [field, type] of Object.entries(entry.layout.fields)) {
    message[field] = readField(view, at, type);
    at += FIELD_BYTES[type];
  }
  return message as unknown as MspMessage;
}

/** @throws RangeError where a value is no integer of its field */
export function encodePayload<Name extends MspName>(
  name: Name,
  values: MspValues<Name>,
): Uint8Array<ArrayBuffer> {
  const payload = new Uint8Array(mspPayloadBytes(name));
  const view = new DataView(payload.buffer);
  let at = 0;
  for (const [field, type] of Object.entries<FieldType>(MSP_MESSAGES[name].fields)) {
    const value = values[field as keyof MspValues<Name>] as number | string;
    writeField(view, at, type, value, `${name}.${field}`);
    at += FIELD_BYTES[type];
  }
  return payload;
}

function readField(view: DataView, at: number, type: FieldType): number | string {
  switch (type) {
    case "u8":
      return view.getUint8(at);
    case "i8":
      return view.getInt8(at);
    case "u16":
      return view.getUint16(at, true);
    case "i16":
      return view.getInt16(at, true);
    case "u32":
      return view.getUint32(at, true);
    case "i32":
      return view.getInt32(at, true);
    case "ascii4": {
      const codes = [0, 1, 2, 3].map((i) => view.getUint8(at + i));
      // What is not printable would reach a person's terminal.
      return codes.map((code) => code > 32 && code < 127 ? String.fromCharCode(code) : "?").join(
        "",
      );
    }
  }
}

function writeField(
  view: DataView,
  at: number,
  type: FieldType,
  value: number | string,
  label: string,
): void {
  if (type === "ascii4") {
    for (let i = 0; i < 4; i++) view.setUint8(at + i, String(value).charCodeAt(i) & 0x7F);
    return;
  }
  const bits = 8 * FIELD_BYTES[type], signed = type.startsWith("i");
  const low = signed ? -(2 ** (bits - 1)) : 0;
  const high = 2 ** (signed ? bits - 1 : bits) - 1;
  if (!(Number.isInteger(value) && Number(value) >= low && Number(value) <= high)) {
    throw new RangeError(`${label} must be an integer in [${low}, ${high}], got ${value}`);
  }
  const number = Number(value);
  if (bits === 8) view.setUint8(at, number & 0xFF);
  else if (bits === 16) view.setUint16(at, number & 0xFFFF, true);
  else view.setUint32(at, number >>> 0, true);
}
