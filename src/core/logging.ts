/**
 * Logging: one JSON object per line with its keys in a fixed order, to a sink that is given.
 *
 * @module
 */
import { causes, GdnError } from "./errors.ts";

export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export type LogFields = Readonly<Record<string, unknown>>;

/** One line. The keys stand in this order in the JSON text. */
export interface LogRecord {
  /** UTC, ISO 8601 with milliseconds. */
  readonly time: string;
  readonly level: LogLevel;
  /** Who speaks: "tile_cache". */
  readonly component: string;
  /** What happened, a name that never changes: "c6.store.construct". */
  readonly kind: string;
  /** The same for a person. */
  readonly message: string;
  readonly fields: LogFields;
  readonly error?: LogError;
}

export interface LogError {
  readonly type: string;
  readonly message: string;
  /** "Type: message" of each cause, outermost first. */
  readonly causes: readonly string[];
}

export interface Logger {
  debug(kind: string, fields?: LogFields, message?: string): void;
  info(kind: string, fields?: LogFields, message?: string): void;
  warn(kind: string, fields?: LogFields, message?: string): void;
  /** With the fault that caused it, where there is one. */
  error(kind: string, fields?: LogFields, message?: string, fault?: unknown): void;
  /** The same logger, speaking for another component. */
  child(component: string): Logger;
}

export interface LoggerOptions {
  readonly component: string;
  /** Takes one line without its line end. It must not throw. */
  readonly sink: (line: string) => void;
  /** Wall time. */
  readonly now: () => Date;
  /** Lines below it are dropped; "info" unless told. */
  readonly level?: LogLevel;
}

export function createLogger(options: LoggerOptions): Logger {
  const minimum = LOG_LEVELS.indexOf(options.level ?? "info");
  const log = (
    level: LogLevel,
    kind: string,
    fields: LogFields = {},
    message = "",
    fault?: unknown,
  ) => {
    if (LOG_LEVELS.indexOf(level) < minimum) return;
    const record: LogRecord = {
      time: options.now().toISOString(),
      level,
      component: options.component,
      kind,
      message,
      fields,
      ...(fault === undefined ? {} : { error: logError(fault) }),
    };
    options.sink(JSON.stringify(record, jsonValue));
  };
  return {
    debug: (kind, fields, message) => log("debug", kind, fields, message),
    info: (kind, fields, message) => log("info", kind, fields, message),
    warn: (kind, fields, message) => log("warn", kind, fields, message),
    error: (kind, fields, message, fault) => log("error", kind, fields, message, fault),
    child: (component) => createLogger({ ...options, component }),
  };
}

/** Says nothing. */
export const silentLogger: Logger = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  child: () => silentLogger,
};

function logError(fault: unknown): LogError {
  const [first, ...rest] = causes(fault);
  return {
    type: typeName(first),
    message: first instanceof Error ? first.message : String(first),
    causes: rest.map((c) => `${typeName(c)}: ${c instanceof Error ? c.message : String(c)}`),
  };
}

function typeName(value: unknown): string {
  if (value instanceof GdnError) return `${value.name}(${value.code})`;
  return value instanceof Error ? value.name : typeof value;
}

/** What JSON has no word for: NaN and infinities (else null), bigint, errors, binary data. */
function jsonValue(_key: string, value: unknown): unknown {
  if (typeof value === "number" && !Number.isFinite(value)) return String(value);
  if (typeof value === "bigint") return value.toString();
  if (value instanceof Error) return logError(value);
  if (ArrayBuffer.isView(value)) return `<${value.byteLength} bytes>`;
  return value;
}
