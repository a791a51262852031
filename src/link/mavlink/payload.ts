/**
 * Messages from payloads, and payloads from messages.
 *
 * @module
 */
import { type Packet, PAYLOAD_BYTES_MAX } from "./frame.ts";
import {
  type FieldType,
  type Message,
  type MessageDefinition,
  type MessageName,
  MESSAGES,
  type NumberType,
  type OutgoingMessage,
} from "./messages.ts";

const NUMBER_BYTES: Readonly<Record<NumberType, number>> = {
  uint8: 1,
  int8: 1,
  uint16: 2,
  int16: 2,
  uint32: 4,
  int32: 4,
  uint64: 8,
  int64: 8,
  float: 4,
  double: 8,
};

/** Of the integers; a number beyond 2^53 is the nearest that a double holds. */
const RANGE: Readonly<Partial<Record<NumberType, readonly [number, number]>>> = {
  uint8: [0, 0xff],
  int8: [-0x80, 0x7f],
  uint16: [0, 0xffff],
  int16: [-0x8000, 0x7fff],
  uint32: [0, 0xffffffff],
  int32: [-0x80000000, 0x7fffffff],
  // The largest doubles below 2^64 and 2^63.
  uint64: [0, 0xfffffffffffff800],
  int64: [-0x8000000000000000, 0x7ffffffffffffc00],
};

const ID_MAX_V1 = 255;

interface Field {
  readonly name: string;
  readonly type: NumberType | "char";
  readonly offset: number;
  readonly itemBytes: number;
  /** 0: one number; else so many in an array, or bytes of a text. */
  readonly count: number;
}

interface Layout {
  readonly name: MessageName;
  readonly definition: MessageDefinition;
  readonly fields: readonly Field[];
  readonly readings: readonly Field[];
  /** Bytes without extensions, and with them. */
  readonly bytesMin: number;
  readonly bytesMax: number;
}

function layOut(name: MessageName, definition: MessageDefinition): Layout {
  let offset = 0;
  const place = ([name, type]: [string, FieldType]): Field => {
    const [item, count] = typeof type === "string" ? [type, 0] : type;
    const itemBytes = item === "char" ? 1 : NUMBER_BYTES[item];
    const field = { name, type: item, offset, itemBytes, count };
    offset += itemBytes * (count || 1);
    return field;
  };
  const fields = Object.entries(definition.fields).map(place);
  const bytesMin = offset;
  const extensions = Object.entries(definition.extensions ?? {}).map(place);
  const readings = Object.entries(definition.readings ?? {}).map(([reading, { of, type }]) => {
    const field = fields.find((each) => each.name === of);
    if (field === undefined) throw new TypeError(`${name} has no field ${of}`);
    return { ...field, name: reading, type };
  });
  const all = [...fields, ...extensions];
  return { name, definition, fields: all, readings, bytesMin, bytesMax: offset };
}

const LAYOUTS = new Map(
  (Object.entries(MESSAGES) as [MessageName, MessageDefinition][])
    .map(([name, definition]) => [name, layOut(name, definition)]),
);
const LAYOUTS_BY_ID = new Map([...LAYOUTS.values()].map((each) => [each.definition.id, each]));

/** One payload at a time is taken apart or put together here. */
const scratch = new Uint8Array(PAYLOAD_BYTES_MAX);
const view = new DataView(scratch.buffer);
const decoder = new TextDecoder();
const encoder = new TextEncoder();

/**
 * Undefined for a message that is not in `MESSAGES`. A 64-bit integer beyond 2^53 is given as the
 * nearest double. Texts end at their first zero byte; they are a stranger's, control characters included.
 */
export function decodeMessage(packet: Packet): Message | undefined {
  const layout = LAYOUTS_BY_ID.get(packet.messageId);
  if (layout === undefined) return undefined;
  scratch.fill(0, packet.payload.length, layout.bytesMax);
  scratch.set(packet.payload);
  const message: Record<string, unknown> = { name: layout.name };
  for (const field of layout.fields) message[field.name] = readField(field);
  for (const reading of layout.readings) message[reading.name] = readField(reading);
  return message as unknown as Message;
}

function readField({ type, offset, count, itemBytes }: Field): number | number[] | string {
  if (type === "char") return readText(offset, count);
  if (count === 0) return readNumber(type, offset);
  const items = new Array<number>(count);
  for (let index = 0; index < count; index++) {
    items[index] = readNumber(type, offset + index * itemBytes);
  }
  return items;
}

function readText(offset: number, bytes: number): string {
  const field = scratch.subarray(offset, offset + bytes);
  const end = field.indexOf(0);
  return decoder.decode(end < 0 ? field : field.subarray(0, end));
}

function readNumber(type: NumberType, offset: number): number {
  switch (type) {
    case "uint8":
      return scratch[offset];
    case "int8":
      return view.getInt8(offset);
    case "uint16":
      return view.getUint16(offset, true);
    case "int16":
      return view.getInt16(offset, true);
    case "uint32":
      return view.getUint32(offset, true);
    case "int32":
      return view.getInt32(offset, true);
    case "uint64":
      return view.getUint32(offset + 4, true) * 0x100000000 + view.getUint32(offset, true);
    case "int64":
      return view.getInt32(offset + 4, true) * 0x100000000 + view.getUint32(offset, true);
    case "float":
      return view.getFloat32(offset, true);
    case "double":
      return view.getFloat64(offset, true);
  }
}

export interface Payload {
  readonly id: number;
  readonly crcExtra: number;
  /** Valid until the next call. */
  readonly bytes: Uint8Array;
}

/**
 * Numbers for integer fields are rounded, and held to the range of their field; texts are cut to theirs
 * at a character.
 *
 * @throws {RangeError} Where an integer field is not a number, an array has another length, or version 1
 *   has no such message.
 */
export function encodePayload(message: OutgoingMessage, version: 1 | 2): Payload {
  const layout = LAYOUTS.get(message.name);
  if (layout === undefined) throw new RangeError(`Cannot encode ${message.name}: unknown message`);
  if (version === 1 && layout.definition.id > ID_MAX_V1) {
    throw new RangeError(
      `Cannot encode ${message.name}: MAVLink 1 has no message above ${ID_MAX_V1}`,
    );
  }
  scratch.fill(0, 0, layout.bytesMax);
  const bytes = version === 1 ? layout.bytesMin : layout.bytesMax;
  const values = message as unknown as Record<string, number | readonly number[] | string>;
  for (const field of layout.fields) {
    if (field.offset >= bytes) break;
    const isLeftOut = values[field.name] === undefined && field.offset >= layout.bytesMin;
    if (!isLeftOut) write(field, values[field.name], message.name);
  }
  for (const reading of layout.readings) {
    const value = values[reading.name];
    if (value !== undefined) write(reading, value, message.name);
  }
  const { id, crcExtra } = layout.definition;
  return { id, crcExtra, bytes: scratch.subarray(0, version === 1 ? bytes : trimmed(bytes)) };
}

/** Zeros at the end of a MAVLink 2 payload are not sent, but its first byte always is. */
function trimmed(bytes: number): number {
  let end = bytes;
  while (end > 1 && scratch[end - 1] === 0) end--;
  return end;
}

function write(field: Field, value: number | readonly number[] | string, message: string): void {
  if (writeField(field, value)) return;
  // What an array holds may be a secret: SETUP_SIGNING's key.
  const found = Array.isArray(value) ? `${value.length} items` : value;
  throw new RangeError(`Cannot encode ${message}: ${field.name} is ${found}`);
}

function writeField(field: Field, value: number | readonly number[] | string): boolean {
  const { type, offset, count, itemBytes } = field;
  if (type === "char") {
    if (typeof value !== "string") return false;
    encoder.encodeInto(value, scratch.subarray(offset, offset + count));
    return true;
  }
  if (count === 0) return typeof value === "number" && writeNumber(type, offset, value);
  if (!Array.isArray(value) || value.length !== count) return false;
  return value.every((each, index) => writeNumber(type, offset + index * itemBytes, each));
}

function writeNumber(type: NumberType, offset: number, number: number): boolean {
  const range = RANGE[type];
  if (range === undefined) {
    if (type === "float") view.setFloat32(offset, number, true);
    else view.setFloat64(offset, number, true);
    return typeof number === "number";
  }
  if (typeof number !== "number" || Number.isNaN(number)) return false;
  const value = Math.min(Math.max(Math.round(number), range[0]), range[1]);
  switch (NUMBER_BYTES[type]) {
    case 1:
      view.setUint8(offset, value);
      return true;
    case 2:
      view.setUint16(offset, value, true);
      return true;
    case 4:
      view.setUint32(offset, value, true);
      return true;
    default:
      view.setBigInt64(offset, BigInt.asIntN(64, BigInt(value)), true);
      return true;
  }
}
