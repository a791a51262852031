/**
 * Shortens log lines to fit a slot: the longest parts are cut first, and `cut` states which.
 *
 * @module
 */
import type { FdrPayload } from "./registry.ts";

export interface LogPayload extends FdrPayload<"log"> {
  readonly fields?: Readonly<Record<string, unknown>>;
}

/** Names are short; longer ones are mistakes and are cut. */
const NAME_BYTES_MAX = 80;
const CAUSES_MAX = 8;
/** Space for stating what was cut. */
const CUT_BYTES = 320;
const CUTS_MAX = 5;
/** The smallest part of a field that is worth keeping. */
const FIELD_BYTES_MIN = 48;

const ELLIPSIS_BYTES = 3;
const encoder = new TextEncoder();

/** The same line within `bytesMax` bytes of MessagePack. `fields` must be plain JSON. */
export function fitLog(payload: LogPayload, bytesMax: number): LogPayload {
  if (packedBytesMax(payload) <= bytesMax) return payload;
  const cuts: string[] = [];
  const names = {
    level: payload.level,
    component: cutText(payload.component, NAME_BYTES_MAX, "component", cuts),
    ...(payload.kind === undefined
      ? {}
      : { kind: cutText(payload.kind, NAME_BYTES_MAX, "kind", cuts) }),
  };
  const room = bytesMax - CUT_BYTES - packedBytesMax(names);
  const { message, error, fields } = payload;
  const [messageRoom, errorRoom, fieldsRoom] = shares(
    [message, error, fields].map((part) =>
      part === undefined ? 0 : packedBytesMax(part) + KEY_BYTES
    ),
    room,
  );
  return {
    ...names,
    message: cutText(message, messageRoom - KEY_BYTES, "message", cuts),
    ...(error === undefined ? {} : { error: fitError(error, errorRoom - KEY_BYTES, cuts) }),
    ...(fields === undefined ? {} : { fields: fitFields(fields, fieldsRoom - KEY_BYTES, cuts) }),
    cut: cuts.length <= CUTS_MAX
      ? cuts
      : [...cuts.slice(0, CUTS_MAX - 1), `and ${cuts.length - CUTS_MAX + 1} more`],
  };
}

/** Bytes of MessagePack that a plain value takes at most. */
function packedBytesMax(value: unknown): number {
  if (typeof value === "string") return 5 + utf8Bytes(value);
  if (typeof value !== "object" || value === null) return 9;
  let bytes = 5;
  if (Array.isArray(value)) {
    for (const item of value) bytes += packedBytesMax(item);
    return bytes;
  }
  for (const [key, item] of Object.entries(value)) {
    bytes += 5 + utf8Bytes(key) + packedBytesMax(item);
  }
  return bytes;
}

/** Bytes of the key and header of one part of the payload. */
const KEY_BYTES = 24;

/** Short parts get what they need, long ones share the rest. */
function shares(needs: readonly number[], room: number): number[] {
  const given: number[] = new Array(needs.length).fill(0);
  let left = Math.max(0, room);
  const order = needs.map((_, index) => index).sort((a, b) => needs[a] - needs[b]);
  order.forEach((index, at) => {
    given[index] = Math.min(needs[index], Math.floor(left / (order.length - at)));
    left -= given[index];
  });
  return given;
}

function fitError(
  error: NonNullable<LogPayload["error"]>,
  room: number,
  cuts: string[],
): NonNullable<LogPayload["error"]> {
  if (packedBytesMax(error) <= room) return error;
  const causes = (error.causes ?? []).slice(0, CAUSES_MAX);
  const dropped = (error.causes?.length ?? 0) - causes.length;
  if (dropped > 0) cuts.push(`error.causes: ${causes.length} of ${causes.length + dropped} kept`);
  const texts = [error.type, error.message, ...causes];
  const rooms = shares(texts.map((text) => packedBytesMax(text)), room - 3 * KEY_BYTES);
  const name = (index: number) =>
    ["error.type", "error.message"][index] ?? `error.causes.${index - 2}`;
  const [type, message, ...rest] = texts.map((text, index) =>
    cutText(text, rooms[index] - 5, name(index), cuts)
  );
  return { type, message, causes: rest };
}

function fitFields(
  fields: Readonly<Record<string, unknown>>,
  room: number,
  cuts: string[],
): Readonly<Record<string, unknown>> {
  if (packedBytesMax(fields) <= room) return fields;
  const all = Object.entries(fields);
  const entries = all.slice(0, Math.max(0, Math.floor(room / FIELD_BYTES_MIN)));
  if (entries.length < all.length) {
    cuts.push(`fields: ${entries.length} of ${all.length} kept`);
  }
  const names: string[] = [];
  const keys = entries.map(([key]) => cutText(key, FIELD_BYTES_MIN / 2, "fields", names));
  const rooms = shares(
    entries.map(([, value], index) => 5 + utf8Bytes(keys[index]) + packedBytesMax(value)),
    room,
  );
  cuts.push(...names);
  return Object.fromEntries(entries.map(([, value], index) => {
    const valueRoom = rooms[index] - 5 - utf8Bytes(keys[index]);
    if (packedBytesMax(value) <= valueRoom) return [keys[index], value];
    const text = typeof value === "string" ? value : JSON.stringify(value);
    return [keys[index], cutText(text, valueRoom - 5, `fields.${keys[index]}`, cuts)];
  }));
}

/** The beginning of a text, whole characters only. */
function cutText(text: string, bytesMax: number, name: string, cuts: string[]): string {
  if (text.length <= bytesMax && utf8Bytes(text) <= bytesMax) return text;
  const room = Math.max(0, bytesMax - ELLIPSIS_BYTES);
  const kept = encoder.encodeInto(text, new Uint8Array(room)).read;
  if (kept === text.length) return text;
  cuts.push(`${name}: ${kept} of ${text.length} characters`);
  return bytesMax < ELLIPSIS_BYTES ? "" : `${text.slice(0, kept)}…`;
}

const SHORT = 48;
const scratch = new Uint8Array(64 * 1024);

/** Bytes of a text in UTF-8; for a very long one, its upper bound. */
function utf8Bytes(text: string): number {
  if (text.length > SHORT) {
    const { read, written } = encoder.encodeInto(text, scratch);
    return read === text.length ? written : 3 * text.length;
  }
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    // Half of a surrogate pair counts as 3 bytes where it takes 2: slightly too much for a short
    // text.
    if (unit > 0x7f) bytes += unit > 0x7ff ? 2 : 1;
  }
  return bytes;
}
