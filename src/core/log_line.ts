/**
 * The schema of log lines: the fields of a line and their order. README.md describes the same in
 * words.
 *
 * @module
 */
import * as z from "zod";
import { causes, GdnError, messageOf } from "./errors.ts";

export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export type LogFields = Readonly<Record<string, unknown>>;

const LogErrorSchema = z.strictObject({
  type: z.string().describe("class of the error, with its code: DataError(DATA)"),
  message: z.string().describe("message of the error"),
  causes: z.array(z.string()).describe('"Type: message" of each cause, outermost first'),
});
type LogError = Readonly<z.infer<typeof LogErrorSchema>>;

/** One line is the JSON text of this; its keys stand in this order. */
export const LogLineSchema = z.strictObject({
  time: z.iso.datetime({ precision: 3 }).describe("UTC, ISO 8601 with milliseconds"),
  level: z.enum(LOG_LEVELS).describe("debug, info, warn or error"),
  component: z.string().describe('the component that logs: "tile_cache"'),
  kind: z.string().describe('name of the event, which never changes: "c6.store.construct"'),
  message: z.string().describe("the same for a person; may be empty"),
  fields: z.record(z.string(), z.unknown()).describe("figures and names that belong to it"),
  error: LogErrorSchema.optional().describe("the error, when there is one"),
});

export interface LogRecord {
  readonly time: string;
  readonly level: LogLevel;
  readonly component: string;
  readonly kind: string;
  readonly message: string;
  readonly fields: LogFields;
  readonly error?: LogError;
}

/**
 * The line of a record, without its line end. Never throws: a value that cannot be represented is
 * replaced by a note.
 */
export function logLine(record: LogRecord): string {
  try {
    return JSON.stringify(ordered(record), jsonValue);
  } catch (error) {
    return JSON.stringify(ordered({ ...record, fields: unprintable(error) }), jsonValue);
  }
}

/** Fields as in the line: plain JSON that shares no objects with the caller. Never throws. */
export function plainFields(fields: LogFields): Record<string, unknown> {
  try {
    const plain = JSON.parse(JSON.stringify(fields, jsonValue));
    return typeof plain === "object" && plain !== null && !Array.isArray(plain)
      ? plain
      : { value: plain };
  } catch (error) {
    return unprintable(error);
  }
}

/** Describes an error; never throws, whatever was thrown. */
export function logError(fault: unknown): LogError {
  try {
    const [first, ...rest] = causes(fault);
    return {
      type: typeName(first),
      message: messageOf(first),
      causes: rest.map((cause) => `${typeName(cause)}: ${messageOf(cause)}`),
    };
  } catch {
    return { type: typeof fault, message: "a fault that cannot be put into words", causes: [] };
  }
}

function ordered({ time, level, component, kind, message, fields, error }: LogRecord): LogRecord {
  return {
    time,
    level,
    component,
    kind,
    message,
    fields,
    ...(error === undefined ? {} : { error }),
  };
}

/** A circular reference, a getter that throws, nesting deeper than the stack. */
function unprintable(error: unknown): Record<string, unknown> {
  return { unprintable: messageOf(error).split("\n", 1)[0] };
}

function typeName(value: unknown): string {
  if (value instanceof GdnError) return `${value.name}(${value.code})`;
  return value instanceof Error ? value.name : typeof value;
}

/**
 * Values that JSON cannot represent: NaN and infinities (else null), bigint, errors, binary data.
 */
function jsonValue(_key: string, value: unknown): unknown {
  if (typeof value === "number" && !Number.isFinite(value)) return String(value);
  if (typeof value === "bigint") return value.toString();
  if (value instanceof Error) return logError(value);
  if (ArrayBuffer.isView(value)) return `<${value.byteLength} bytes>`;
  return value;
}
